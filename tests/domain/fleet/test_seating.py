from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.fleet.seating import Seat, place, seats


def test_newcomers_sit_where_fewest_are() -> None:
    taken = {Seat(1, 1): 2, Seat(1, 2): 0}
    placed = place(3, taken, seats(pods=1, instances=2), users_max=10)
    assert placed == [Seat(1, 2), Seat(1, 2), Seat(1, 1)]


def test_a_full_fleet_seats_nobody_more() -> None:
    assert place(3, {}, seats(pods=1, instances=2), users_max=1) == [Seat(1, 1), Seat(1, 2)]


@given(st.integers(0, 60), st.integers(1, 4), st.integers(1, 4), st.integers(1, 10))
def test_nobody_sits_beyond_the_bound_and_the_load_is_even(
    users: int, pods: int, instances: int, most: int
) -> None:
    placed = place(users, {}, seats(pods=pods, instances=instances), users_max=most)
    counts = [placed.count(seat) for seat in seats(pods=pods, instances=instances)]
    assert len(placed) == min(users, pods * instances * most)
    assert max(counts) <= most
    assert max(counts) - min(counts) <= 1
