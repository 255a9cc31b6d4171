"""How large a fleet should be: enough seats, and no work waiting longer than it may (S10, S13)."""

from dataclasses import dataclass, replace
from math import ceil

from botfleet.domain.fleet.seating import Shape


@dataclass(frozen=True, slots=True)
class Targets:
    """What to keep: the share of seats taken, and how late marks may be (p99, ms); within bounds.

    A fleet shrinks only when the smaller one would still take `fill`, and lag is below a quarter of
    what it may be: so it does not swing.
    """

    fill: float = 0.8
    lag_ms: float = 3_000.0
    pods_min: int = 1
    pods_max: int = 100


@dataclass(frozen=True, slots=True)
class Load:
    """What a fleet carries: its users, seated or not, and the p99 of its marks' lag, if known."""

    users: int
    lag_ms: float | None


_CALM = 0.25


def wanted(shape: Shape, load: Load, targets: Targets) -> Shape:
    """Give the shape a fleet should have: the same but for its pods; drained ones do not count."""
    per_pod = shape.instances * shape.users_per_instance
    standing = shape.pods - len(shape.drained)
    seats_need = ceil(load.users / (per_pod * targets.fill))
    lag = load.lag_ms or 0.0
    if lag > targets.lag_ms:
        need = max(seats_need, ceil(standing * min(lag / targets.lag_ms, 2.0)))
    elif lag < targets.lag_ms * _CALM:
        need = seats_need
    else:
        need = max(seats_need, standing)
    open_pods = min(max(need, targets.pods_min), targets.pods_max)
    return replace(shape, pods=open_pods + len(shape.drained))
