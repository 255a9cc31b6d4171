"""Where users sit: a pod has instances, an instance serves so many users and no more (S10-S12).

Three knobs give a fleet its shape: users an instance, instances a pod, and pods (S11, S13). When
one of them turns, users move so that the load is even again, and no more of them than must.
"""

import heapq
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

User = TypeVar("User", bound=Hashable)


@dataclass(frozen=True, slots=True, order=True)
class Seat:
    """One instance of one pod."""

    pod: int
    instance: int

    def __str__(self) -> str:
        return f"pod.{self.pod}.{self.instance}"


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a fleet is; pods that are `drained` stand, but nobody sits there."""

    pods: int
    instances: int
    users_per_instance: int
    drained: frozenset[int] = field(default=frozenset())

    @property
    def everywhere(self) -> tuple[Seat, ...]:
        """Every instance, drained ones too."""
        return seats(pods=self.pods, instances=self.instances)

    @property
    def open_seats(self) -> tuple[Seat, ...]:
        """Every instance where users may sit."""
        return tuple(seat for seat in self.everywhere if seat.pod not in self.drained)

    @property
    def capacity(self) -> int:
        """How many users find a seat."""
        return len(self.open_seats) * self.users_per_instance


@dataclass(frozen=True, slots=True)
class Flow:
    """So many users move from one seat to another."""

    source: Seat
    target: Seat
    users: int


def seats(*, pods: int, instances: int) -> tuple[Seat, ...]:
    """List every instance of a fleet."""
    return tuple(
        Seat(pod, instance) for pod in range(1, pods + 1) for instance in range(1, instances + 1)
    )


def place(
    newcomers: int, taken: Mapping[Seat, int], all_seats: Collection[Seat], *, users_max: int
) -> list[Seat]:
    """Seat `newcomers` one by one where fewest sit; shorter than asked once every seat is full."""
    free = [(taken.get(seat, 0), seat) for seat in all_seats]
    heapq.heapify(free)
    placed: list[Seat] = []
    while free and len(placed) < newcomers and free[0][0] < users_max:
        count, seat = free[0]
        heapq.heapreplace(free, (count + 1, seat))
        placed.append(seat)
    return placed


def flows(taken: Mapping[Seat, int], open_seats: Collection[Seat]) -> tuple[Flow, ...]:
    """Even out `taken` over `open_seats` with the fewest moves; whoever sits elsewhere moves too.

    Afterwards no two seats differ by more than one user. The fewest: the larger shares go to those
    seats that hold most already, so each seat gives only what it has beyond its share.
    """
    if not open_seats:
        return ()
    share, larger = divmod(sum(taken.values()), len(open_seats))
    ranked = sorted(open_seats, key=lambda seat: (-taken.get(seat, 0), seat))
    shares = {seat: share + (place < larger) for place, seat in enumerate(ranked)}
    over = [(seat, taken[seat] - shares.get(seat, 0)) for seat in sorted(taken)]
    under = [(seat, shares[seat] - taken.get(seat, 0)) for seat in sorted(shares)]
    return tuple(
        _matched([one for one in over if one[1] > 0], [one for one in under if one[1] > 0])
    )


def _matched(over: list[tuple[Seat, int]], under: list[tuple[Seat, int]]) -> Iterator[Flow]:
    """Pour what is over into what is under, in order."""
    targets = iter(under)
    target, room = next(targets, (None, 0))
    for source, users in over:
        left = users
        while left and target is not None:
            poured = min(left, room)
            yield Flow(source, target, poured)
            left, room = left - poured, room - poured
            if not room:
                target, room = next(targets, (None, 0))


def moves(seated: Mapping[User, Seat], wanted: Collection[Flow]) -> dict[User, Seat]:
    """Choose who moves: of each seat that gives, those seated last, in the order of `seated`."""
    leaving: dict[Seat, list[Flow]] = defaultdict(list)
    for flow in wanted:
        leaving[flow.source].append(flow)
    there: dict[Seat, list[User]] = {seat: [] for seat in leaving}
    for user, seat in seated.items():
        if seat in there:
            there[seat].append(user)
    return {
        there[source].pop(): flow.target
        for source, its_flows in leaving.items()
        for flow in its_flows
        for _ in range(flow.users)
    }
