"""What the slot ledger is made of: how each due slot ended, and how late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from botfleet.domain.schedules.agenda import Kind


@dataclass(frozen=True, slots=True)
class SlotRows:
    """The rows of one slot that ended, or did not end yet, in one way.

    `late_s` is market time from the slot to its last beginning, `waited_s` real time from the row's
    writing to that: the worst of them; None where none was begun.
    """

    kind: Kind
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
    """How late the rows of a kind that were done were begun: market and real seconds."""

    kind: Kind
    done: int
    late_p50_s: float
    late_p99_s: float
    late_max_s: float
    waited_p50_s: float
    waited_p99_s: float
    waited_max_s: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was routed: after `begun_at`, up to and including `routed_at`."""

    begun_at: datetime
    routed_at: datetime


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
        """Measure the same rows, a kind at a time."""
        ...
