"""What the fleet needs of whatever runs its instances: a supervisor here, a cluster there."""

from collections.abc import Collection
from typing import Protocol

from botfleet.domain.fleet.seating import Seat, Shape


class Machines(Protocol):
    """Runs instances. Asking twice for the same is asking once."""

    def intend(self, shape: Shape) -> None:
        """Note how large the fleet now is, so that a restart starts as many instances."""
        ...

    def running(self) -> frozenset[Seat]:
        """List the instances that run, or are being started."""
        ...

    def start(self, seats: Collection[Seat]) -> None:
        """Start instances, and wait until they take work.

        Raises:
            Refusal: one of them will not start.
        """
        ...

    def stop(self, seats: Collection[Seat]) -> None:
        """Let instances finish what they are at, and end them."""
        ...
