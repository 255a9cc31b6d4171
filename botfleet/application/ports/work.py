"""What the fleet needs of its work book: every due piece of work is a row that workers claim."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from botfleet.domain.ids import BotId, WorkId
from botfleet.domain.schedules.agenda import Due, Kind


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed row. `fence` counts its claims: only the last claimant's commit is taken."""

    work_id: WorkId
    kind: Kind
    due_at: datetime
    bots: tuple[BotId, ...]
    fence: int
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a row should be worked on: a message carries only this."""

    work_id: WorkId
    pod: int
    instance: int


class WorkBook(Protocol):
    """The rows. Every method is one transaction and raises `StoreUnavailable` when it cannot be."""

    def route(
        self, now: datetime, due: Callable[[datetime], Sequence[Due]]
    ) -> tuple[datetime, Sequence[Pointer]]:
        """Write rows for what `due(routed_at)` lists, one a batch of an instance's bots.

        And for every event that came due up to `now`, which is then due at its next instant.

        A bot whose last mark is being judged has its new one recorded as skipped; what is not kept
        is recorded as missed, and what concerned nobody as skipped: every slot leaves a row. Gives
        the instant routed up to before, and the rows to do. One caller at a time; `now` at or
        before the last routing makes nothing.
        """
        ...

    def press(self, work: Work) -> Pointer | None:
        """Write a row for its one bot at its owner's instance; None if that row exists."""
        ...

    def claim(self, work_id: WorkId, now: datetime) -> Work | None:
        """Take a row that is due, or whose claimant's lease ended; None if it is not to be had.

        The row remembers `now`, market time: how late it was begun.
        """
        ...

    def fail(self, work: Work, why: str) -> None:
        """End a row that cannot be done: it is kept, with the reason."""
        ...

    def miss(self, work: Work, why: str, now: datetime) -> None:
        """End a row that came too late to be done: it is kept, with the reason.

        Of what was to start an automation, its owner is told.
        """
        ...

    def put_off(self, work: Work) -> None:
        """Give back a row that cannot be done just now: it is due again, as if never claimed."""
        ...

    def reclaim(self, pod: int, instance: int, *, is_new: bool) -> Sequence[Pointer]:
        """Give up the claims of an instance that is at none of them; list all it has to do.

        It has just (re)started (`is_new`), or lost the store and has it again: then the claims it
        could not end or give back do not count, as if put off.
        """
        ...

    def untold(self) -> Sequence[Pointer]:
        """List rows that were written beside their cause, for which no message was sent yet."""
        ...

    def overdue(self, grace_s: float) -> Sequence[Pointer]:
        """List rows whose message seems lost, or whose claimant seems dead (real time)."""
        ...
