"""Switches over bots, users, accounts and the fleet (R38, R51; invariant I11, crash point 38)."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from botfleet.adapters.postgres import switches
from botfleet.adapters.postgres.database import Database, execute
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.adapters.postgres.orders import PostgresOrderBook
from botfleet.adapters.postgres.switches import look
from botfleet.application.ports.journal import Wanted
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from botfleet.domain.fleet.seating import Shape
from botfleet.domain.ids import UserId
from botfleet.errors import BadInput, NotFound, StoreUnavailable
from tests.application.bots import bot, closer, monitor, scanner, spread
from tests.application.crashes import orders
from tests.application.house import MARK, House
from tests.application.market import OPEN

QUARTER = timedelta(minutes=15)


def impose(house: House, mode: Mode, scope: Scope = Scope.FLEET, subject: UUID = FLEET) -> int:
    reason = {"held_by": "operator", "reason": "a test", "set_by": "me"}
    return len(house.restrain.impose(scope, subject, mode, **reason).orders)


def outcomes(house: House) -> list[object]:
    return [row[0] for row in house.all("SELECT outcome FROM runs ORDER BY at, automation")]


@pytest.mark.parametrize("scope", list(Scope))
def test_a_scanner_is_skipped_and_a_monitor_cannot_open_under_a_switch(
    house: House, scope: Scope
) -> None:
    named = house.add(bot(scanner(spread()), monitor(spread())))
    over = {Scope.BOT: named, Scope.USER: house.user, Scope.ACCOUNT: house.account}
    impose(house, Mode.REDUCING, scope, over.get(scope, FLEET))
    house.run(MARK)
    assert outcomes(house) == ["skipped:reducing", "refused:reducing"]
    assert house.one("SELECT level, message FROM notices WHERE code = 'refused:reducing'") == (
        "warning",
        "Only closing is allowed just now.",
    )
    assert house.tally(named) == (0, 0)
    impose(house, Mode.ACTIVE, scope, over.get(scope, FLEET))
    house.run(MARK + QUARTER)
    assert outcomes(house)[2:] == ["opening", "opening"]


def test_the_strictest_wins_and_each_holder_lifts_only_his_own(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    impose(house, Mode.REDUCING)
    house.restrain.impose(
        Scope.BOT, named, Mode.HALTED, held_by="owner", reason="mine", set_by="ann"
    )
    assert house.batches.load([named])[named].mode is Mode.HALTED
    impose(house, Mode.ACTIVE, Scope.BOT, named)
    assert house.batches.load([named])[named].mode is Mode.HALTED
    house.restrain.impose(Scope.BOT, named, Mode.ACTIVE, held_by="owner", reason="", set_by="ann")
    assert house.batches.load([named])[named].mode is Mode.REDUCING
    assert [line.name for line in house.switches.standing(house.user)] == ["all bots"]
    assert [line.scope for line in house.switches.standing(UserId(UUID(int=7)))] == [Scope.FLEET]


@pytest.mark.parametrize("mode", [Mode.HALTED, Mode.REDUCING])
def test_an_order_that_was_written_before_the_halt_is_not_sent_after_it(
    house: House, mode: Mode
) -> None:
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    assert impose(house, mode) == 1
    assert house.send() == 0
    assert house.broker.tickets == []
    assert orders(house) == ["cancelled"]
    assert house.one("SELECT state FROM positions") == ("dropped",)
    assert house.one("SELECT sent_at FROM orders") == (None,)
    assert house.tally(named) == (0, 0)
    impose(house, Mode.ACTIVE)
    house.run(MARK + QUARTER)
    assert house.send() == 1


def test_nothing_leaves_on_the_word_of_a_store_that_does_not_answer(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    (order,) = house.orders.begin_sending(house.messages.orders, MARK).orders
    assert house.orders.may_leave(order)
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    assert not PostgresOrderBook(gone).may_leave(order)
    gone.close()


def test_a_halt_between_judging_and_commit_is_seen_by_the_commit(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    commit, instance = house.batches.commit, house.instance

    class Late:
        def __getattr__(self, name: str) -> object:
            return getattr(house.batches, name)

        def commit(self, *given: object) -> object:
            impose(house, Mode.HALTED, Scope.BOT, named)
            return commit(*given)  # type: ignore[arg-type]

    object.__setattr__(instance, "batches", Late())
    instance.do(pointer.work_id)
    assert outcomes(house) == ["refused:halted"]
    assert orders(house) == []
    assert house.tally(named) == (0, 0)


def test_working_opens_are_cancelled_and_their_capital_comes_back(house: House) -> None:
    named = house.add(bot(scanner(spread(size="{contracts: 2}"))))
    house.run(MARK)
    house.send()
    house.look()
    house.broker.fill("1", 1, "-0.50", ends=False)
    assert impose(house, Mode.REDUCING, Scope.ACCOUNT, house.account) == 1
    house.look()  # at once: nobody waits for the rung to end
    assert orders(house) == ["cancelled"]
    assert house.one("SELECT state, quantity FROM positions") == ("open", 1)
    assert house.tally(named) == (45_000, 0)


def test_closes_go_on_while_reducing_and_stand_still_while_halted(house: House) -> None:
    named = house.add(bot(scanner(spread()), closer(), limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    impose(house, Mode.HALTED)
    house.run(MARK + QUARTER)
    assert outcomes(house)[2:] == ["skipped:halted", "refused:halted"]
    assert orders(house) == ["filled"]
    impose(house, Mode.REDUCING)
    house.run(MARK + 2 * QUARTER)
    assert outcomes(house)[4:] == ["skipped:reducing", "closing"]
    impose(house, Mode.HALTED)
    assert house.send() == 0
    assert house.one("SELECT state FROM positions") == ("open",)
    impose(house, Mode.REDUCING)
    house.run(MARK + 3 * QUARTER)
    assert house.send() == 1
    impose(house, Mode.HALTED)
    house.look()  # a working close is cancelled, too: nothing but cancels
    assert orders(house) == ["filled", "cancelled", "cancelled"]
    assert house.tally(named) == (45_000, 0)


def test_an_exit_fires_in_vain_while_halted_and_again_once_it_is_lifted(house: House) -> None:
    house.add(bot(scanner(spread(exits="{profit: 10%}")), limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.60")
    house.look()
    impose(house, Mode.HALTED)
    house.run(MARK + timedelta(minutes=1))
    assert orders(house) == ["filled"]
    impose(house, Mode.ACTIVE)
    house.run(MARK + timedelta(minutes=2))
    assert orders(house) == ["filled", "pending"]


def test_a_switch_waits_for_whoever_is_about_to_send(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switches, "_PATIENCE_MS", 60_000)
    house.add(bot(scanner(spread())))
    with house.database.transaction() as sending:
        look(sending)
        thread = threading.Thread(target=impose, args=(house, Mode.HALTED))
        thread.start()
        with house.database.transaction() as other:  # the row is there before the wait is over
            while not execute(other, "SELECT count(*) FROM switches").scalar_one():
                pass
        assert thread.is_alive()
    thread.join()


def test_who_sleeps_while_about_to_send_loses_its_turn(house: House, schema: str) -> None:
    sleeper = Database(schema)

    def sleep_and_wake() -> None:
        with sleeper.transaction() as asleep:
            look(asleep)
            impose(house, Mode.HALTED)  # and does not wait for ever
            execute(asleep, "SELECT 1")

    with pytest.raises((StoreUnavailable, OperationalError)):
        sleep_and_wake()
    sleeper.close()
    assert house.one("SELECT mode FROM switches") == ("halted",)


def test_what_cannot_be_switched_is_refused_and_nothing_is_stored(house: House) -> None:
    for scope in (Scope.USER, Scope.ACCOUNT, Scope.BOT):
        with pytest.raises(NotFound, match=f"no such {scope}"):
            impose(house, Mode.HALTED, scope, UUID(int=9))
    for reason in ("", "   ", "x" * 201, "two\nlines"):
        with pytest.raises(BadInput, match="A reason has"):
            house.restrain.impose(
                Scope.FLEET, FLEET, Mode.HALTED, held_by="operator", reason=reason, set_by="me"
            )
    assert house.all("SELECT * FROM switches") == []


def test_repeating_a_switch_changes_nothing(house: House) -> None:
    impose(house, Mode.HALTED)
    first = house.one("SELECT * FROM switches")
    house.clock.at += QUARTER
    impose(house, Mode.HALTED)
    assert house.one("SELECT * FROM switches") == first


def test_an_account_is_reduced_and_released_by_a_part_of_the_fleet(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.restrain.reduce(house.account, "its consent has ended", by="tokens")
    assert house.batches.load([named])[named].mode is Mode.REDUCING
    house.restrain.release(house.account, by="tokens")
    assert house.batches.load([named])[named].mode is Mode.ACTIVE


def told(house: House) -> list[tuple[object, ...]]:
    sql = """SELECT u.name, n.level, n.code, n.bot_id IS NULL, n.message FROM notices n
             JOIN users u USING (user_id) ORDER BY n.seq, u.name"""
    return house.all(sql)


def others(house: House) -> UserId:
    """Let eve have two bots beside ann's two, and bob none."""
    house.roster.add_users(["eve", "bob"], OPEN)
    house.layouts.arrange(Shape(1, 1, 10))
    eve = next(one.user_id for one in house.roster.users() if one.name == "eve")
    for n in range(2):
        house.add(bot(scanner(spread()), name=f"Ann's {n}"))
        house.add(bot(scanner(spread()), name=f"Eve's {n}"), eve)
    return eve


