"""Holding an account beside its broker: what is found, what is booked, what is left alone."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from botfleet.adapters.postgres.database import execute
from botfleet.application.ports.passes import Break, BreakKind, Passed
from botfleet.application.sweep import sweep
from botfleet.domain.ids import AccountId, BotId, PositionId
from botfleet.domain.orders.order import Effect, OrderClass, OrderState, Report
from tests.application.bots import bot, closer, scanner, spread
from tests.application.house import MARK, House

D = Decimal
LATER = MARK + timedelta(minutes=15)
SHORT = "SPY260313P00490000"
LONG = "SPY260313P00485000"
NOBODY = frozenset[str]()


def kinds(house: House) -> list[BreakKind]:
    return [one.kind for one in house.passes.breaks()]


def opened(house: House, units: int = 1) -> BotId:
    """A bot that holds `units` spreads."""
    named = house.add(
        bot(scanner(spread(size=f"{{contracts: {units}}}")), closer(), limits="10000, 1, 1")
    )
    house.run(MARK)
    house.send()
    house.broker.fill("1", units, "-0.50")
    house.look()
    assert house.one("SELECT state FROM positions") == ("open",)
    return named


def test_an_idle_account_is_called_zero_times(house: House) -> None:  # S44, S46
    house.add(bot(scanner(spread(), above=9_999)))
    house.run(MARK)
    house.send()
    house.look()
    assert not house.compare()
    assert house.broker.calls == []
    assert house.passes.want(None) == []


def test_an_account_is_compared_every_so_often_and_not_more(house: House) -> None:
    opened(house)
    assert house.compare()
    assert house.passes.take(every_s=15) is None
    assert house.passes.want(None) == [house.account]
    assert house.passes.take(every_s=15) is not None
    assert house.passes.take(every_s=0) is None  # somebody is at it


def test_when_the_books_agree_nothing_changes(house: House) -> None:
    named = opened(house)
    before = house.all("SELECT * FROM order_events")
    for _ in range(3):
        assert house.compare(after_s=1)
    assert kinds(house) == []
    assert house.all("SELECT * FROM order_events") == before
    (line,) = house.passes.lines()
    assert (line.breaks, line.failure, line.passed_at) == (0, "", house.clock.at)
    assert house.tally(named) == (45_000, 0)


def test_an_order_nobody_heard_of_is_adopted_by_its_own_id(house: House) -> None:  # 19
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["accept and hang"]
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    assert house.compare()
    assert house.one("SELECT state, broker_order_id FROM orders") == ("filled", "1")
    assert house.tally(named) == (45_000, 0)
    assert kinds(house) == []


def blind(house: House, units: int = 1) -> BotId:
    """An order of unknown fate at a broker that shows no ids of ours (class C)."""
    house.broker.order_class = OrderClass.BLIND
    named = house.add(bot(scanner(spread(size=f"{{contracts: {units}}}"))))
    house.broker.mood = ["accept and hang"]
    house.run(MARK)
    house.send()
    return named


def test_at_a_blind_broker_it_is_adopted_by_what_it_is(house: House) -> None:
    blind(house)
    assert house.compare(after_s=2)
    assert house.one("SELECT state, broker_order_id FROM orders") == ("working", "1")


def test_an_older_look_alike_is_not_adopted(house: House) -> None:
    named = blind(house)
    older = house.broker.reports["1"].entered_at
    assert older is not None
    house.broker.reports["1"] = replace(house.broker.reports["1"], entered_at=MARK.replace(hour=9))
    assert house.compare(after_s=2)
    assert house.one("SELECT state FROM orders") == ("unknown",)
    house.look(after_s=600)  # nor is it given up while only a list can tell
    assert house.one("SELECT state FROM orders") == ("unknown",)
    assert house.tally(named)[1] > 0


def test_of_two_that_fit_none_is_taken_and_the_account_may_only_be_left(house: House) -> None:
    blind(house)
    house.broker.reports["9"] = replace(house.broker.reports["1"], broker_order_id="9")
    assert house.compare(after_s=2)
    assert house.one("SELECT state FROM orders") == ("unknown",)
    assert kinds(house) == [BreakKind.UNCLEAR]
    assert [(one.scope.value, one.mode.value) for one in house.switches.standing(None)] == [
        ("account", "reducing")
    ]
    del house.broker.reports["9"]
    assert house.compare(after_s=2)
    assert kinds(house) == []
    assert house.switches.standing(None) == []


def test_a_failed_or_short_list_changes_nothing(house: House) -> None:  # R31
    opened(house)
    house.broker.is_deaf = True
    house.broker.elsewhere = {SHORT: 1, LONG: -1}
    for _ in range(3):
        assert house.compare()
    assert kinds(house) == []
    assert house.one("SELECT state FROM positions") == ("open",)
    (line,) = house.passes.lines()
    assert "did not answer" in line.failure


def test_an_order_of_our_shape_that_is_in_no_book_is_an_orphan(house: House) -> None:  # F23
    opened(house)
    wire = "abcdefghijklmnopqrstuvwx"
    house.broker.reports["7"] = Report("7", wire, OrderState.WORKING, 1, ())
    assert house.compare()
    assert kinds(house) == [BreakKind.ORPHAN]
    assert len(house.switches.standing(None)) == 1
    assert "cancel" not in house.broker.calls


def test_the_users_own_orders_and_holdings_are_never_touched(house: House) -> None:
    opened(house)
    house.broker.reports["7"] = Report("7", "mine", OrderState.WORKING, 5, ())
    house.broker.elsewhere = {"TSLA": 100, LONG: 3, SHORT: -2}
    for _ in range(3):
        assert house.compare()
    assert kinds(house) == []
    assert house.broker.reports["7"].state is OrderState.WORKING
    assert "cancel" not in house.broker.calls


def test_what_was_closed_elsewhere_is_taken_from_its_bot_and_never_reversed(
    house: House,
) -> None:  # E12
    named = opened(house)
    sent = len(house.broker.tickets)
    house.broker.elsewhere = {SHORT: 1, LONG: -1}
    assert house.compare(after_s=1)
    assert house.one("SELECT state FROM positions") == ("open",)  # once is not enough
    assert house.compare(after_s=1)
    assert house.one("SELECT state FROM positions") == ("missing",)
    assert kinds(house) == [BreakKind.MISSING] * 2
    house.run(LATER)
    house.send()
    assert len(house.broker.tickets) == sent
    assert house.tally(named) == (45_000, 0)  # its slot and capital stay until it is overridden
    notices = [str(row[0]) for row in house.all("SELECT message FROM notices")]
    assert sum("closed elsewhere (E12)" in message for message in notices) == 1
    assert house.compare(after_s=1) is False  # nothing else is there: the account is idle


def test_of_two_on_one_contract_no_more_go_than_are_lacking(house: House) -> None:
    """Two bots hold the same spread, one of them was closed by hand: the younger goes on."""
    older = opened(house)
    younger = house.add(
        bot(scanner(spread(size="{contracts: 1}")), limits="10000, 1, 1", name="Younger")
    )
    house.run(LATER)
    house.send()  # side by side: which of the two comes first is not said
    effects = [one.effect for one in house.broker.tickets]
    house.broker.fill(str(1 + effects.index(Effect.OPEN, 1)), 1, "-0.50")
    house.look()
    house.broker.elsewhere = {SHORT: 1, LONG: -1}
    house.look(after_s=300)  # the close that the older had under way finds nobody
    for _ in range(3):
        assert house.compare(after_s=1)
    states = house.all("SELECT state FROM positions ORDER BY opened_at")
    assert states == [("missing",), ("open",)]
    assert house.tally(older) == (45_000, 0)
    assert kinds(house) == [BreakKind.MISSING] * 2
    assert house.tally(younger) == (45_000, 0)


def test_an_assignment_is_named_as_one(house: House) -> None:
    opened(house)
    house.broker.elsewhere = {SHORT: 1, "SPY": 100}
    for _ in range(2):
        assert house.compare(after_s=1)
    assert "assigned (E12)" in house.passes.breaks()[0].detail


def test_nothing_is_missing_while_something_moves(house: House) -> None:
    named = opened(house, units=2)
    house.run(LATER)
    house.send()
    house.broker.fill("2", 1, "0.45", ends=False)
    for _ in range(3):
        assert house.compare(after_s=1)
        assert kinds(house) == []
    house.look(after_s=1)
    assert house.compare(after_s=1)
    assert kinds(house) == []
    assert house.tally(named)[0] > 0


def test_an_order_given_up_that_works_after_all_is_cancelled_and_told_of(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["accept and hang"]
    house.run(MARK)
    house.send()
    shown = house.broker.reports.pop("1")
    for _ in range(5):
        house.look(after_s=30)
    assert house.one("SELECT state FROM orders") == ("rejected",)
    house.broker.reports["1"] = shown  # the request was under way for minutes (F14)
    assert house.compare()  # of itself: an account that gave an order up is not idle
    assert kinds(house) == [BreakKind.REVIVED]
    assert house.broker.reports["1"].state is OrderState.CANCELLED
    assert house.tally(named) == (0, 0)
    told = house.all("SELECT happening, detail FROM order_events ORDER BY n")
    assert told[-1] == ("cancel asked", "It works at the broker after its end here.")
    assert house.compare(after_s=15)
    assert kinds(house) == []
    assert len(house.all("SELECT 1 FROM order_events")) == len(told)


def test_a_fill_after_the_end_is_booked(house: House) -> None:  # 28
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    house.broker.cancel("1")
    house.look()
    house.broker.fill("1", 1, "-0.50")
    house.passes.want(house.account)
    assert house.compare()
    assert kinds(house) == [BreakKind.LATE]
    assert house.one("SELECT state FROM positions") == ("open",)
    house.mend(named)
    assert house.tally(named) == (45_000, 0)
    assert house.compare(after_s=1)
    assert kinds(house) == []


def test_a_recovering_account_closes_and_does_not_open(house: House) -> None:
    opened(house)
    assert house.passes.recover() == 1
    house.add(bot(scanner(spread()), name="Other"))
    house.run(LATER)
    house.send()
    effects = [ticket.effect.value for ticket in house.broker.tickets]
    assert effects == ["open", "close"]
    waiting = house.all("SELECT effect, state FROM orders WHERE state = 'pending'")
    assert waiting == [("open", "pending")]
    house.broker.is_deaf = True
    assert house.compare()
    assert house.passes.lines()[0].is_recovering
    house.broker.is_deaf = False
    assert house.compare()
    assert not house.passes.lines()[0].is_recovering
    with house.database.transaction() as connection:
        execute(connection, "UPDATE orders SET lease_until = 'epoch'")
    sweep(work=house.work, orders=house.orders, messages=house.messages)
    house.send()
    assert [ticket.effect.value for ticket in house.broker.tickets] == ["open", "close", "open"]


def test_a_close_written_before_the_fleet_was_away_waits_until_its_account_was_compared(
    house: House,
) -> None:
    """What it would close may have gone meanwhile."""
    opened(house)
    house.run(LATER)
    house.all("UPDATE fleet SET climbed_real = clock_timestamp() - interval '1 hour' RETURNING 1")
    house.passes.climb()
    assert house.send() == 0
    assert house.compare()
    house.all("UPDATE orders SET lease_until = 'epoch' RETURNING 1")
    sweep(work=house.work, orders=house.orders, messages=house.messages)
    assert house.send() == 1


def test_an_open_that_waits_for_its_account_lets_the_clock_go_on_and_is_withdrawn_in_the_end(
    house: House,
) -> None:
    opened(house)
    house.passes.recover()
    named = house.add(bot(scanner(spread()), name="Other"))
    house.run(LATER)
    house.broker.is_deaf = True
    waiting = list(house.messages.orders)
    house.send()
    (due,) = house.one("SELECT min(check_at) FROM orders WHERE state = 'pending'")
    assert due == house.clock.at + timedelta(seconds=5)
    house.clock.at += timedelta(minutes=16)
    house.messages.orders = waiting
    house.send()
    assert house.all("SELECT state FROM orders WHERE effect = 'open' ORDER BY created_at") == [
        ("filled",),
        ("cancelled",),
    ]
    assert house.tally(named) == (0, 0)


def test_who_was_asked_for_is_compared_before_who_is_only_due(house: House) -> None:
    opened(house)
    house.all(
        """INSERT INTO accounts (account_id, user_id, broker, number, sealed, expires_at)
           SELECT gen_random_uuid(), user_id, broker, 'A2', sealed, expires_at FROM accounts
           RETURNING 1"""
    )
    (other,) = house.one("SELECT account_id FROM accounts WHERE number = 'A2'")
    assert house.passes.want(AccountId(other)) == [other]  # type: ignore[arg-type]
    house.all("UPDATE passes SET begun_real = clock_timestamp() - interval '1 minute' RETURNING 1")
    taken = [house.passes.take(15) for _ in range(3)]
    assert [one and one[0] for one in taken] == [other, house.account, None]


def test_a_break_that_comes_back_is_new_again(house: House) -> None:
    """Only what is new lets an account do nothing but close: a second time as well as the first."""
    opened(house)
    orphan = Break(BreakKind.ORPHAN, "a", "nobody knows it")
    news = [
        list(house.passes.passed(house.account, MARK + timedelta(minutes=n), Passed(some, NOBODY)))
        for n, some in enumerate(([orphan], [orphan], [], [orphan]))
    ]
    assert news == [[orphan], [], [], [orphan]]


def test_only_what_is_open_can_go_missing(house: House) -> None:
    """What is being closed meanwhile has an order that will tell."""
    opened(house)
    house.run(LATER)
    (named,) = house.one("SELECT position_id FROM positions")
    assert house.passes.miss([PositionId(named)], "gone", LATER) == []  # type: ignore[arg-type]
    assert house.one("SELECT state FROM positions") == ("closing",)
