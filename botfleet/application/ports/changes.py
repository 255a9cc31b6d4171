"""What the fleet needs of the operator's changes to the calendar: a list that only grows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from botfleet.domain.market.calendar import Calendar, Change
from botfleet.domain.schedules.agenda import Moved


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change with its version, and who made it when (real time)."""

    version: int
    change: Change
    who: str
    made_real: datetime


class Changes(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def version(self) -> int:
        """Give the newest change's version; 0 where there is none. Cheap: asked all the time."""
        ...

    def calendar(self) -> Calendar:
        """Give the table with every change."""
        ...

    def history(self) -> Sequence[ChangeLine]:
        """List every change ever made, newest first."""
        ...

    def record(self, change: Change, who: str, moves: Callable[[datetime], Moved]) -> int:
        """Write a change; give its version.

        What it leaves undone is written as missed, and what it brings to be done is no longer.
        `moves` is asked with the instant the fleet was routed up to; nobody routes meanwhile.
        """
        ...
