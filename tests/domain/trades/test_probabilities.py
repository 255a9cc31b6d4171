"""Chances and expectations: the golden formulas of recipes 2.8, and what must hold of any price."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.trades.probabilities import Outlook, odds
from botfleet.domain.trades.structures import Structure

S = Structure
spots = st.floats(5, 1_000)
volatilities = st.floats(0.05, 1.5)
times = st.floats(1 / 365, 2)
outlooks = st.builds(Outlook, spots, volatilities, times, st.floats(0, 0.08))
levels = st.floats(1, 2_000)


@given(outlooks, levels, levels)
def test_chances_rise_with_the_level_and_sum_to_one(one: Outlook, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 0 <= one.below(low) <= one.below(high) <= 1
    assert one.between(low, high) == pytest.approx(one.below(high) - one.below(low))
    assert one.below(low) + one.between(low, high) + one.above(high) == pytest.approx(1)


@given(outlooks, levels)
def test_touching_is_at_least_as_likely_as_ending_beyond(one: Outlook, level: float) -> None:
    beyond = one.above(level) if level > one.spot else one.below(level)
    assert beyond - 1e-12 <= one.touches(level) <= 1


def test_a_price_without_time_or_volatility_is_certain() -> None:
    still = Outlook(100, 0.3, 0)
    assert (still.below(99.99), still.below(100.01)) == (0, 1)
    assert (still.below(0), still.touches(100)) == (0, 1)


def test_a_short_put_spread_profits_above_its_breakeven() -> None:
    """P(profit) = P(S > breakeven), P(max loss) = P(S < long put), P(ITM) = P(S < short put)."""
    one = Outlook(100, 0.25, 30 / 365, 0.04)
    found = odds(S.SHORT_PUT_SPREAD, (93.0, 95.0), -0.5, one, 150)
    assert found.profit == pytest.approx(one.above(94.5))
    assert found.max_profit == pytest.approx(one.above(95))
    assert found.max_loss == pytest.approx(one.below(93))
    assert found.in_the_money == pytest.approx(one.below(95))
    assert found.alpha == pytest.approx(found.expected_value / 150)


def test_a_condor_profits_between_its_breakevens() -> None:
    one = Outlook(100, 0.25, 30 / 365, 0.04)
    found = odds(S.IRON_CONDOR, (88.0, 90.0, 110.0, 112.0), -0.7, one, 130)
    assert found.profit == pytest.approx(one.between(89.3, 110.7))
    assert found.max_profit == pytest.approx(one.between(90, 110))
    assert found.max_loss == pytest.approx(one.below(88) + one.above(112))
    assert found.in_the_money == pytest.approx(one.below(90) + one.above(110))


def test_a_bought_option_has_no_best_end_and_its_worst_is_out_of_the_money() -> None:
    one = Outlook(100, 0.25, 30 / 365)
    call = odds(S.LONG_CALL, (105.0,), 1.2, one, 120)
    assert call.max_profit == 0
    assert call.max_loss == pytest.approx(one.below(105))
    assert call.profit == pytest.approx(one.above(106.2))


@given(outlooks, st.floats(0.5, 0.99), st.floats(0.01, 0.4))
def test_a_bought_and_a_sold_spread_are_each_others_mirror(
    one: Outlook, ratio: float, paid: float
) -> None:
    """The put spread's gain is the width less the call spread's payoff: their values agree."""
    low, high = one.spot * ratio, one.spot * (ratio + 0.1)
    width = high - low
    sold = odds(S.SHORT_PUT_SPREAD, (low, high), -paid * width, one, 100)
    bought = odds(S.LONG_CALL_SPREAD, (low, high), width - paid * width, one, 100)
    assert sold.expected_value == pytest.approx(bought.expected_value, abs=1e-6 * one.spot)
    assert sold.profit == pytest.approx(bought.profit, abs=1e-9)
    assert sold.max_loss == pytest.approx(bought.max_loss, abs=1e-9)


@given(outlooks)
def test_the_prices_of_the_sum_have_the_mean_of_the_forward(one: Outlook) -> None:
    mean = sum(price * weight for price, weight in one.prices())
    assert math.isclose(mean, one.spot * math.exp(one.rate * one.years), rel_tol=5e-3)
