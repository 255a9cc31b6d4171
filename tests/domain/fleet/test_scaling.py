"""How large a fleet should be: by seats, by lag, within bounds, and without swinging."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.fleet.scaling import Load, Targets, wanted
from botfleet.domain.fleet.seating import Shape

SHAPE = Shape(pods=4, instances=2, users_per_instance=10)
TARGETS = Targets(fill=0.8, lag_ms=1_000, pods_min=1, pods_max=9)


@pytest.mark.parametrize(
    ("users", "lag_ms", "pods"),
    [
        (64, 500.0, 4),  # 64 of 80 seats: just full enough
        (65, 500.0, 5),  # one more user than four fifths
        (10, 500.0, 4),  # far too large, but not calm enough to shrink
        (10, 100.0, 1),  # calm: as few as the users need
        (10, None, 1),  # nothing was late, for nothing was due
        (64, 1_500.0, 6),  # half as late again: half as many again
        (64, 90_000.0, 8),  # at most twice as many at once
        (400, 90_000.0, 9),  # never more than allowed
    ],
)
def test_worked_examples(users: int, lag_ms: float | None, pods: int) -> None:
    assert wanted(SHAPE, Load(users, lag_ms), TARGETS).pods == pods


def test_drained_pods_stand_besides() -> None:
    drained = Shape(5, 2, 10, frozenset({2}))
    assert wanted(drained, Load(64, 500.0), TARGETS).pods == 5


@given(st.integers(0, 500), st.floats(0, 1e6), st.integers(1, 9))
def test_what_is_wanted_is_wanted_again(users: int, lag_ms: float, pods: int) -> None:
    """In calm a fleet settles in one step."""
    calm = Load(users, min(lag_ms, 249.0))
    once = wanted(Shape(pods, 2, 10), calm, TARGETS)
    assert wanted(once, calm, TARGETS) == once
    assert TARGETS.pods_min <= once.pods <= TARGETS.pods_max