def test_an_operators_switch_is_told_to_each_owner_once_however_often_it_is_thrown(
    house: House,
) -> None:
    others(house)
    for _ in range(3):
        impose(house, Mode.HALTED)
    assert {row[:4] for row in told(house)[:2]} == {
        ("ann", "warning", "halted", True),
        ("eve", "warning", "halted", True),
    }
    assert len(told(house)) == 2
    assert all("a test" in str(row[4]) and "whole fleet" in str(row[4]) for row in told(house))
    for _ in range(3):
        impose(house, Mode.ACTIVE)
    assert {row[:4] for row in told(house)[2:]} == {
        ("ann", "info", "resumed", True),
        ("eve", "info", "resumed", True),
    }
    assert len(told(house)) == 4
    impose(house, Mode.HALTED)  # at the same instant of a clock that stands: another halt
    assert len(told(house)) == 6


def test_a_switch_that_grows_stricter_or_has_another_reason_is_news(house: House) -> None:
    others(house)
    impose(house, Mode.REDUCING)
    impose(house, Mode.HALTED)
    house.restrain.impose(
        Scope.FLEET, FLEET, Mode.HALTED, held_by="operator", reason="another", set_by="me"
    )
    assert [row[2] for row in told(house) if row[0] == "ann"] == ["reducing", "halted", "halted"]


