"""What the fleet needs of whatever runs its instances: a supervisor here, a cluster there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from botfleet.domain.fleet.seating import Seat, Shape


@dataclass(frozen=True, slots=True)
class ProcessLoad:
    """A process's load; memory is its fair share of what is shared, CPU since it was born."""

    name: str
    uptime_s: float
    memory_bytes: int
    cpu_s: float
    restarts: int


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
