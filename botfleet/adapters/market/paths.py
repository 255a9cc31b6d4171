"""Simulated prices: a function of seed, symbol and instant, whatever was asked before.

Closes follow a mean-reverting walk over all weekdays of the calendar; inside a session a bridge
leads from the previous close, over a small gap at the open, to the session's own close, busier at
both ends. Every session has its own random stream, so any day can be asked for first.
"""

import zlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from botfleet.adapters.market.sketches import SymbolSketch
from botfleet.domain.market.calendar import Session, previous_session
from botfleet.domain.market.closures import FIRST_DAY, HORIZON

Floats = NDArray[np.float64]

STEP_S = 5
_LEVEL_DAY = date(2026, 1, 2)
_WEEKDAYS_A_YEAR = 261
#: What is left of a log distance from the trend a weekday later: half of it after 86.
_PERSISTENCE = 0.992
_GAP_SHARE = 0.4
_INSIDE_SHARE = (1 - _GAP_SHARE**2) ** 0.5
_CLOSES_STREAM, _SESSIONS_STREAM = 0, 1
_MARKET = "*"


@dataclass(frozen=True, slots=True)
class Path:
    """One session of one symbol, a row every `STEP_S` seconds from the open to the close.

    `highs` and `lows` are of the session so far, `volumes` shares so far; prices in dollars.
    """

    session: Session
    previous_close: float
    prices: Floats
    highs: Floats
    lows: Floats
    volumes: NDArray[np.int64]

    def row(self, at: datetime) -> tuple[int, float]:
        """Give the last row at `at`, kept inside the session, and the price in between rows."""
        after_s = max((at - self.session.opens_at).total_seconds(), 0.0)
        row, rest_s = divmod(after_s, STEP_S)
        last = len(self.prices) - 1
        if row >= last:
            return last, float(self.prices[last])
        low, high = self.prices[int(row)], self.prices[int(row) + 1]
        return int(row), float(low + (high - low) * rest_s / STEP_S)


def walk_session(seed: int, symbol: str, sketch: SymbolSketch, session: Session) -> Path:
    """Walk one session from the previous close to its own."""
    before = _log_close(seed, symbol, sketch, previous_session(session.day).day)
    after = _log_close(seed, symbol, sketch, session.day)
    count = int((session.closes_at - session.opens_at).total_seconds()) // STEP_S
    rng = _stream(seed, symbol, _SESSIONS_STREAM, session.day.toordinal())
    daily = sketch.volatility / _WEEKDAYS_A_YEAR**0.5
    gap, shares = daily * _GAP_SHARE * rng.standard_normal(), rng.standard_normal()
    weights, elapsed = _busyness(count)
    noise = np.concatenate(([0.0], np.cumsum(weights * rng.standard_normal(count))))
    bridge = daily * _INSIDE_SHARE * (noise - elapsed * noise[-1])
    prices = np.exp(before + gap + elapsed * (after - before - gap) + bridge)
    total = sketch.shares_a_day * np.exp(0.25 * shares) * count * STEP_S / 23_400
    return Path(
        session,
        float(np.exp(before)),
        prices,
        np.maximum.accumulate(prices),
        np.minimum.accumulate(prices),
        (total * elapsed).astype(np.int64),
    )


def close_on(seed: int, symbol: str, sketch: SymbolSketch, day: date) -> float:
    """Give the price at which a session closes."""
    return float(np.exp(_log_close(seed, symbol, sketch, day)))


@lru_cache(maxsize=8)
def _busyness(count: int) -> tuple[Floats, Floats]:
    """Give each step's share of the session's deviation, and of its variance up to each row."""
    place = (np.arange(count) + 0.5) / count
    variance = 1 + 3 * (2 * place - 1) ** 2
    variance /= variance.sum()
    elapsed = np.concatenate(([0.0], np.cumsum(variance)))
    elapsed[-1] = 1.0
    return np.sqrt(variance), elapsed


def _log_close(seed: int, symbol: str, sketch: SymbolSketch, day: date) -> float:
    years = (day - _LEVEL_DAY).days / 365.25
    wandering = _distances(seed, symbol, sketch.volatility, sketch.market_share)
    return float(np.log(sketch.price)) + sketch.drift * years + float(wandering[_weekday(day)])


@lru_cache(maxsize=64)
def _distances(seed: int, symbol: str, volatility: float, market_share: float) -> Floats:
    """Give the log distance from the trend after every weekday of the calendar."""
    count = _weekday(HORIZON) + 1
    market = _stream(seed, _MARKET, _CLOSES_STREAM).standard_normal(count)
    own = _stream(seed, symbol, _CLOSES_STREAM).standard_normal(count)
    shocks = market_share * market + (1 - market_share**2) ** 0.5 * own
    shocks *= volatility / _WEEKDAYS_A_YEAR**0.5
    steps = accumulate(shocks.tolist(), lambda distance, shock: _PERSISTENCE * distance + shock)
    return np.fromiter(steps, np.float64, count)


def _weekday(day: date) -> int:
    """Count the weekdays before `day` since the calendar's first, a Monday."""
    weeks, rest = divmod((day - FIRST_DAY).days, 7)
    return weeks * 5 + min(rest, 4)


def _stream(seed: int, symbol: str, *place: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(symbol.encode()), *place])
