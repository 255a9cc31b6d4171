"""Our numbers held against others': what backs each, to what tolerance, and the largest error seen.

`docs/references.md` is the page this makes; `tests/domain/trades/test_references.py` holds both.
Errors are shown as the power of ten they stay below, so the page is the same on every machine.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.references.american import american_greeks, american_prices, american_volatilities
from tests.references.chances import (
    chances,
    expected_values,
    means,
    normal,
    outcomes,
    recipes_chance,
    touches,
)
from tests.references.european import all_greeks, haug, haug_greeks, prices, volatilities
from tests.references.indicators import indicators
from tests.references.margins import margins


@dataclass(frozen=True, slots=True)
class Reference:
    """A number of ours, what backs it, and how far they may lie apart (absolute)."""

    number: str
    backed_by: str
    tolerance: float
    errors: Callable[[], Iterator[float]]

    def largest(self) -> float:
        return max(self.errors())


_HAUG = "Haug 1998 (4 decimals), as QuantLib's test suite cites him"
_TREE = "a tree of our own (Leisen and Reimer 1996, 1001 steps)"
_COUNTED = "counting 64,000 equally likely ends (QuantLib's inverse normal)"
_EXAMPLES = "others' worked examples of the Cboe's strategy rules"
_DEFINED = "its definition in plain Python (`tests/textbook.py`)"
REFERENCES = (
    Reference("European price, dollars", _HAUG, 1e-4, haug),
    Reference("delta, gamma, vega, theta a year", _HAUG, 5.1e-5, haug_greeks),
    Reference("European price, of the spot", "QuantLib BlackCalculator", 1e-13, prices),
    Reference("delta, gamma; theta, vega, rho of the spot", "QuantLib", 1e-12, all_greeks),
    Reference("American price, of the strike", _TREE, 2e-5, american_prices),
    Reference("American delta; vega, theta of the strike", "its slopes", 1e-3, american_greeks),
    Reference("American implied volatility", "its prices", 1e-4, american_volatilities),
    Reference("implied volatility", "vollib (Jäckel's LetsBeRational)", 1e-9, volatilities),
    Reference("normal distribution function", "QuantLib", 1e-14, normal),
    Reference("the same, as the recipes cite it", "A&S 26.2.17", 7.5e-8, recipes_chance),
    Reference("chance below a level", "QuantLib cash-or-nothing", 1e-12, chances),
    Reference("chance of touching", "QuantLib AnalyticDigitalAmericanEngine", 1e-9, touches),
    Reference("mean payoff, of the spot", "QuantLib, not discounted", 1e-13, means),
    Reference("expected value, dollars a unit", "the sum over every cent", 0.01, expected_values),
    Reference("chance of profit, of the most, of the least", _COUNTED, 2e-5, outcomes),
    Reference("worst case, dollars a unit", _EXAMPLES, 0.0, margins),
    Reference("every indicator, every output", _DEFINED, 1e-8, indicators),
)


def page() -> str:
    """Make the page."""
    lines = [
        "# What backs our numbers",
        "",
        "Made by `python -m tests.references`; a test holds it current. Each number is computed on",
        "a grid of options and held against another's; the largest error seen stays below the",
        "power of ten shown.",
        "",
        "| number | backed by | tolerance | largest error seen |",
        "|---|---|---|---|",
    ]
    for one in REFERENCES:
        seen = one.largest()
        shown = "none" if seen == 0 else f"below 1e{math.ceil(math.log10(seen))}"
        lines.append(f"| {one.number} | {one.backed_by} | {one.tolerance:g} | {shown} |")
    return "\n".join([*lines, "", *OTHERS, ""])


OTHERS = (
    "Indicators are TA-Lib's. Each is held against its definition, written out in plain Python",
    "without TA-Lib, on 600 simulated days of four symbols; averages that never forget begin",
    "differently there, which 600 days wash out. RSI and EMA are held to StockCharts' published",
    "examples too, to 0.01 (`tests/domain/market/test_indicators.py`). CMO is TA-Lib's, over",
    "Wilder's averages; Chande's own takes plain sums.",
    "",
    "Two sources are second-hand: Haug's values are those QuantLib's test suite prints, and the",
    "margin examples are an open-source estimator's and a broker page's, not those of the Cboe's",
    "manual.",
    "",
    "Identities (put-call parity, monotonicity, verticals' symmetry, no terminal price that loses",
    "more than the worst case) are hypothesis properties beside them. On the recorded GOOG day",
    "every two-sided quote has the volatility that explains its mid price, or its other right's,",
    "or both mid prices lie outside their bounds (`tests/domain/trades/test_references.py`).",
)
