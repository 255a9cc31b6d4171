"""Account: hold what a day made due against what became of it, slot by slot.

The calendar says what must be there, and so do the events that were in force; the rows say what is.
A slot, or an occurrence for one bot of many, that was passed over without leaving a row was
forgotten, and that is a fault (I4).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from botfleet.application.ports.slots import Lateness, SlotRows, Slots, Stretch
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.calendar import session_on
from botfleet.domain.schedules.agenda import TRIGGER_OF, Kind, TriggerKind, slots
from botfleet.domain.schedules.stints import came_due

Key = tuple[datetime, Kind, TriggerKind, int]


class End(StrEnum):
    """How a slot stands: the first of these that holds for any of it; done is wholly done."""

    OPEN = "open"
    FAILED = "failed"
    FORGOTTEN = "forgotten"
    MISSED = "missed"
    SKIPPED = "skipped"
    DONE = "done"


_LIVE = frozenset({"due", "claimed"})


@dataclass(frozen=True, slots=True)
class Slot:
    """One due slot: what its rows and their bots came to, why some did not run, the worst lateness.

    Marks say for which interval. Times are as in `SlotRows`. `ends` counts rows, `bots_ended` the
    `bots` of them, by how they ended; what is forgotten is an occurrence a bot in both.
    """

    due_at: datetime
    kind: Kind
    trigger: TriggerKind
    interval_min: int
    end: End
    bots: int = 0
    ends: Mapping[str, int] = field(default_factory=dict)
    why: tuple[str, ...] = ()
    late_s: float | None = None
    waited_s: float | None = None
    bots_ended: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """A day's slots up to `routed_at`, by time, and how late each kind was.

    Of a day that `is_trimmed` only what is needed still is left, and the rest is not forgotten.
    """

    day: date
    routed_at: datetime
    slots: tuple[Slot, ...]
    lateness: tuple[Lateness, ...]
    is_trimmed: bool = False

    @property
    def forgotten(self) -> tuple[Slot, ...]:
        """Give the slots that were passed over; there should be none."""
        return tuple(slot for slot in self.slots if End.FORGOTTEN in slot.ends)


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
        found.setdefault((row.due_at, row.kind, row.trigger, row.interval_min), []).append(row)
    lacking = Counter(key for key, rows in found.items() if not rows)
    lacking += unstarted(day, stretch, ledger)
    keys = sorted(found.keys() | lacking.keys(), key=_order)
    made = tuple(_slot(key, found.get(key, ()), lacking[key]) for key in keys)
    lateness = tuple(ledger.lateness(first, last))
    return Account(day, stretch.routed_at, made, lateness, is_trimmed=_is_trimmed(first, stretch))


def lateness_today(now: datetime, ledger: Slots) -> Sequence[Lateness]:
    """Measure how late this Eastern day's work was begun or given up, a trigger at a time.

    Raises:
        StoreUnavailable: nothing was read.
    """
    return ledger.lateness(*_bounds(day_of(now)))


def expected(day: date, stretch: Stretch) -> Iterator[Key]:
    """Name every slot the calendar made due on a day, as far as it was routed."""
    session = None if _is_trimmed(instant(day, time()), stretch) else session_on(day)
    for due in slots(session) if session else ():
        if stretch.begun_at < due.at <= stretch.routed_at:
            yield due.at, due.kind, TRIGGER_OF[due.kind], due.interval_min


def unstarted(day: date, stretch: Stretch, ledger: Slots) -> Counter[Key]:
    """Count the occurrences of events of a day that no row is of, as far as it was routed."""
    first, last = _bounds(day)
    if _is_trimmed(first, stretch):
        return Counter()
    since, until = max(first, stretch.begun_at), min(last, stretch.routed_at)
    started = ledger.started(first, last)
    return Counter(
        (at, Kind.EVENT, stint.trigger, 0)
        for stint in ledger.stints(since, until)
        for at in came_due(stint, since, until)
        if at < last and (at, stint.bot, stint.automation) not in started
    )


def _is_trimmed(first: datetime, stretch: Stretch) -> bool:
    return stretch.kept_from is not None and first < stretch.kept_from


def _bounds(day: date) -> tuple[datetime, datetime]:
    return instant(day, time()), instant(day + timedelta(days=1), time())


def _order(key: Key) -> tuple[datetime, int, int, int]:
    at, kind, trigger, interval = key
    return at, list(Kind).index(kind), list(TriggerKind).index(trigger), -interval


def _slot(key: Key, found: Sequence[SlotRows], lacking: int) -> Slot:
    rows = Counter({End.FORGOTTEN.value: lacking} if lacking else {})
    bots = Counter(rows)
    for one in found:
        end = End.OPEN.value if one.state in _LIVE else one.state
        rows[end] += one.rows
        bots[end] += one.bots
    return Slot(
        *key,
        next(end for end in End if rows[end.value] or bots[end.value]),
        sum(one.bots for one in found),
        dict(+rows),
        tuple(sorted({one.why for one in found if one.why})),
        _worst(one.late_s for one in found),
        _worst(one.waited_s for one in found),
        dict(+bots),
    )


def _worst(times_s: Iterable[float | None]) -> float | None:
    return max((one for one in times_s if one is not None), default=None)
