"""How a bot stands: what it may take, and what it is worth."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest

from botfleet.domain.bots.bot import Limits
from botfleet.domain.bots.state import BotState
from botfleet.domain.eastern import instant
from botfleet.domain.ids import AccountId, BotId, UserId, derive
from botfleet.domain.money import dollars
from botfleet.domain.positions.position import PositionState
from botfleet.domain.trees.memory import Change, Mark, Verb, of_position
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


def test_later_rounds_of_a_batch_see_what_was_drawn_and_what_is_opening() -> None:
    """Twice 450 dollars, on a day that is new to the pool."""
    opening = replace(position(), state=PositionState.OPENING)
    before = standing(day=date(2026, 11, 17), day_n=3)
    once = before.after_draw(45_000, TODAY, (opening,))
    twice = once.after_draw(45_000, TODAY)
    assert (twice.pending, twice.holding_n) == (90_000, 2)
    assert (twice.opened_on(TODAY), twice.available) == (2, 910_000)
    assert (once.positions, once.committed) == ((opening,), 0)


def test_of_two_positions_the_one_that_is_meant_is_closing_or_tagged() -> None:
    one, other = position(), position(2)
    both = standing(positions=(one, other))
    closing = both.after_close(other.position_id).positions
    assert [held.state for held in closing] == [PositionState.OPEN, PositionState.CLOSING]
    tag = Change(Mark.TAG, of_position(one.position_id), Verb.TAG, ("late",))
    assert [held.tags for held in both.after_tagging(tag).positions] == [("late",), ()]


@pytest.mark.parametrize(
    ("may", "today", "leaves"),
    [(True, TODAY, True), (False, TODAY, False), (False, date(2026, 11, 19), True)],
)
def test_where_day_trading_is_blocked_nothing_is_left_on_its_first_day(
    *, may: bool, today: date, leaves: bool
) -> None:
    held = replace(position(), opened_at=instant(TODAY, time(15, 59)))
    assert standing(may_day_trade=may).may_leave(held, today) is leaves


def test_symbols_are_of_their_own_day() -> None:
    used = standing(symbols=("SPY", "QQQ"), symbols_day=TODAY)
    assert used.symbols_on(TODAY) == ("SPY", "QQQ")
    assert used.symbols_on(date(2026, 11, 19)) == ()


def test_an_account_that_cannot_be_traded_on_bars_what_no_limit_does() -> None:
    assert standing(barred="recovering").book(TODAY).refusal == "recovering"
    assert standing(barred="recovering", holding_n=3).book(TODAY).refusal == "open_positions"
    assert standing().book(TODAY).refusal == ""
