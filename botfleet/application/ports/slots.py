"""What the slot ledger is made of: how each due slot ended, and how late."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from botfleet.domain.ids import BotId
from botfleet.domain.schedules.agenda import Kind, TriggerKind
from botfleet.domain.schedules.stints import Stint

#: One occurrence of one automation's event: its instant, the bot, the automation's index.
Started = tuple[datetime, BotId, int]


@dataclass(frozen=True, slots=True)
class SlotRows:
    """What of one slot ended, or did not end yet, in one way: rows, and the bots of them.

    Bots that were left out of a row that was done are told apart from it: they are of no row. A row
    that joins events of several kinds is one of each. `late_s` is market time from the slot to its
    last beginning, or to when it was given up; `waited_s` real time from the row's writing to its
    beginning or that: the worst of them, None where there is none.
    """

    kind: Kind
    trigger: TriggerKind
    interval_min: int
    due_at: datetime
    state: str
    why: str
    rows: int
    bots: int
    late_s: float | None
    waited_s: float | None


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late what a trigger brought about was begun or given up: market and real seconds.

    Each bot counts once a slot, in the counts and in the shares alike; what concerned no bot, and
    what has not ended, does not. A share is the least lateness that so many were not past.
    """

    trigger: TriggerKind
    done: int
    late_p50_s: float
    late_p99_s: float
    late_max_s: float
    waited_p50_s: float
    waited_p99_s: float
    waited_max_s: float
    skipped: int = 0
    missed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was routed: after `begun_at`, up to and including `routed_at`.

    Of days before `kept_from` what nobody needs was taken away; None: nothing was.
    """

    begun_at: datetime
    routed_at: datetime
    kept_from: datetime | None = None


class Slots(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def stretch(self) -> Stretch:
        """Give how far the fleet has come.

        Raises:
            NotFound: the fleet was never begun.
        """
        ...

    def between(self, first: datetime, last: datetime) -> Sequence[SlotRows]:
        """List rows due from `first` up to, not including, `last`, by time and kind."""
        ...

    def lateness(self, first: datetime, last: datetime) -> Sequence[Lateness]:
        """Measure what of the same rows has ended, a trigger at a time."""
        ...

    def stints(self, first: datetime, last: datetime) -> Sequence[Stint]:
        """List which timed events were in force when, as far as they touch this stretch."""
        ...

    def started(self, first: datetime, last: datetime) -> Collection[Started]:
        """List the occurrences that rows due from `first` up to, not including, `last` are of."""
        ...
