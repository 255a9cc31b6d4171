"""Switches: the strictest wins, and what each bars (R38)."""

from itertools import permutations

import pytest

from botfleet.domain.bots.safeguards import Mode, bars, strictest
from botfleet.domain.orders.order import Effect


def test_the_strictest_wins_in_any_order() -> None:
    for order in permutations(Mode):
        assert strictest(order) is Mode.HALTED
    assert strictest([Mode.REDUCING, Mode.ACTIVE]) is Mode.REDUCING
    assert strictest([]) is Mode.ACTIVE


@pytest.mark.parametrize(
    ("mode", "opens", "closes"),
    [(Mode.ACTIVE, False, False), (Mode.REDUCING, True, False), (Mode.HALTED, True, True)],
)
def test_what_a_mode_bars(mode: Mode, opens: bool, closes: bool) -> None:  # noqa: FBT001
    assert (bars(mode, Effect.OPEN), bars(mode, Effect.CLOSE)) == (opens, closes)
