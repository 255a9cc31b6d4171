"""Chances, means and expected values against QuantLib, sums and counts."""

import math
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import QuantLib

from botfleet.domain.market.instruments import Right
from botfleet.domain.trades.margin import payoff
from botfleet.domain.trades.pricing import normal_cdf
from botfleet.domain.trades.probabilities import Outlook, cdf, odds
from botfleet.domain.trades.structures import Structure
from tests.references.margins import S

#: Spot, volatility, years and rate of the outlooks that chances are tried on.
OUTLOOKS = tuple(
    Outlook(spot, volatility, years, 0.04)
    for spot in (17.5, 100.0, 748.4)
    for volatility in (0.08, 0.25, 0.9)
    for years in (1 / 365, 30 / 365, 1.0)
)
TRADES = (
    (S.SHORT_PUT_SPREAD, (90.0, 95.0), -1.2),
    (S.SHORT_CALL_SPREAD, (105.0, 110.0), -1.2),
    (S.LONG_CALL_SPREAD, (95.0, 105.0), 5.1),
    (S.LONG_PUT_SPREAD, (95.0, 105.0), 4.9),
    (S.IRON_CONDOR, (90.0, 95.0, 105.0, 112.0), -1.7),
    (S.IRON_BUTTERFLY, (90.0, 100.0, 100.0, 110.0), -5.5),
)


def normal() -> Iterator[float]:
    reference = QuantLib.CumulativeNormalDistribution()
    for x in np.linspace(-8, 8, 401):
        yield abs(float(normal_cdf(x)) - reference(x))


def _polynomial(x: float) -> float:
    """Give the distribution function by Abramowitz and Stegun 26.2.17."""
    t = 1 / (1 + 0.2316419 * abs(x))
    parts = (0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429)
    tail = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    tail *= sum(part * t ** (n + 1) for n, part in enumerate(parts))
    return 1 - tail if x >= 0 else tail


def recipes_chance() -> Iterator[float]:
    for x in np.linspace(-6, 6, 1201):
        yield abs(cdf(x) - _polynomial(x))


def chances() -> Iterator[float]:
    """A price ends below a level: QuantLib's cash-or-nothing put, not discounted."""
    for one in OUTLOOKS:
        for ratio in (0.8, 0.97, 1.0, 1.05, 1.3):
            level = one.spot * ratio
            forward = one.spot * math.exp(one.rate * one.years)
            digital = QuantLib.CashOrNothingPayoff(QuantLib.Option.Put, level, 1.0)
            theirs = QuantLib.BlackCalculator(digital, forward, one.deviation, 1.0).value()
            yield abs(one.below(level) - theirs)


def touches() -> Iterator[float]:
    """A price is touched: QuantLib's American digital paid at expiry, not discounted."""
    today = QuantLib.Date(2, 1, 2026)
    QuantLib.Settings.instance().evaluationDate = today
    counter = QuantLib.Actual365Fixed()
    for spot, volatility, days in ((100.0, 0.25, 30), (100.0, 0.6, 365), (17.5, 0.15, 90)):
        for ratio in (0.85, 0.97, 1.02, 1.2):
            quote = QuantLib.QuoteHandle(QuantLib.SimpleQuote(spot))
            flat = QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, 0.04, counter))
            none = QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, 0.0, counter))
            surface = QuantLib.BlackVolTermStructureHandle(
                QuantLib.BlackConstantVol(today, QuantLib.NullCalendar(), volatility, counter)
            )
            process = QuantLib.BlackScholesMertonProcess(quote, none, flat, surface)
            right = QuantLib.Option.Call if ratio > 1 else QuantLib.Option.Put
            digital = QuantLib.CashOrNothingPayoff(right, spot * ratio, 1.0)
            exercise = QuantLib.AmericanExercise(today, today + days, True)
            option = QuantLib.VanillaOption(digital, exercise)
            option.setPricingEngine(QuantLib.AnalyticDigitalAmericanEngine(process))
            outlook = Outlook(spot, volatility, days / 365, 0.04)
            theirs = option.NPV() * math.exp(0.04 * days / 365)
            yield abs(outlook.touches(spot * ratio) - theirs)


def expected_values() -> Iterator[float]:
    """Payoff times probability over every cent, as the recipes define it; dollars a unit."""
    for volatility, years in ((0.15, 7 / 365), (0.3, 45 / 365)):
        outlook = Outlook(100.0, volatility, years, 0.04)
        for structure, strikes, paid in TRADES:
            ours = odds(structure, strikes, paid, outlook, 100.0)
            edges = np.arange(1, 40_000) / 100
            below = np.array([outlook.below(edge) for edge in edges])
            exact = tuple(Decimal(str(strike)) for strike in strikes)
            middles = (edges[1:] + edges[:-1]) / 2
            lowest, highest = Decimal("0.01"), Decimal(400)
            ends = [float(payoff(structure, exact, end)) for end in (lowest, highest)]
            worth = np.interp(middles, *_line(structure, exact))
            total = float(np.sum(np.diff(below) * worth))
            total += below[0] * ends[0] + (1 - below[-1]) * ends[1]
            yield abs(ours.expected_value - 100 * (total - paid))


def _line(structure: Structure, strikes: tuple[Decimal, ...]) -> tuple[list[float], list[float]]:
    knots = [Decimal(0), *sorted(set(strikes)), Decimal(400)]
    return [float(at) for at in knots], [float(payoff(structure, strikes, at)) for at in knots]


#: Equally likely standard deviations from the middle, by QuantLib's inverse: the ways a trade ends.
_ENDS = 64_000


def _ends(outlook: Outlook) -> np.ndarray:
    inverse = QuantLib.InverseCumulativeNormal()
    places = np.array([inverse((n + 0.5) / _ENDS) for n in range(_ENDS)])
    drift = math.log(outlook.spot) + outlook.rate * outlook.years - outlook.deviation**2 / 2
    return np.exp(drift + outlook.deviation * places)


def outcomes() -> Iterator[float]:
    """Count, of many equally likely ends, those with a profit, at the most, …"""
    outlook = Outlook(100.0, 0.3, 45 / 365, 0.04)
    ends = _ends(outlook)
    for structure, strikes, paid in TRADES:
        exact = tuple(Decimal(str(strike)) for strike in strikes)
        worth = np.interp(ends, *_line(structure, exact))
        most, least = worth.max(), worth.min()
        ours = odds(structure, strikes, paid, outlook, 100.0)
        yield abs(ours.profit - float(np.mean(worth > paid)))
        yield abs(ours.max_profit - float(np.mean(np.isclose(worth, most, atol=1e-9))))
        yield abs(ours.max_loss - float(np.mean(np.isclose(worth, least, atol=1e-9))))


def means() -> Iterator[float]:
    for one in OUTLOOKS:
        for ratio in (0.8, 1.0, 1.3):
            for right, theirs in (
                (Right.CALL, QuantLib.Option.Call),
                (Right.PUT, QuantLib.Option.Put),
            ):
                forward = one.spot * math.exp(one.rate * one.years)
                plain = QuantLib.PlainVanillaPayoff(theirs, one.spot * ratio)
                value = QuantLib.BlackCalculator(plain, forward, one.deviation, 1.0).value()
                yield abs(one.expects(right, one.spot * ratio) - value) / one.spot
