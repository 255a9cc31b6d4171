"""Seats when a knob turns: even again, with the fewest moves (S10-S13)."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.fleet.seating import Flow, Seat, Shape, flows, moves, place, seats

COUNTS = st.dictionaries(
    st.builds(Seat, st.integers(1, 4), st.integers(1, 3)), st.integers(0, 12), max_size=12
)


def after(taken: dict[Seat, int], made: tuple[Flow, ...]) -> Counter[Seat]:
    """Count where users sit once everybody has moved."""
    counts = Counter(taken)
    for flow in made:
        counts[flow.source] -= flow.users
        counts[flow.target] += flow.users
    return counts


@given(COUNTS, st.integers(1, 4), st.integers(1, 3), st.sets(st.integers(1, 4), max_size=3))
def test_the_load_is_even_and_nobody_sits_where_nobody_may(
    taken: dict[Seat, int], pods: int, instances: int, drained: set[int]
) -> None:
    shape = Shape(pods, instances, 100, frozenset(drained))
    made = flows(taken, shape.open_seats)
    counts = after(taken, made)
    if not shape.open_seats:
        assert made == ()
        return
    held = [counts[seat] for seat in shape.open_seats]
    assert sum(held) == sum(taken.values())
    assert max(held) - min(held) <= 1
    assert all(not counts[seat] for seat in taken if seat not in shape.open_seats)
    assert all(flow.users > 0 for flow in made)


def least_moves(taken: dict[Seat, int], open_seats: tuple[Seat, ...]) -> int:
    """Try every even spread: the fewest moves any of them takes."""
    total = sum(taken.values())
    share, larger = divmod(total, len(open_seats))
    best = total
    for extra in product((0, 1), repeat=len(open_seats)):
        if sum(extra) != larger:
            continue
        shares = {seat: share + one for seat, one in zip(open_seats, extra, strict=True)}
        best = min(best, sum(max(0, n - shares.get(seat, 0)) for seat, n in taken.items()))
    return best


@given(COUNTS, st.integers(1, 3), st.integers(1, 2))
def test_no_other_way_takes_fewer_moves(taken: dict[Seat, int], pods: int, instances: int) -> None:
    everywhere = seats(pods=pods, instances=instances)
    made = flows(taken, everywhere)
    assert sum(flow.users for flow in made) == least_moves(taken, everywhere)


def test_a_new_pod_takes_its_share_from_everyone() -> None:
    taken = dict.fromkeys(seats(pods=2, instances=2), 6)
    made = flows(taken, seats(pods=3, instances=2))
    assert sum(flow.users for flow in made) == 8
    assert {flow.target.pod for flow in made} == {3}


def test_an_even_fleet_stays_as_it_is() -> None:
    taken = {Seat(1, 1): 2, Seat(1, 2): 3}
    assert flows(taken, seats(pods=1, instances=2)) == ()


@given(COUNTS)
def test_as_many_users_move_as_flow(taken: dict[Seat, int]) -> None:
    seated = {(seat, number): seat for seat, n in taken.items() for number in range(n)}
    made = flows(taken, seats(pods=2, instances=2))
    chosen = moves(seated, made)
    assert Counter((seated[user], to) for user, to in chosen.items()) == Counter(
        {(flow.source, flow.target): flow.users for flow in made}
    )


@pytest.mark.parametrize(("newcomers", "seated"), [(0, 0), (5, 5), (9, 6)])
def test_newcomers_beyond_the_last_seat_stay_unseated(newcomers: int, seated: int) -> None:
    placed = place(newcomers, {}, seats(pods=1, instances=2), users_max=3)
    assert len(placed) == seated


def test_drained_pods_hold_nobody() -> None:
    shape = Shape(2, 2, 5, frozenset({2}))
    assert shape.open_seats == (Seat(1, 1), Seat(1, 2))
    assert shape.capacity == 10
