"""What an option is worth: Black, Scholes and Merton's closed form, for many options at once.

Every argument is an array with one row an option, or a scalar that stands for every row. Rates,
yields and volatilities are per year and continuous (0.25 is 25 %), `years` are 365 days. Exercise
is European; on American quotes the implied volatility carries the worth of early exercise, unless
another of `models` is chosen.

Source: Hull, Options, Futures and Other Derivatives, ch. 17 and 19. The implied volatility is
solved in normalised form (Jäckel, By Implication, 2006).
"""

import math
from dataclasses import dataclass
from datetime import date, datetime, time

import numpy as np
from numpy.typing import NDArray

from botfleet.domain.eastern import instant
from botfleet.domain.market.calendar import session_on

Floats = NDArray[np.float64]
Rows = Floats | float

DAYS_A_YEAR = 365.0
_YEAR_S = DAYS_A_YEAR * 86_400
_REGULAR_CLOSE = time(16)
_SQRT_2, _SQRT_2PI = math.sqrt(2), math.sqrt(2 * math.pi)
#: Below this standard deviation of the log price an option is worth what it would pay at once.
_DEVIATION_MIN = 1e-12
_EPSILON = float(np.finfo(np.float64).eps)
_STEPS_MAX, _PRECISION = 64, 1e-14


@dataclass(frozen=True, slots=True)
class Terms:
    """What does not depend on volatility. `years` >= 0; `spot` and `strike` above zero."""

    is_call: NDArray[np.bool_] | bool
    spot: Rows
    strike: Rows
    years: Rows
    rate: Rows = 0.0
    dividend_yield: Rows = 0.0


@dataclass(frozen=True, slots=True)
class Greeks:
    """A share's worth and its sensitivities.

    `delta` and `gamma` per dollar of the underlying, `theta` a calendar day, `vega` for 1.00 of
    volatility (100 points), `rho` for 1.00 of the rate. An expired option has no gamma, theta,
    vega or rho; its delta is 0 or 1 (a half at the strike).
    """

    price: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    rho: Floats


@dataclass(frozen=True, slots=True)
class _Parts:
    """What price and greeks have in common; `side` is 1 for calls and -1 for puts."""

    side: Floats
    d1: Floats
    d2: Floats
    spot: Floats
    strike: Floats


def normal_cdf(x: Floats) -> Floats:
    """Give the standard normal distribution function, to the last digit.

    The C library's erfc, row by row: exact in the tails, and up to some thousands of rows faster
    than a rational approximation in numpy.
    """
    scaled = np.asarray(x, dtype=np.float64) / -_SQRT_2
    halves = [0.5 * erfc for erfc in map(math.erfc, scaled.ravel().tolist())]
    return np.array(halves).reshape(scaled.shape)


def years_to_expiration(at: datetime, expires_on: date) -> float:
    """Give the years from `at` to the close of the expiration's session; 0 when it is past.

    A date without a session counts to 16:00 Eastern.

    Raises:
        BadInput: the date lies beyond the exchange calendar.
    """
    session = session_on(expires_on)
    ends_at = session.closes_at if session else instant(expires_on, _REGULAR_CLOSE)
    return max((ends_at - at).total_seconds(), 0.0) / _YEAR_S


def price(terms: Terms, volatility: Rows) -> Floats:
    """Give the worth of a share; what it would pay at once where no time or volatility is left."""
    return _worth(_parts(terms, _deviation(terms, volatility)))


def greeks(terms: Terms, volatility: Rows) -> Greeks:
    """Give worth and sensitivities in one pass."""
    deviation = _deviation(terms, volatility)
    parts = _parts(terms, deviation)
    is_live = deviation > _DEVIATION_MIN
    density = np.exp(parts.d1**2 / -2) / _SQRT_2PI * is_live
    held = parts.side * normal_cdf(parts.side * parts.d1)
    owed = parts.side * normal_cdf(parts.side * parts.d2) * parts.strike
    root = np.sqrt(np.maximum(terms.years, _DEVIATION_MIN))
    decay = parts.spot * density * volatility / (2 * root)
    carry = (terms.dividend_yield * parts.spot * held - terms.rate * owed) * is_live
    return Greeks(
        price=parts.spot * held - owed,
        delta=held * parts.spot / terms.spot,
        gamma=density * parts.spot / (np.square(terms.spot) * deviation),
        theta=(carry - decay) / DAYS_A_YEAR,
        vega=parts.spot * density * root,
        rho=owed * terms.years * is_live,
    )


