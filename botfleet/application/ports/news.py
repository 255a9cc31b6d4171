"""What owners are told, in an order that nobody who reads it in turns can miss a part of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from botfleet.application.ports.journal import NoticeLine
from botfleet.domain.ids import UserId


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a notice stands: by the transaction that wrote it, and its number."""

    transaction: int
    number: int


@dataclass(frozen=True, slots=True)
class News:
    """A notice at its place."""

    place: Place
    notice: NoticeLine


class Newsroom(Protocol):
    """Nothing appears before a place that was given; what is given stays.

    Raises `StoreUnavailable` when the store cannot be had.
    """

    def here(self) -> Place:
        """Give the place before everything that is not told yet."""
        ...

    def told(self, user: UserId, after: Place, most: int) -> Sequence[News]:
        """List what a user was told after a place, oldest first."""
        ...

    def since(self, after: Place) -> tuple[frozenset[UserId], Place]:
        """Name who was told something after a place, and give the place that was looked up to."""
        ...
