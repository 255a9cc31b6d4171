"""Where users sit: a pod has instances, an instance serves so many users and no more (S10-S12)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Seat:
    """One instance of one pod."""

    pod: int
    instance: int


def seats(*, pods: int, instances: int) -> tuple[Seat, ...]:
    """List every instance of a fleet."""
    return tuple(
        Seat(pod, instance) for pod in range(1, pods + 1) for instance in range(1, instances + 1)
    )


def place(
    newcomers: int, taken: Mapping[Seat, int], all_seats: Collection[Seat], *, users_max: int
) -> list[Seat]:
    """Seat `newcomers` one by one where fewest sit; shorter than asked once every seat is full."""
    counts = {seat: taken.get(seat, 0) for seat in all_seats}
    placed: list[Seat] = []
    for _ in range(newcomers):
        seat = min(counts, key=lambda one: (counts[one], one))
        if counts[seat] >= users_max:
            break
        counts[seat] += 1
        placed.append(seat)
    return placed
