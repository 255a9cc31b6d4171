"""What a symbol's history and its options say about how much it moves.

Volatilities are per year, as fractions (0.25 is 25 %). Historical volatility is the sample standard
deviation of the last 30 daily log returns times the root of 252 (Hull, ch. 15.4).
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from botfleet.domain.market.instruments import Kind

SESSIONS_A_YEAR = 252
#: How many days of implied volatility a rank needs, and looks at.
RANK_MIN, RANK_DAYS = 20, 252
#: A rank looks back a year from the newest value, which may itself be so old and no older.
_YEAR, _FRESH = timedelta(days=365), timedelta(days=7)
#: Why a rank may not be known.
RANK_UNKNOWN = (
    f"needs implied volatilities of {RANK_MIN} sessions and a newest of the last {_FRESH.days} days"
)
_RETURNS = 30


class DailyVolatility(NamedTuple):
    """What a session's last options implied at the money over 30 days, a year."""

    day: date
    value: float


@dataclass(frozen=True, slots=True)
class SymbolStats:
    """A symbol's numbers; None is not known (too few bars, no options, no history yet).

    `sd30` is the 30-day historical volatility a year, `daily_sd` the same a session; `iv30` the
    volatility implied at the money in 30 days; `iv_rank` its place, 0 to 100, between the least
    and the most of a year. `nvrp` is the variance risk premium over realised variance,
    (iv30² - sd30²) / sd30²; `volatility_ratio` is iv30 / sd30. `volumes` are shares of the last
    sessions before today, oldest first.
    """

    symbol: str
    kind: Kind | None = None
    sd30: float | None = None
    daily_sd: float | None = None
    iv30: float | None = None
    iv_rank: float | None = None
    volumes: tuple[int, ...] = ()

    @property
    def nvrp(self) -> float | None:
        """The normalised variance risk premium."""
        ratio = self.volatility_ratio
        return None if ratio is None else ratio**2 - 1

    @property
    def volatility_ratio(self) -> float | None:
        """Implied over historical volatility."""
        return self.iv30 / self.sd30 if self.iv30 is not None and self.sd30 else None

    def average_volume(self, sessions: int) -> float | None:
        """Give the mean daily volume of the last `sessions`; None where fewer are known."""
        if not 0 < sessions <= len(self.volumes):
            return None
        return sum(self.volumes[-sessions:]) / sessions


def historical_volatility(closes: Sequence[float]) -> tuple[float, float] | None:
    """Give sd30 and the daily deviation from daily closes, oldest first; None of fewer than 31."""
    used = closes[-(_RETURNS + 1) :]
    if len(used) <= _RETURNS or min(used) <= 0:
        return None
    daily = statistics.stdev(math.log(after / before) for before, after in pairwise(used))
    return daily * math.sqrt(SESSIONS_A_YEAR), daily


def rank(now: float, history: Sequence[float]) -> float | None:
    """Give the place of `now` between the least and the most of a year and itself, 0 to 100.

    (now - low) / (high - low); None while fewer than `RANK_MIN` days are known or all are alike.
    (A percentile would count the days below instead.)
    """
    if len(history) < RANK_MIN:
        return None
    low, high = min(now, *history), max(now, *history)
    return None if low == high else (now - low) / (high - low) * 100


def rank_on(today: date, history: Sequence[DailyVolatility]) -> float | None:
    """Give the rank of the newest value of days before `today` among its year's; oldest first."""
    if not history or today - history[-1].day > _FRESH:
        return None
    newest = history[-1]
    year = [one.value for one in history[:-1] if newest.day - one.day <= _YEAR]
    return rank(newest.value, year)
