"""Orders that are lost, unheard of, or wait too long (RELIABILITY 3.5, by crash point)."""

from datetime import timedelta

from botfleet.adapters.postgres.database import execute
from botfleet.application.sweep import sweep
from botfleet.domain.ids import AccountId, derive
from botfleet.domain.orders.order import Effect, OrderState, Report, Ticket
from tests.application.bots import UNIT, bot, scanner, spread
from tests.application.crashes import D, expire_leases, orders
from tests.application.house import MARK, House


def test_orders_are_sent_once_however_often_they_are_pointed_at(house: House) -> None:  # 15, 22
    house.add(bot(scanner(spread())))
    house.run(MARK)
    handed = list(house.messages.orders)
    house.send()
    house.messages.orders = handed * 3
    assert house.send() == 0
    assert len(house.broker.tickets) == 1


def test_an_order_whose_message_is_lost_is_pointed_at_again(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.messages.orders.clear()
    expire_leases(house)
    sweep(work=house.work, orders=house.orders, messages=house.messages)
    assert house.send() == 1


def test_accepted_but_not_heard_is_found_by_its_name_and_never_sent_again(
    house: House,
) -> None:  # 19
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["accept and hang"]
    house.run(MARK)
    house.send()
    assert orders(house) == ["unknown"]
    assert house.tally(named) == (0, UNIT)
    house.broker.is_deaf = True
    house.look()
    assert orders(house) == ["unknown"]
    house.broker.is_deaf = False
    house.broker.fill("1", 1, "-0.50")
    house.look(after_s=5)
    assert orders(house) == ["filled"]
    assert len(house.broker.tickets) == 1
    assert house.tally(named) == (45_000, 0)


def test_an_order_the_broker_named_wrongly_is_found_by_its_own_name(house: House) -> None:
    """Nobody else's order is booked, changed or cancelled for it."""
    named = house.add(bot(scanner(spread())))
    stranger = Report("1", "theirs", OrderState.WORKING, 1, ())
    house.broker.tickets.append(Ticket("theirs", "SPY", Effect.OPEN, (), 1, D(1)))
    house.broker.reports["1"], house.broker.limits["1"] = stranger, []
    house.broker.mood = ["name another"]
    house.run(MARK)
    house.send()
    assert orders(house) == ["working"]
    house.broker.fill("2", 1, "-0.50")
    house.look(after_s=60)
    assert orders(house) == ["filled"]
    assert (house.broker.reports["1"], house.broker.limits["1"]) == (stranger, [])
    assert house.tally(named) == (45_000, 0)


def test_what_never_arrived_keeps_its_capital_until_every_bound_has_passed(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["lose"]
    house.run(MARK)
    house.send()
    for _ in range(6):
        house.look(after_s=6)
        assert house.tally(named) == (0, UNIT)
    house.look(after_s=60)
    assert orders(house) == ["rejected"]
    assert house.tally(named) == (0, 0)


def test_killed_between_marking_and_sending_is_asked_about_not_sent(house: House) -> None:  # 16, 17
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.orders.begin_sending(house.messages.orders, house.clock.at)
    assert house.send() == 0
    assert house.look() == 0  # its sender's lease still runs
    expire_leases(house)
    assert house.look() == 1
    assert orders(house) == ["sending"] or orders(house) == ["unknown"]
    assert house.broker.tickets == []


def test_an_order_to_open_that_waited_too_long_is_withdrawn(house: House) -> None:  # 15
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.clock.at += timedelta(minutes=16)
    house.send()
    assert house.broker.tickets == []
    assert orders(house) == ["cancelled"]
    assert house.tally(named) == (0, 0)
    assert house.all("SELECT code FROM notices") == [("withdrawn",)]


def test_an_order_held_back_is_provably_unsent_and_goes_out_later(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["hold back"]
    house.run(MARK)
    house.send()
    assert orders(house) == ["pending"]
    assert house.one("SELECT sent_at FROM orders") == (None,)
    assert house.tally(named) == (0, UNIT)
    expire_leases(house)
    sweep(work=house.work, orders=house.orders, messages=house.messages)
    assert house.send() == 1
    assert orders(house) == ["working"]


def test_a_brokers_silence_takes_no_orders_number(house: House) -> None:
    """Without its number a working order could be neither replaced nor cancelled."""
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    house.broker.is_deaf = True
    house.look(after_s=10)
    assert house.one("SELECT broker_order_id FROM orders") == ("1",)
    house.broker.is_deaf = False
    house.look(after_s=200)
    assert house.broker.calls[-1] == "cancel"


def test_each_look_is_at_the_orders_of_one_account(house: House) -> None:
    """One broker's list must never be the word on another account's orders."""
    for name in ("One", "Two"):
        house.add(bot(scanner(spread()), name=name))
    house.run(MARK)
    house.send()
    other = AccountId(derive("account", "other"))
    with house.database.transaction() as connection:
        execute(
            connection,
            """INSERT INTO accounts (account_id, user_id, broker, number, sealed, expires_at)
               SELECT %(other)s, user_id, broker, 'A2', sealed, expires_at FROM accounts""",
            other=other,
        )
        execute(
            connection,
            """UPDATE orders SET account_id = %(other)s
               WHERE bot_id = (SELECT bot_id FROM bots WHERE name = 'Two')""",
            other=other,
        )
    later = house.clock.at + timedelta(hours=1)
    looks = [house.orders.take_due(later, 50) for _ in range(3)]
    assert [len(look) for look in looks] == [1, 1, 0]
    assert {look[0].account_id for look in looks if look} == {house.account, other}


def test_what_has_not_ended_is_listed_however_long_ago_it_was_sent(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    since = MARK + timedelta(days=2)
    for _ in ("pending", "working"):
        assert len(house.orders.listed(house.account, since)) == 1
        house.send()
    house.broker.cancel("1")
    house.look()
    assert house.orders.listed(house.account, since) == []


def test_at_a_strict_broker_what_no_list_shows_keeps_its_capital_to_the_close(
    house: House,
) -> None:
    named = house.add(bot(scanner(spread())))
    house.broker.mood, house.broker.is_strict = ["lose"], True
    house.run(MARK)
    house.send()
    for _ in range(5):
        house.look(after_s=1_800)
    assert orders(house) == ["unknown"]
    assert house.tally(named) == (0, UNIT)
    house.look(after_s=6 * 3_600)
    assert orders(house) == ["rejected"]
    assert house.tally(named) == (0, 0)


def test_the_list_of_another_day_says_nothing_of_an_order(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["lose"]
    house.run(MARK)
    house.send()
    for _ in range(5):
        house.look(after_s=24 * 3_600)
    assert orders(house) == ["unknown"]
    assert house.tally(named) == (0, UNIT)


def test_an_order_keeps_its_whole_history(house: House) -> None:
    house.add(bot(scanner(spread(size="{contracts: 2}"))))
    house.broker.mood = ["accept and hang"]
    house.run(MARK)
    house.send()
    house.look(after_s=1)
    house.look(after_s=10)
    house.broker.fill("1", 1, "-0.49", ends=False)
    house.look(after_s=10)
    house.broker.fill("1", 1, "-0.48")
    house.look(after_s=10)
    told_of = house.all("SELECT happening, state, price, filled FROM order_events ORDER BY n")
    assert told_of == [
        ("sent", "sending", D("-0.50"), 0),
        ("unheard", "unknown", D("-0.50"), 0),
        ("shown", "working", D("-0.50"), 0),
        ("part filled, repriced", "partial", D("-0.49"), 1),
        ("filled", "filled", D("-0.49"), 2),
    ]
    details = house.all("SELECT detail FROM order_events ORDER BY n")
    assert details[2:] == [("Found at the broker, its order 1.",), ("",), ("",)]
