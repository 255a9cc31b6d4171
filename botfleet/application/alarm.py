"""Alarm: say which alerts would fire on how the fleet stands at this instant.

The rules in deploy/prometheus decide who is woken, and look at how long a thing has lasted; here is
what they would say of one look. Tests hold names, bounds and pages of the two together.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from botfleet.application.ports.broker_lines import BrokerLine
from botfleet.application.ports.journal import FleetNumbers
from botfleet.application.ports.passes import BreakKind

WORK_AGE_S, UNKNOWN_AGE_S, SEATS_FILL, CALENDAR_DAYS = 120, 60, 0.9, 90


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alert by its name, what it says, and its page in docs/runbooks."""

    name: str
    words: str
    runbook: str


def alarms(
    numbers: FleetNumbers,
    brokers: Sequence[BrokerLine],
    breaks: Mapping[BreakKind, int],
    *,
    calendar_days: int,
    is_session: bool,
    unsafe: Sequence[str] = (),
) -> tuple[Alarm, ...]:
    """List what is wrong now, what wakes somebody first; `unsafe` says what stores may lose."""
    forgets = (Alarm("StoreUnsafe", f"{why}.", "a-store-may-forget.md") for why in unsafe)
    found = (*forgets, *_fleet(numbers), *_seats(numbers), *_books(brokers, breaks))
    if is_session:
        found = (*found, *_logins(brokers))
    if calendar_days < CALENDAR_DAYS:
        words = f"The exchange calendar ends in {calendar_days} days."
        return (*found, Alarm("CalendarEnds", words, "the-calendar-ends.md"))
    return found


def _fleet(now: FleetNumbers) -> Iterator[Alarm]:
    if any(what.startswith("fleet ") for what in now.switches):
        yield Alarm(
            "FleetHalted", "The whole fleet is halted or reducing.", "the-fleet-is-halted.md"
        )
    if now.accounts_restored:
        words = f"The database is older than it was; {now.accounts_restored} accounts wait."
        yield Alarm("DatabaseRestored", words, "the-database-was-restored.md")
    if now.brokers_down:
        words = f"{', '.join(now.brokers_down)} does not answer."
        yield Alarm("BrokerDown", words, "a-broker-is-down.md")
    if not now.has_beat:
        yield Alarm("NobodyBeats", "No metronome leads.", "a-process-keeps-dying.md")
    if now.oldest_due_s > WORK_AGE_S:
        words = f"Work has been due for {now.oldest_due_s:.0f} s of market time."
        yield Alarm("WorkStands", words, "a-day-stands-still.md")


def _seats(now: FleetNumbers) -> Iterator[Alarm]:
    if now.users_unseated:
        yield Alarm(
            "UsersUnseated", f"{now.users_unseated} users have no seat.", "the-fleet-is-full.md"
        )
    taken = now.users - now.users_unseated
    if now.seats and taken / now.seats > SEATS_FILL:
        words = f"{taken / now.seats:.0%} of the seats are taken."
        yield Alarm("SeatsShort", words, "the-fleet-is-full.md")


def _books(brokers: Sequence[BrokerLine], breaks: Mapping[BreakKind, int]) -> Iterator[Alarm]:
    for one in brokers:
        if one.oldest_unknown_s > UNKNOWN_AGE_S:
            age = f"for {one.oldest_unknown_s:.0f} s"
            words = f"An order at {one.broker} has been of unknown fate {age}."
            yield Alarm("OrdersUnknown", words, "unknown-orders.md")
    for kind, count in breaks.items():
        if count:
            words = f"{count} differences from brokers' books stand: {kind.value}."
            yield Alarm("BooksDiffer", words, "books-differ.md")


def _logins(brokers: Sequence[BrokerLine]) -> Iterator[Alarm]:
    """Owners are told of their own logins; whose positions stand there while one ends is ours."""
    for one in brokers:
        if one.logins_stranded:
            words = f"{one.logins_stranded} logins at {one.broker} have ended over positions."
            yield Alarm("LoginsEnded", words, "logins-end.md")
        if one.logins_lapsing:
            words = f"{one.logins_lapsing} logins at {one.broker} over positions end in a day."
            yield Alarm("LoginsEnding", words, "logins-end.md")
