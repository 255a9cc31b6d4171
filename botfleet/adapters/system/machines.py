"""Instances run by the supervisor of this machine's fleet, or by somebody else elsewhere."""

from collections.abc import Callable, Collection
from pathlib import Path

from botfleet.adapters.system import homes
from botfleet.domain.fleet.seating import Seat, Shape
from botfleet.errors import Refusal

_ENDED = frozenset({"stopped", "done", "failed"})


class LocalMachines:
    """Keeps `botfleet.application.ports.machines.Machines`."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def intend(self, shape: Shape) -> None:
        """See the port."""
        kept = {
            "pods": shape.pods,
            "instances": shape.instances,
            "users_per_instance": shape.users_per_instance,
        }
        homes.shaped(self._home, kept)

    def running(self) -> frozenset[Seat]:
        """See the port."""
        return frozenset(
            _seat(state["name"])
            for state in self._order({"do": "list"})
            if state["name"].startswith("pod.") and state["state"] not in _ENDED
        )

    def start(self, seats: Collection[Seat]) -> None:
        """See the port."""
        if seats:
            self._order({"do": "add", "names": [str(seat) for seat in seats]})

    def stop(self, seats: Collection[Seat]) -> None:
        """See the port."""
        if seats:
            self._order({"do": "remove", "names": [str(seat) for seat in seats]})

    def _order(self, what: dict[str, object]) -> list[dict[str, str]]:
        record = homes.found(self._home)
        if record is None:
            raise Refusal(f"No fleet is running under {self._home}; `botfleet up` starts it.")
        done: list[dict[str, str]] = homes.order(record.control, what)
        return done


class DistantMachines:
    """Keeps the same port where pods follow the layout by themselves (`botfleet pod serve`)."""

    def __init__(self, shape: Callable[[], Shape | None]) -> None:
        self._shape = shape

    def intend(self, shape: Shape) -> None:
        """See the port; the layout is all there is to note."""

    def running(self) -> frozenset[Seat]:
        """See the port: as the layout says."""
        shape = self._shape()
        return frozenset(shape.everywhere if shape else ())

    def start(self, seats: Collection[Seat]) -> None:
        """See the port: what the layout will say, starts; a new pod is its operator's to start."""

    def stop(self, seats: Collection[Seat]) -> None:
        """See the port: what the layout does not say any more, has ended or will."""


def _seat(name: str) -> Seat:
    _, pod, instance = name.split(".")
    return Seat(int(pod), int(instance))
