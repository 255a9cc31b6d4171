"""The operator's changes over real Postgres: they hold at once, and what ran stays as it ran."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from botfleet.adapters.postgres.changes import PostgresChanges
from botfleet.adapters.postgres.slots import PostgresSlots
from botfleet.application.account import Account, account
from botfleet.application.amend import amend
from botfleet.application.consult import consult
from botfleet.domain.eastern import instant
from botfleet.domain.market.calendar import (
    SHIPPED,
    Act,
    Change,
    adopt,
    cause_of,
    in_force,
    is_open,
    session_on,
    under,
)
from botfleet.domain.schedules.agenda import Kind
from botfleet.errors import BadInput
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.market import DAY, OPEN

HALT = time(11)
HALT_AT = instant(DAY, HALT)
NEXT = DAY + timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """What one process adopts, the next test does not know."""
    adopt(SHIPPED)
    yield
    adopt(SHIPPED)


def changes(house: House) -> PostgresChanges:
    return PostgresChanges(house.database)


def close(house: House, day: date = NEXT, *, at: datetime = OPEN) -> None:
    amend(Change(day, Act.CLOSE, "Day of mourning", at), "ops", changes(house))


def halt(house: House, at: datetime, until: time = HALT, day: date = DAY) -> None:
    amend(Change(day, Act.EARLY, "Halt", at, until), "ops", changes(house))


def undo(house: House, at: datetime, day: date = DAY) -> None:
    amend(Change(day, Act.UNDO, "Resumed", at), "ops", changes(house))


def ledger(house: House) -> Account:
    return account(DAY, PostgresSlots(house.database))


def at_close(house: House, kind: Kind) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (f"{s.due_at:%H:%M}", s.end.value, s.why) for s in ledger(house).slots if s.kind is kind
    ]


def test_a_day_that_is_closed_holds_for_a_process_that_looks_again(house: House) -> None:
    close(house)
    adopt(SHIPPED)  # as another process, which knows nothing of it yet
    assert session_on(NEXT) is not None
    consult(changes(house))
    assert (session_on(NEXT), cause_of(NEXT)) == (None, "Day of mourning")
    undo(house, OPEN, NEXT)
    adopt(SHIPPED)
    consult(changes(house))
    assert session_on(NEXT) == SHIPPED.session_on(NEXT)
    assert in_force().version == changes(house).version()


def test_each_change_is_kept_with_who_when_and_why(house: House) -> None:
    close(house)
    undo(house, OPEN + MINUTE, NEXT)
    told = [(line.change, line.who) for line in changes(house).history()]
    assert told == [
        (Change(NEXT, Act.UNDO, "Resumed", OPEN + MINUTE), "ops"),
        (Change(NEXT, Act.CLOSE, "Day of mourning", OPEN), "ops"),
    ]


def test_a_sudden_halt_at_eleven_moves_the_rest_of_the_day(house: House) -> None:  # F16, I15
    house.add(bot(scanner(spread())))
    house.run(MARK)
    halt(house, HALT_AT - 12 * MINUTE)
    assert not is_open(HALT_AT)
    for minutes in range(1, 400):
        house.run(MARK + minutes * MINUTE)
    found = ledger(house)
    assert found.forgotten == ()
    marks = [s for s in found.slots if s.kind is Kind.MARK and s.interval_min == 15]
    # 09:45 ... 10:45 ran; 11:00 ... 15:45 are told as missed, with the cause.
    assert [s.end.value for s in marks] == ["done"] * 5 + ["missed"] * 20
    assert {s.why for s in marks[5:]} == {("the session closes at 11:00: Halt",)}
    assert house.one(f"SELECT max(at) < '{HALT_AT}' FROM runs") == (True,)
    # The expiration checks moved to 10:50, 10:55 and 10:59 Eastern, the settlement to 11:15.
    due = [at for at, _, _ in at_close(house, Kind.EXPIRE)]
    assert due == ["14:50", "14:55", "14:59", "19:50", "19:55", "19:59"]
    assert [at for at, _, _ in at_close(house, Kind.SETTLE)] == ["15:15", "20:15"]


def test_what_expires_is_settled_at_the_moved_close(house: House) -> None:
    house.add(bot(scanner(spread().replace("exactly: 3", "exactly: 0")), limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.49")
    house.look()
    halt(house, MARK + MINUTE)
    for minutes in range(1, 91):
        house.run(MARK + minutes * MINUTE)
    assert house.one("SELECT state FROM positions") == ("expired",)
    assert ("15:15", "done", ()) in at_close(house, Kind.SETTLE)
    assert [why for at, _, why in at_close(house, Kind.SETTLE) if at == "20:15"] == [
        ("the session closes at 11:00: Halt",)
    ]


def test_trading_that_resumes_goes_on_and_the_pause_stays_missed(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    halt(house, HALT_AT - 5 * MINUTE)
    house.run(HALT_AT + 62 * MINUTE)
    undo(house, HALT_AT + 62 * MINUTE)
    house.run(HALT_AT + 75 * MINUTE)
    found = ledger(house)
    assert found.forgotten == ()
    ends = {s.due_at: s.end for s in found.slots if s.kind is Kind.MARK and s.interval_min == 15}
    assert ends[HALT_AT + 45 * MINUTE] == "missed"
    assert ends[HALT_AT + 75 * MINUTE] == "done"
    assert max(ends) == HALT_AT + 75 * MINUTE  # what is to come is not told as missed any more


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(DAY - timedelta(1), Act.CLOSE, "x", MARK), "is over: what ran then stays"),
        (Change(DAY, Act.CLOSE, "x", MARK), "has begun; end it with `botfleet calendar early"),
        (Change(DAY, Act.EARLY, "x", MARK, time(9, 40)), "It is 09:45:00 already"),
        (Change(DAY, Act.EARLY, "x", MARK, time(16)), "between 09:30 and 16:00 Eastern"),
        (Change(DAY, Act.EARLY, "x", MARK, time(9, 30)), "between 09:30 and 16:00 Eastern"),
        (Change(date(2026, 4, 3), Act.CLOSE, "x", MARK), "closed on 2026-04-03 already: Good Fri"),
        (Change(date(2026, 4, 4), Act.CLOSE, "x", MARK), "already: it is a Saturday"),
        (Change(date(2026, 4, 3), Act.EARLY, "x", MARK, HALT), "There is no session on 2026-04-03"),
        (Change(NEXT, Act.UNDO, "x", MARK), "is as the exchange announced it already"),
        (Change(NEXT, Act.CLOSE, " ", MARK), "The cause is one line of 1 to 200 characters"),
        (Change(NEXT, Act.CLOSE, "a\nb", MARK), "The cause is one line of 1 to 200 characters"),
        (Change(date(2099, 1, 5), Act.CLOSE, "x", MARK), "covers 1990-01-01 to 2040-12-31"),
        (Change(DAY, Act.CLOSE, "x", OPEN + timedelta(hours=7)), "is over: what ran then stays"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_nothing_is_stored(
    house: House, change: Change, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        amend(change, "ops", changes(house))
    assert changes(house).history() == []
    assert in_force().version == 0


def test_a_look_back_goes_by_the_calendar_of_then(house: House) -> None:
    close(house, at=MARK)
    with under(in_force().as_of(OPEN)):
        assert session_on(NEXT) is not None
    with under(in_force().as_of(MARK)):
        assert session_on(NEXT) is None
    assert session_on(NEXT) is None
