"""Account: hold what the calendar made due on a day against what became of it, slot by slot.

The calendar says what must be there, the rows what is: a slot that was passed over without leaving
a row was forgotten, and that is a fault (I4).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from botfleet.application.ports.slots import Lateness, SlotRows, Slots, Stretch
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.calendar import session_on
from botfleet.domain.schedules.agenda import Kind, slots

Key = tuple[datetime, Kind, int]


class End(StrEnum):
    """How a slot stands: the first of these that holds for any of its rows."""

    OPEN = "open"
    FAILED = "failed"
    DONE = "done"
    MISSED = "missed"
    SKIPPED = "skipped"
    FORGOTTEN = "forgotten"


_LIVE = frozenset({"due", "claimed"})


@dataclass(frozen=True, slots=True)
class Slot:
    """One due slot: how many of its rows came to what, why some did not run, the worst lateness.

    Marks say for which interval. Times are as in `SlotRows`.
    """

    due_at: datetime
    kind: Kind
    interval_min: int
    end: End
    bots: int = 0
    ends: Mapping[str, int] = field(default_factory=dict)
    why: tuple[str, ...] = ()
    late_s: float | None = None
    waited_s: float | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A day's slots up to `routed_at`, by time, and how late each kind was."""

    day: date
    routed_at: datetime
    slots: tuple[Slot, ...]
    lateness: tuple[Lateness, ...]

    @property
    def forgotten(self) -> tuple[Slot, ...]:
        """Give the slots that were passed over; there should be none."""
        return tuple(slot for slot in self.slots if slot.end is End.FORGOTTEN)


def account(day: date, ledger: Slots) -> Account:
    """Account for every slot of an Eastern day, as far as the fleet has come.

    Raises:
        BadInput: the day lies outside the exchange calendar.
        NotFound: the fleet was never begun.
        StoreUnavailable: nothing was read.
    """
    first, last = _bounds(day)
    stretch = ledger.stretch()
    found: dict[Key, list[SlotRows]] = {key: [] for key in expected(day, stretch)}
    for row in ledger.between(first, last):
        found.setdefault((row.due_at, row.kind, row.interval_min), []).append(row)
    made = tuple(_slot(key, found[key]) for key in sorted(found, key=_order))
    return Account(day, stretch.routed_at, made, tuple(ledger.lateness(first, last)))


def lateness_today(now: datetime, ledger: Slots) -> Sequence[Lateness]:
    """Measure how late the rows of this Eastern day were begun, a kind at a time.

    Raises:
        StoreUnavailable: nothing was read.
    """
    return ledger.lateness(*_bounds(day_of(now)))


def expected(day: date, stretch: Stretch) -> Iterator[Key]:
    """Name every slot the calendar made due on a day, as far as it was routed."""
    session = session_on(day)
    for due in slots(session) if session else ():
        if stretch.begun_at < due.at <= stretch.routed_at:
            yield due.at, due.kind, due.interval_min


def _bounds(day: date) -> tuple[datetime, datetime]:
    return instant(day, time()), instant(day + timedelta(days=1), time())


def _order(key: Key) -> tuple[datetime, int, int]:
    at, kind, interval = key
    return at, list(Kind).index(kind), -interval


def _slot(key: Key, rows: Sequence[SlotRows]) -> Slot:
    ends: dict[str, int] = defaultdict(int)
    for row in rows:
        ends["open" if row.state in _LIVE else row.state] += row.rows
    end = next((one for one in End if one.value in ends), End.FORGOTTEN)
    return Slot(
        *key,
        end,
        sum(row.bots for row in rows),
        dict(ends),
        tuple(sorted({row.why for row in rows if row.why})),
        _worst(row.late_s for row in rows),
        _worst(row.waited_s for row in rows),
    )


def _worst(times_s: Iterable[float | None]) -> float | None:
    return max((one for one in times_s if one is not None), default=None)
