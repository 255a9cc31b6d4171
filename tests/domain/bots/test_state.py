"""How a bot stands: what it may take, and what it is worth."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from botfleet.domain.bots.bot import Limits
from botfleet.domain.bots.state import BotState
from botfleet.domain.ids import AccountId, BotId, UserId, derive
from botfleet.domain.money import dollars
from botfleet.domain.positions.position import PositionState
from tests.domain.trees.sample import position

TODAY = date(2026, 11, 18)


def standing(**given: object) -> BotState:
    """A bot of 10,000 dollars, three opens a day, three at once, that has done nothing."""
    named = (BotId(derive("bot")), UserId(derive("user")), AccountId(derive("account")))
    state = BotState(
        *named, "v1", Limits(dollars(10_000), 3, 3), 1, 0, 0, 0, 0, TODAY, 0, positions=()
    )
    return replace(state, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [PositionState.OPEN, PositionState.CLOSING])
def test_what_is_being_closed_is_worth_what_it_was(state: PositionState) -> None:
    """Two spreads sold at 1.00 and half of it gained: 100 dollars, until the close has filled."""
    held = replace(position(), gain=0.5, entry=Decimal(-1), quantity=2, state=state)
    assert standing(positions=(held,), gains=5_000).net_liquidation == 1_015_000


def test_what_is_opening_has_gained_nothing_yet() -> None:
    held = replace(position(), gain=0.5, state=PositionState.OPENING)
    assert standing(positions=(held,)).net_liquidation == 1_000_000


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, ""),
        ({"holding_n": 2, "day_n": 2, "committed": 999_999}, ""),
        ({"holding_n": 3}, "open_positions"),
        ({"day_n": 3}, "daily_positions"),
        ({"day_n": 3, "day": date(2026, 11, 17)}, ""),
        ({"committed": 600_000, "pending": 400_000}, "no_capital"),
        ({"committed": 1_200_000}, "no_capital"),
    ],
)
def test_a_limit_is_named_once_it_is_reached(given: dict[str, object], refusal: str) -> None:
    """R11; yesterday's opens are not today's, and an allocation cut below what is used is none."""
    assert standing(**given).refusal(TODAY) == refusal