@pytest.mark.parametrize("scope", [Scope.USER, Scope.ACCOUNT, Scope.BOT])
def test_a_switch_over_one_owners_things_is_told_to_that_owner_alone(
    house: House, scope: Scope
) -> None:
    others(house)
    (named,) = house.one("SELECT bot_id FROM bots WHERE name = 'Ann''s 1'")
    over = {Scope.USER: house.user, Scope.ACCOUNT: house.account, Scope.BOT: named}
    impose(house, Mode.REDUCING, scope, over[scope])  # type: ignore[arg-type]  # ids they are
    impose(house, Mode.ACTIVE, scope, over[scope])  # type: ignore[arg-type]
    is_of_no_bot = scope is not Scope.BOT
    assert [row[:4] for row in told(house)] == [
        ("ann", "warning", "reducing", is_of_no_bot),
        ("ann", "info", "resumed", is_of_no_bot),
    ]


def test_what_owners_and_parts_of_the_fleet_switch_is_not_told_as_the_operators(
    house: House,
) -> None:
    named = house.add(bot(scanner(spread())))
    house.restrain.impose(
        Scope.BOT, named, Mode.HALTED, held_by="owner", reason="mine", set_by="ann"
    )
    house.restrain.reduce(house.account, "its consent has ended", by="tokens")
    house.restrain.release(house.account, by="tokens")
    assert told(house) == []


def test_a_halt_thrown_by_many_hands_at_once_is_told_once(house: House) -> None:
    others(house)
    threads = [threading.Thread(target=impose, args=(house, Mode.HALTED)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(row[0]) for row in told(house)) == ["ann", "eve"]


def test_owners_find_what_is_of_no_bot_among_their_notices_and_nobody_elses(house: House) -> None:
    eve = others(house)
    impose(house, Mode.HALTED, Scope.USER, eve)
    journal = PostgresJournal(house.database)
    (line,) = journal.notices(Wanted(eve)).lines
    assert (line.bot_id, line.bot, line.code) == (None, "", "halted")
    assert journal.notices(Wanted(house.user)).lines == ()
    assert len(journal.notices(Wanted(None)).lines) == 1
    (first,) = house.one("SELECT bot_id FROM bots WHERE name = 'Eve''s 0'")
    assert journal.notices(Wanted(eve, bot=first)).lines == ()  # type: ignore[arg-type]


def test_a_new_price_is_not_asked_for_once_a_switch_was_thrown_since_the_order_was_taken(
    house: House,
) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    take = house.orders.take_due

    def late(now: object, most: int) -> object:
        taken = take(now, most)  # type: ignore[arg-type]
        impose(house, Mode.REDUCING)
        return taken

    house.orders.take_due = late  # type: ignore[method-assign,assignment]
    house.look(60)
    assert house.broker.limits["1"] == [house.broker.tickets[0].limit]
    assert house.broker.calls.count("cancel") == 1


def test_what_was_held_back_or_never_heard_of_is_not_sent_after_a_halt(house: House) -> None:
    for n in range(2):
        house.add(bot(scanner(spread()), name=f"Bot {n}"))
    house.broker.mood = ["hold back", "lose"]
    house.run(MARK)
    house.send()
    impose(house, Mode.HALTED)
    house.messages.orders += house.orders.unsent(0)
    house.messages.orders += house.all("SELECT order_id FROM orders")[0]  # type: ignore[arg-type]
    house.send()
    for _ in range(70):
        house.look(2)
    assert house.broker.tickets == []
    assert sorted(map(str, orders(house))) == ["cancelled", "rejected"]
