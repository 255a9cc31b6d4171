"""Chances of prices, and what to expect of a trade at expiration.

The underlying's price is lognormal, as in Black, Scholes and Merton: it drifts at the rate and
spreads at the annualised 30-day historical volatility (recipes 2.8). `N` is exact here; the
polynomial of Abramowitz and Stegun 26.2.17 that the recipes cite lies within 7.5e-8 of it.

A payoff is a line with bends at the strikes, so the expected value has a closed form: the sum of
payoff times probability over every cent comes to the same (tests/domain/trades).
Source: Hull, ch. 15; for touching, Shreve, Stochastic Calculus II, 7.2.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from botfleet.domain.market.instruments import Right
from botfleet.domain.trades.opportunities import Odds
from botfleet.domain.trades.structures import ON_SHARES, ROLES, WITH_SHARES, Structure

_SQRT_2 = math.sqrt(2)
#: A step of the lognormal distance is one cell of the sum for trades that keep a later leg.
_CELLS, _REACH = 600, 6.0
_LEAST = 1e-12
_LOG_MAX = 700.0
_TAIL = -30.0
Floats = Sequence[float]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the price may do: `spot` now, `volatility` and `rate` a year, over `years` (365 days).

    With no time or volatility left the price is certain: the spot carried forward by the rate.
    """

    spot: float
    volatility: float
    years: float
    rate: float = 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation of the log price."""
        return max(self.volatility * math.sqrt(max(self.years, 0.0)), _LEAST)

    def below(self, level: float) -> float:
        """Give the chance that the price ends below `level`."""
        if level <= 0:
            return 0.0
        drift = (self.rate - self.volatility**2 / 2) * self.years
        return cdf((math.log(level / self.spot) - drift) / self.deviation)

    def above(self, level: float) -> float:
        """Give the chance that the price ends above `level`."""
        return 1.0 - self.below(level)

    def between(self, low: float | None, high: float | None) -> float:
        """Give the chance that the price ends between two levels; None is no bound."""
        over = 1.0 if high is None else self.below(high)
        return max(over - (0.0 if low is None else self.below(low)), 0.0)

    def touches(self, level: float) -> float:
        """Give the chance that the price is at `level` at least once on the way."""
        if level == self.spot:
            return 1.0
        side = 1.0 if level > self.spot else -1.0
        distance = abs(math.log(level / self.spot))
        drift = side * (self.rate - self.volatility**2 / 2) * self.years
        straight = cdf((drift - distance) / self.deviation)
        power = 2 * drift * distance / self.deviation**2
        mirrored = power + _log_cdf((-drift - distance) / self.deviation)
        return min(straight + math.exp(min(mirrored, 0.0)), 1.0)

    def expects(self, right: Right, strike: float) -> float:
        """Give the mean of what an option pays at the end, not discounted."""
        forward = self.spot * math.exp(self.rate * self.years)
        side = 1.0 if right is Right.CALL else -1.0
        if strike <= 0:
            return forward if right is Right.CALL else 0.0
        d1 = math.log(forward / strike) / self.deviation + self.deviation / 2
        return side * (forward * cdf(side * d1) - strike * cdf(side * (d1 - self.deviation)))

    def prices(self) -> Iterator[tuple[float, float]]:
        """Give prices and their chances, which sum to one: the middles of equal steps of z."""
        step = 2 * _REACH / _CELLS
        drift = (self.rate - self.volatility**2 / 2) * self.years
        edges = [cdf(-_REACH + n * step) for n in range(_CELLS + 1)]
        total = edges[-1] - edges[0]
        for cell in range(_CELLS):
            z = -_REACH + (cell + 0.5) * step
            price = self.spot * math.exp(drift + self.deviation * z)
            yield price, (edges[cell + 1] - edges[cell]) / total


def cdf(x: float) -> float:
    """Give the standard normal distribution function."""
    return 0.5 * math.erfc(-x / _SQRT_2)


def _log_cdf(x: float) -> float:
    if x > _TAIL:
        return math.log(cdf(x))
    return -x * x / 2 - math.log(-x * math.sqrt(2 * math.pi))


def odds(
    structure: Structure, strikes: Floats, price: float, outlook: Outlook, max_loss: float
) -> Odds:
    """Weigh a trade of one expiration held to its end, taken on at `price` a share.

    `strikes` in the order of `ROLES`; `price` > 0 was paid, < 0 received; `max_loss` in dollars a
    unit. Shares have no end: theirs is the outlook's.
    """
    roles = ROLES[structure]
    payoff = _payoff(structure, strikes)
    worth = [
        role.ratio * outlook.expects(role.right, strike)
        for role, strike in zip(roles, strikes, strict=True)
    ]
    shares = 100 if roles else 1
    has_shares = not roles or structure in WITH_SHARES
    shares_worth = outlook.spot * math.exp(outlook.rate * outlook.years) if has_shares else 0.0
    mean = sum(worth) + shares_worth
    value = shares * (mean - price)
    knots = (0.0, *sorted(set(strikes)))
    least, most = _extremes(structure, payoff, knots)
    return Odds(
        profit=_chance(payoff, knots, price, outlook),
        max_profit=_flat(payoff, knots, most, outlook),
        max_loss=_flat(payoff, knots, least, outlook),
        in_the_money=_in_the_money(structure, strikes, outlook),
        expected_value=value,
        alpha=value / max_loss if max_loss else 0.0,
    )


def _payoff(structure: Structure, strikes: Floats) -> Callable[[float], float]:
    pairs = list(zip(ROLES[structure], strikes, strict=True))

    def at(terminal: float) -> float:
        worth = terminal if not pairs or structure in WITH_SHARES else 0.0
        for role, strike in pairs:
            beyond = terminal - strike if role.right is Right.CALL else strike - terminal
            worth += role.ratio * max(beyond, 0.0)
        return worth

    return at


def _extremes(
    structure: Structure, payoff: Callable[[float], float], knots: Floats
) -> tuple[float, float]:
    """Give the least and the most a trade can end at, out of reach where it goes on for ever."""
    ends = [payoff(at) for at in knots]
    is_rising = structure in {Structure.LONG_EQUITY, Structure.LONG_CALL}
    least = -math.inf if structure in ON_SHARES else min(ends)
    return least, math.inf if is_rising else max(ends)


def _segments(knots: Floats) -> Iterator[tuple[float, float | None]]:
    yield from pairwise(knots)
    yield knots[-1], None


def _chance(
    payoff: Callable[[float], float], knots: Floats, price: float, outlook: Outlook
) -> float:
    """Sum the chances of the stretches that end above `price`; each stretch is a straight line."""
    total = 0.0
    for low, high in _segments(knots):
        end = low + 1.0 if high is None else high
        at_low, slope = payoff(low) - price, (payoff(end) - payoff(low)) / (end - low)
        if abs(slope) < _LEAST:
            total += outlook.between(low, high) if at_low > 0 else 0.0
            continue
        even = low - at_low / slope
        top = math.inf if high is None else high
        first, last = (max(low, even), top) if slope > 0 else (low, min(top, even))
        if first < last:
            total += outlook.between(first, None if math.isinf(last) else last)
    return min(total, 1.0)


def _flat(payoff: Callable[[float], float], knots: Floats, level: float, outlook: Outlook) -> float:
    """Sum the chances of the flat stretches that lie at `level`."""
    return sum(
        outlook.between(low, high)
        for low, high in _segments(knots)
        if abs(payoff(low) - level) < _LEAST
        and abs(payoff(low + 1.0 if high is None else high) - level) < _LEAST
    )


def _in_the_money(structure: Structure, strikes: Floats, outlook: Outlook) -> float:
    """Give the chance that a sold leg (of a trade without one: any leg) ends in the money."""
    roles = ROLES[structure]
    has_sold = any(role.ratio < 0 for role in roles)
    legs = [
        (role.right, strike)
        for role, strike in zip(roles, strikes, strict=True)
        if role.ratio < 0 or not has_sold
    ]
    put = max((strike for right, strike in legs if right is Right.PUT), default=0.0)
    call = min((strike for right, strike in legs if right is Right.CALL), default=math.inf)
    if put >= call:
        return 1.0
    return outlook.below(put) + (0.0 if math.isinf(call) else outlook.above(call))