def bounds(terms: Terms) -> tuple[Floats, Floats]:
    """Give the prices between which, exclusive, some volatility explains a price."""
    parts = _parts(terms, 1.0)
    lower = np.maximum(parts.side * (parts.spot - parts.strike), 0.0)
    upper = np.where(parts.side > 0, parts.spot, parts.strike)
    return lower, np.broadcast_to(upper, lower.shape)


def implied_volatility(terms: Terms, price: Rows) -> Floats:
    """Give the volatility at which `price` above would give this price.

    NaN where there is none: the price is not above the lower or not below the upper of `bounds`
    (a stale or crossed quote), it is NaN, or the option has expired.
    """
    lower, upper = bounds(terms)
    years = np.broadcast_to(np.asarray(terms.years, dtype=np.float64), lower.shape)
    with np.errstate(invalid="ignore"):
        has_answer = (price > lower) & (price < upper) & (years > 0)
    parts = _parts(terms, 1.0)
    scale = np.sqrt(parts.spot * parts.strike)
    moneyness = np.broadcast_to(np.abs(np.log(parts.spot / parts.strike)), lower.shape)
    target = (np.broadcast_to(price, lower.shape) - lower) / scale
    found = np.full(lower.shape, np.nan)
    if has_answer.any():
        deviation = _solve(moneyness[has_answer], target[has_answer])
        found[has_answer] = deviation / np.sqrt(years[has_answer])
    return found


def _deviation(terms: Terms, volatility: Rows) -> Floats:
    return np.maximum(volatility * np.sqrt(terms.years), _DEVIATION_MIN)


def _parts(terms: Terms, deviation: Rows) -> _Parts:
    """Discount both sides to today: the spot by its yield, the strike by the rate."""
    spot = terms.spot * np.exp(-np.asarray(terms.dividend_yield) * terms.years)
    strike = terms.strike * np.exp(-np.asarray(terms.rate) * terms.years)
    d1 = np.log(spot / strike) / deviation + deviation / 2
    return _Parts(np.where(terms.is_call, 1.0, -1.0), d1, d1 - deviation, spot, strike)


def _worth(parts: _Parts) -> Floats:
    held = parts.spot * normal_cdf(parts.side * parts.d1)
    owed = parts.strike * normal_cdf(parts.side * parts.d2)
    return parts.side * (held - owed)


def _solve(moneyness: Floats, target: Floats) -> Floats:
    """Find the standard deviation at which an option out of the money by `moneyness` is `target`.

    Both normalised by the geometric mean of spot and strike. Newton's steps start at the point of
    inflection: above it on the price, below it on its logarithm against 1 / deviation², where each
    is nearly straight; a step that leaves the bracket is replaced by halving it.
    """
    start = np.maximum(np.sqrt(2 * moneyness), 1e-9)
    is_low = target < _normalised(moneyness, start)[0]
    low, high = np.where(is_low, 0.0, start / 2), np.where(is_low, start, np.inf)
    guess = start
    for _ in range(_STEPS_MAX):
        worth, slope, noise = _normalised(moneyness, guess)
        low, high = np.where(worth < target, guess, low), np.where(worth > target, guess, high)
        step = _newton(guess, worth, slope, target, is_low)
        is_inside = (step > low) & (step < high)
        halved = np.where(np.isinf(high), 2 * guess, (low + high) / 2)
        is_there = (np.abs(worth - target) <= noise) | (np.abs(step - guess) <= _PRECISION * guess)
        following = np.where(is_there, guess, np.where(is_inside, step, halved))
        if is_there.all():
            break
        guess = following
    return guess


def _normalised(moneyness: Floats, deviation: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the normalised price, its slope in `deviation`, and what rounding may have cost it."""
    centre, half = -moneyness / deviation, deviation / 2
    held = np.exp(moneyness / -2) * normal_cdf(centre + half)
    owed = np.exp(moneyness / 2) * normal_cdf(centre - half)
    slope = np.exp((centre**2 + half**2) / -2) / _SQRT_2PI
    return held - owed, slope, _EPSILON * (2 + centre**2) * held


def _newton(
    guess: Floats, worth: Floats, slope: Floats, target: Floats, is_low: NDArray[np.bool_]
) -> Floats:
    with np.errstate(all="ignore"):
        straight = guess + (target - worth) / slope
        by_log = guess**-2 + 2 * worth * np.log(worth / target) / (slope * guess**3)
        return np.where(is_low, 1 / np.sqrt(by_log), straight)
