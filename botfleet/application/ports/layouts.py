"""What the fleet needs of its layout: how large it is, and who sits where. Real time throughout."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from botfleet.application.ports.work import Pointer
from botfleet.domain.fleet.seating import Seat, Shape
from botfleet.domain.ids import UserId


@dataclass(frozen=True, slots=True)
class Layout:
    """The fleet as it stands; `version` grows with every change, `changed_at` says when."""

    version: int
    changed_at: datetime
    shape: Shape | None
    taken: Mapping[Seat, int]
    unseated: int

    @property
    def users(self) -> int:
        """How many users there are."""
        return sum(self.taken.values()) + self.unseated


@dataclass(frozen=True, slots=True)
class Arranged:
    """What a change did: who moved, who found no seat, and rows that now have another place."""

    moved: int
    unseated: int
    pointers: Sequence[Pointer] = field(default=())


class Layouts(Protocol):
    """The layout. Every method is one transaction; changes happen one after another."""

    def layout(self) -> Layout:
        """Read the layout; its shape is None before the fleet was begun."""
        ...

    def changing(self, version: int) -> AbstractContextManager[None]:
        """Let nobody else change the fleet and its machines until this is left, or its holder dies.

        Raises:
            Refusal: somebody else is at it, or the layout is not of `version` any more.
        """
        ...

    def arrange(
        self, shape: Shape, *, version: int | None = None, is_evened: bool = False
    ) -> Arranged:
        """Make the fleet this large; seat whoever has no open seat; `is_evened`: even out all.

        Rows of work that wait where nobody may sit any more are given another place.

        Raises:
            Refusal: the layout is not of `version` any more.
        """
        ...

    def welcome(self) -> int:
        """Seat whoever has no seat, in the fleet as large as it is; give how many found none."""
        ...

    def move(self, user: UserId, seat: Seat) -> None:
        """Give a user that seat.

        Raises:
            Refusal: there is no such seat, it is drained, or it is full.
        """
        ...
