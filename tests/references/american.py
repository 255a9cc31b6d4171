"""American options against a tree of our own, which shares nothing with what it is held against."""

import math
from collections.abc import Iterator

import numpy as np

from botfleet.adapters.pricing.american import american
from botfleet.domain.trades.pricing import Terms

#: Put or call, spot over strike, years, volatility, rate, dividend yield.
EARLY = tuple(
    (is_call, spot, years, volatility, rate, dividends)
    for is_call, rate, dividends in ((False, 0.05, 0.0), (False, 0.06, 0.02), (True, 0.02, 0.07))
    for spot in (0.85, 1.0, 1.15)
    for years in (30 / 365, 0.5, 1.5)
    for volatility in (0.2, 0.4)
)


def _tree(row: tuple[bool, float, float, float, float, float], steps: int = 1001) -> float:
    """Give an American option's worth at a strike of one by the tree of Leisen and Reimer (1996).

    A binomial tree whose steps are set by the inversion of Peizer and Pratt; exercise is tried at
    every node. Nothing of it is shared with what it is held against.
    """
    is_call, spot, years, volatility, rate, dividends = row
    deviation, side = volatility * years**0.5, 1 if is_call else -1
    d1 = (math.log(spot) + (rate - dividends) * years) / deviation + deviation / 2
    up, grown = (_pratt(d, steps) for d in (d1 - deviation, d1))
    step, growth = years / steps, math.exp((rate - dividends) * years / steps)
    rise, fall = growth * grown / up, growth * (1 - grown) / (1 - up)
    powers = np.arange(steps + 1)
    prices = spot * rise**powers * fall ** (steps - powers)
    worth = np.maximum(side * (prices - 1), 0.0)
    for _ in range(steps):
        prices = prices[:-1] / fall
        kept = math.exp(-rate * step) * (up * worth[1:] + (1 - up) * worth[:-1])
        worth = np.maximum(kept, side * (prices - 1))
    return float(worth[0])


def _pratt(z: float, steps: int) -> float:
    part = z / (steps + 1 / 3 + 0.1 / (steps + 1))
    root = math.sqrt(0.25 - 0.25 * math.exp(-part * part * (steps + 1 / 6)))
    return 0.5 + math.copysign(root, z)


def _terms(row: tuple[bool, float, float, float, float, float]) -> Terms:
    is_call, spot, years, _, rate, dividends = row
    return Terms(is_call, 100 * spot, 100.0, years, rate, dividends)


def american_prices() -> Iterator[float]:
    model = american()
    for row in EARLY:
        ours = model.greeks(_terms(row), row[3])
        yield abs(float(ours.price[0]) / 100 - _tree(row))


def american_greeks() -> Iterator[float]:
    """Slopes of the tree. Theta follows from price, delta and gamma: where it agrees, they do."""
    model = american()
    for row in EARLY:
        is_call, spot, years, volatility, rate, dividends = row
        ours = model.greeks(_terms(row), volatility)
        middle = _tree(row)
        if middle <= max(spot - 1 if is_call else 1 - spot, 0.0) + 1e-6:
            continue  # exercised at once: the worth is its own slope
        up, down = (
            _tree((is_call, spot + by, years, volatility, rate, dividends)) for by in (0.01, -0.01)
        )
        yield abs(float(ours.delta[0]) - (up - down) / 0.02)
        more, less = (
            _tree((is_call, spot, years, volatility + by, rate, dividends))
            for by in (0.005, -0.005)
        )
        yield abs(float(ours.vega[0]) / 100 - (more - less) / 0.01)
        before, after = (
            _tree((is_call, spot, years + by / 365, volatility, rate, dividends)) for by in (2, -2)
        )
        yield abs(float(ours.theta[0]) / 100 - (after - before) / 4)


def american_volatilities() -> Iterator[float]:
    """The tree's price at a volatility must give that volatility back."""
    model = american()
    for row in EARLY:
        is_call, spot, *_ = row
        worth = _tree(row)
        if worth > max(spot - 1 if is_call else 1 - spot, 0.0) + 2e-3:
            found = model.implied_volatility(_terms(row), 100 * worth)
            yield abs(float(found[0]) - row[3])
