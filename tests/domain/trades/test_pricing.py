from datetime import UTC, date, datetime

import numpy as np
import pytest
import QuantLib
import vollib.black_scholes_merton as merton
import vollib.black_scholes_merton.greeks.analytical as merton_greeks
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.trades.pricing import (
    Floats,
    Terms,
    bounds,
    greeks,
    implied_volatility,
    normal_cdf,
    price,
    years_to_expiration,
)

RATE, YIELD = 0.043, 0.013
GRID = [
    (is_call, spot, strike, years, volatility)
    for is_call in (True, False)
    for spot in (17.5, 100.0, 748.4)
    for strike in (0.7 * spot, 0.97 * spot, spot, 1.04 * spot, 1.6 * spot)
    for years in (1 / 365 / 6, 7 / 365, 0.25, 2.0)
    for volatility in (0.08, 0.2, 0.45, 1.3)
]


def terms_of(grid: list[tuple[bool, float, float, float, float]]) -> tuple[Terms, Floats]:
    is_call = np.array([row[0] for row in grid])
    spot, strike, years, volatility = np.array([row[1:] for row in grid]).T
    return Terms(is_call, spot, strike, years, RATE, YIELD), volatility


def test_the_normal_distribution_agrees_with_quantlib() -> None:
    reference = QuantLib.CumulativeNormalDistribution()
    x = np.linspace(-8, 8, 401)
    assert normal_cdf(x) == pytest.approx([reference(v) for v in x], abs=1e-15, rel=1e-12)


def test_prices_and_greeks_agree_with_quantlib() -> None:
    terms, volatility = terms_of(GRID)
    ours = greeks(terms, volatility)
    for row, (is_call, spot, strike, years, sigma) in enumerate(GRID):
        forward, discount = spot * np.exp((RATE - YIELD) * years), np.exp(-RATE * years)
        right = QuantLib.Option.Call if is_call else QuantLib.Option.Put
        reference = QuantLib.BlackCalculator(
            QuantLib.PlainVanillaPayoff(right, strike), forward, sigma * years**0.5, discount
        )
        expected = (
            reference.value(),
            reference.delta(spot),
            reference.gamma(spot),
            reference.theta(spot, years) / 365,
            reference.vega(years),
            reference.rho(years),
        )
        given = (ours.price, ours.delta, ours.gamma, ours.theta, ours.vega, ours.rho)
        assert [float(column[row]) for column in given] == pytest.approx(
            expected, rel=1e-11, abs=1e-11
        ), GRID[row]


def test_prices_and_greeks_agree_with_vollib() -> None:
    """vollib states vega and rho for one point (0.01)."""
    terms, volatility = terms_of(GRID)
    ours = greeks(terms, volatility)
    for row, (is_call, spot, strike, years, sigma) in enumerate(GRID):
        flag, inputs = "c" if is_call else "p", (spot, strike, years, RATE, sigma, YIELD)
        assert ours.price[row] == pytest.approx(
            merton.black_scholes_merton(flag, *inputs), rel=1e-10, abs=1e-10
        )
        assert ours.delta[row] == pytest.approx(merton_greeks.delta(flag, *inputs), abs=1e-10)
        assert ours.theta[row] == pytest.approx(merton_greeks.theta(flag, *inputs), abs=1e-9)
        assert ours.vega[row] / 100 == pytest.approx(merton_greeks.vega(flag, *inputs), abs=1e-10)
        assert ours.rho[row] / 100 == pytest.approx(merton_greeks.rho(flag, *inputs), abs=1e-10)


def test_a_published_example_comes_out() -> None:
    """Hull, example 15.6: S 42, K 40, r 10 %, sigma 20 %, six months: call 4.76, put 0.81."""
    both = Terms(np.array([True, False]), 42.0, 40.0, 0.5, 0.10)
    assert price(both, 0.20).round(2).tolist() == [4.76, 0.81]


