"""How nervous the simulated market is: every symbol's implied volatility wanders about its sketch.

A mood is a factor around 1, a path like a price's that moves against the market's days. Its whole
weight lies on near expirations and wears off with time, so a calm market's term structure rises and
a nervous one's falls. Indices show what the options on SPY imply, as the Cboe's VIX does.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from botfleet.adapters.market.paths import Path, close_on, walk_session
from botfleet.adapters.market.sketches import SKETCHES, SymbolSketch
from botfleet.adapters.market.surface import (
    expirations_from,
    level,
    log_moneyness,
    strikes_around,
    volatilities,
)
from botfleet.domain.market.calendar import Session, previous_session
from botfleet.domain.market.instruments import Kind
from botfleet.domain.trades.expectations import around_a_month, at_the_money, over_a_month
from botfleet.domain.trades.pricing import DAYS_A_YEAR, years_to_expiration

Floats = NDArray[np.float64]

#: Days each index looks ahead, on the options of `INDEXED`.
INDICES: Mapping[str, int] = MappingProxyType(
    {"VIX1D": 1, "VIX9D": 9, "VIX": 30, "VIX3M": 93, "VIX6M": 184}
)
INDEXED = "SPY"
#: What an index looks like to whoever asks for a quote of it; nobody trades it.
INDEX = SymbolSketch(0.0, 0.0, 0.0, 0.0, shares_a_day=0, kind=Kind.INDEX)
_MOOD = SymbolSketch(1.0, 0.4, 0.0, -0.6, shares_a_day=0)


def walk_mood(seed: int, symbol: str, session: Session) -> Path:
    """Walk the mood of a symbol's options through a session."""
    return walk_session(seed, _named(symbol), _MOOD, session)


def walk_index(seed: int, index: str, session: Session) -> Path:
    """Walk an index of volatility, in points, through a session."""
    mood, sketch, years = walk_mood(seed, INDEXED, session), SKETCHES[INDEXED], _years(index)

    def points(moods: Floats) -> Floats:
        return 100 * level(sketch, years, moods)

    return replace(
        mood,
        previous_close=float(points(np.array(mood.previous_close))),
        prices=points(mood.prices),
        highs=points(mood.highs),
        lows=points(mood.lows),
        volumes=np.zeros_like(mood.volumes),
    )


@lru_cache(maxsize=32_768)
def month_at_close(seed: int, symbol: str, sketch: SymbolSketch, session: Session) -> float | None:
    """Give the volatility at the money over 30 days that the session's last chains show."""
    day = session.day
    spot = close_on(seed, symbol, sketch, day)
    mood = close_on(seed, _named(symbol), _MOOD, day)
    strikes = _around(spot, strikes_around(close_on(seed, symbol, sketch, _before(day))))
    points = []
    for on in around_a_month(day, expirations_from(day, has_dailies=sketch.has_dailies)):
        years = years_to_expiration(session.closes_at, on)
        sigma = volatilities(sketch, log_moneyness(sketch, strikes, spot, years), years, mood)
        known = dict(zip(strikes.tolist(), sigma.tolist(), strict=True))
        if (found := at_the_money(round(spot, 2), known)) is not None:
            points.append(((on - day).days, found))
    return over_a_month(points)


def _around(spot: float, strikes: Floats) -> Floats:
    at = int(np.searchsorted(strikes, round(spot, 2), side="right"))
    return strikes[max(at - 1, 0) : at + 1]


def _before(day: date) -> date:
    return previous_session(day).day


def _named(symbol: str) -> str:
    return f"{symbol}~"


def _years(index: str) -> float:
    return INDICES[index] / DAYS_A_YEAR
