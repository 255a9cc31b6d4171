"""What the fleet needs of its queue: hints that point at rows. Losing one loses no work."""

from collections.abc import Sequence
from typing import Protocol

from botfleet.application.ports.work import Pointer
from botfleet.domain.ids import OrderId


class Messages(Protocol):
    """Sends pointers; a message may be lost, doubled or late and nothing wrong happens."""

    def work(self, pointers: Sequence[Pointer]) -> None:
        """Point instances at their work, one message a row."""
        ...

    def submit(self, orders: Sequence[OrderId]) -> None:
        """Point the orders workers at orders that are to be sent."""
        ...

    def resolve(self) -> None:
        """Tell the orders workers to look at what is due."""
        ...

    def done(self) -> None:
        """Ring the bell that something ended: a lockstep clock may be waiting for it."""
        ...