options = st.tuples(
    st.booleans(),
    st.floats(5, 2000),
    st.floats(-0.5, 0.5).map(lambda x: float(np.exp(x))),
    st.floats(1 / 365 / 24, 3),
    st.floats(0.03, 2.5),
)


@given(options, st.floats(-0.01, 0.1), st.floats(0, 0.08))
def test_put_call_parity_holds(
    option: tuple[bool, float, float, float, float], rate: float, dividend_yield: float
) -> None:
    """C - P = S exp(-qT) - K exp(-rT), whatever the volatility."""
    _, spot, ratio, years, volatility = option
    strike = spot * ratio
    both = Terms(np.array([True, False]), spot, strike, years, rate, dividend_yield)
    call, put = price(both, volatility)
    forward = spot * np.exp(-dividend_yield * years) - strike * np.exp(-rate * years)
    assert call - put == pytest.approx(forward, abs=1e-11 * spot)


@given(options)
def test_the_implied_volatility_gives_the_price_back(
    option: tuple[bool, float, float, float, float],
) -> None:
    """Prices invert to a volatility that reprices them to 1e-12 of the spot."""
    is_call, spot, ratio, years, volatility = option
    terms = Terms(np.array([is_call]), spot, spot * ratio, years, RATE, YIELD)
    quoted = price(terms, volatility)
    lower, upper = bounds(terms)
    found = implied_volatility(terms, quoted)
    if not lower[0] < quoted[0] < upper[0]:
        assert np.isnan(found[0])
        return
    assert price(terms, found)[0] == pytest.approx(quoted[0], abs=1e-12 * spot)


def test_the_implied_volatility_is_exact_wherever_the_price_depends_on_it() -> None:
    terms, volatility = terms_of(GRID)
    at_risk = greeks(terms, volatility)
    depends = at_risk.vega > 1e-3 * np.asarray(terms.spot)
    found = implied_volatility(terms, at_risk.price)
    assert depends.sum() > 200
    assert found[depends] == pytest.approx(volatility[depends], rel=1e-10)


def test_a_tiny_price_far_from_the_money_still_inverts() -> None:
    terms = Terms(np.array([True, False]), 100.0, np.array([160.0, 50.0]), 0.08, RATE)
    quoted = price(terms, 0.22)
    assert (quoted < 1e-12).all()
    assert implied_volatility(terms, quoted) == pytest.approx([0.22, 0.22], rel=1e-6)


def test_a_price_outside_the_bounds_has_no_volatility() -> None:
    """In order: below the lower bound, at it, at the upper bound, not quoted, expired, sound."""
    terms = Terms(np.full(6, fill_value=True), 100.0, 90.0, np.array([0.1, 0.1, 0.1, 0.1, 0, 0.1]))
    prices = np.array([9.0, 10.0, 100.0, np.nan, 12.0, 11.0])
    assert np.isnan(implied_volatility(terms, prices)).tolist() == [True] * 5 + [False]


def test_an_expired_option_is_worth_what_it_pays() -> None:
    terms = Terms(np.array([True, True, False, False]), np.array([90.0, 110, 90, 110]), 100.0, 0.0)
    final = greeks(terms, 0.3)
    assert final.price.tolist() == [0, 10, 10, 0]
    assert final.delta.tolist() == [0, 1, -1, 0]
    assert not np.any([final.gamma, final.theta, final.vega, final.rho])


def test_expiration_is_at_the_close_of_its_session() -> None:
    """24 December 2015 closes at 13:00 Eastern, 18:00 UTC; a Saturday counts to 16:00 Eastern."""
    hour = 1 / 365 / 24
    at = datetime(2015, 12, 24, 16, 0, tzinfo=UTC)
    assert years_to_expiration(at, date(2015, 12, 24)) == pytest.approx(2 * hour)
    assert years_to_expiration(at, date(2015, 12, 26)) == pytest.approx((2 * 24 + 5) * hour)
    assert years_to_expiration(at, date(2015, 12, 23)) == 0
