"""What options the simulated market lists, and the implied volatility of each.

Fridays for eight weeks, third Fridays for half a year, and for some ETFs every session of the next
two weeks; a Friday without a session gives way to the session before. Strikes lie within 20 % of
the previous close. What is listed once stays listed until it expires.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from botfleet.adapters.market.sketches import SymbolSketch
from botfleet.domain.market.calendar import previous_session, session_on
from botfleet.domain.market.instruments import Option, Right

Floats = NDArray[np.float64]
Rows = Floats | float

#: The rate every option is priced at.
RATE = 0.04
_FRIDAY = 4
_WEEKLY_COUNT, _DAILY_COUNT, _MONTHLY_DAYS = 8, 10, 185
_THIRD_WEEK = range(15, 22)
_REACH, _FINE_REACH = 0.20, 0.03
#: (up to this price, the step of the strikes near the money and further out).
_STEPS = ((60.0, 0.5, 0.5), (150.0, 1.0, 1.0), (400.0, 2.5, 2.5), (np.inf, 1.0, 5.0))
_PLACE_MAX, _HOUR = 5.0, 1 / 365 / 24


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """One expiration as listed on a day: the calls by rising strike, then the puts."""

    options: tuple[Option, ...]
    is_call: NDArray[np.bool_]
    strikes: Floats

    @property
    def call_count(self) -> int:
        """How many rows are calls."""
        return len(self.options) // 2


@lru_cache(maxsize=512)
def expirations_from(day: date, *, has_dailies: bool) -> tuple[date, ...]:
    """List the expirations not past on `day`, rising."""
    friday = day + timedelta((_FRIDAY - day.weekday()) % 7)
    fridays = [friday + timedelta(7 * week) for week in range(_MONTHLY_DAYS // 7)]
    wanted = [on for n, on in enumerate(fridays) if n < _WEEKLY_COUNT or on.day in _THIRD_WEEK]
    listed = {_session_day(on) for on in wanted}
    if has_dailies:
        listed |= set(_sessions_from(day))
    return tuple(sorted(on for on in listed if on >= day))


def list_strikes(symbol: str, expires_on: date, around: float) -> Listing:
    """List the strikes around a price, both rights."""
    strikes = strikes_around(around)
    prices = [Decimal(str(strike)) for strike in strikes.tolist()]
    options = tuple(
        Option(symbol, expires_on, right, price)
        for right in (Right.CALL, Right.PUT)
        for price in prices
    )
    is_call = np.repeat([True, False], len(prices))
    return Listing(options, is_call, np.tile(strikes, 2))


def log_moneyness(sketch: SymbolSketch, strikes: Floats, spot: Rows, years: Rows) -> Floats:
    """Give log(strike / forward)."""
    logs: Floats = np.log(strikes / spot) - (RATE - sketch.dividend_yield) * years
    return logs


def level(sketch: SymbolSketch, years: Rows, mood: Rows) -> Floats:
    """Give the volatility at the money; a mood (1 is usual) tells less of later expirations."""
    found: Floats = (
        sketch.volatility * (1.05 + 0.10 * np.exp(-12 * years)) * mood ** np.exp(-2 * years)
    )
    return found


def volatilities(sketch: SymbolSketch, moneyness: Floats, years: Rows, mood: Rows = 1.0) -> Floats:
    """Bend the volatility over log(strike / forward), in standard deviations: a skewed smile."""
    middle = level(sketch, years, mood)
    place = np.clip(
        moneyness / (middle * np.sqrt(np.maximum(years, _HOUR))), -_PLACE_MAX, _PLACE_MAX
    )
    bent: Floats = middle * (1 + sketch.skew * place + sketch.smile * place**2)
    return bent


def _session_day(day: date) -> date:
    return day if session_on(day) else previous_session(day).day


def _sessions_from(day: date) -> list[date]:
    """Give the next ten sessions, `day` included."""
    ahead = (day + timedelta(n) for n in range(2 * _DAILY_COUNT))
    return [on for on in ahead if session_on(on)][:_DAILY_COUNT]


def strikes_around(around: float) -> Floats:
    """Give the strikes listed around a price, rising."""
    fine, coarse = next((fine, coarse) for limit, fine, coarse in _STEPS if around < limit)
    strikes: Floats = np.union1d(_grid(around, _FINE_REACH, fine), _grid(around, _REACH, coarse))
    return strikes


def _grid(around: float, reach: float, step: float) -> Floats:
    first, last = np.ceil(around * (1 - reach) / step), np.floor(around * (1 + reach) / step)
    grid: Floats = np.arange(first, last + 1) * step
    return grid
