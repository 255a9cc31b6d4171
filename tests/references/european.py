"""European options against published tables, QuantLib and vollib."""

import math
from collections.abc import Iterator

import numpy as np
import QuantLib
import vollib.black_scholes_merton.implied_volatility as merton_volatility

from botfleet.domain.trades.pricing import Terms, greeks, implied_volatility, price

#: (is call, strike, spot, yield, rate, years, volatility, published): Haug, Option Pricing Formulas
#: (1998), p. 2-8 and 27, as QuantLib's test suite cites him (europeanoption.cpp); we have not seen
#: the book.
HAUG = (
    (True, 65.0, 60.0, 0.00, 0.08, 0.25, 0.30, 2.1334),
    (False, 95.0, 100.0, 0.05, 0.10, 0.50, 0.20, 2.4648),
    (False, 19.0, 19.0, 0.10, 0.10, 0.75, 0.28, 1.7011),
    (True, 19.0, 19.0, 0.10, 0.10, 0.75, 0.28, 1.7011),
    (True, 1.60, 1.56, 0.08, 0.06, 0.50, 0.12, 0.0291),
    (False, 70.0, 75.0, 0.05, 0.10, 0.50, 0.35, 4.0870),
    (True, 40.0, 42.0, 0.08, 0.04, 0.75, 0.35, 5.0975),
)
#: Haug's p. 24, cited likewise: strike 100, rate and yield 10 %. (years, volatility): calls, then
#: puts, of a spot of 90, 100 and 110.
HAUG_24 = {
    (0.1, 0.15): (0.0205, 1.8734, 9.9413, 9.9210, 1.8734, 0.0408),
    (0.1, 0.25): (0.3150, 3.1217, 10.3556, 10.2155, 3.1217, 0.4551),
    (0.1, 0.35): (0.9474, 4.3693, 11.1381, 10.8479, 4.3693, 1.2376),
    (0.5, 0.15): (0.8069, 4.0232, 10.5769, 10.3192, 4.0232, 1.0646),
    (0.5, 0.25): (2.7026, 6.6997, 12.7857, 12.2149, 6.6997, 3.2734),
    (0.5, 0.35): (4.9329, 9.3679, 15.3086, 14.4452, 9.3679, 5.7963),
}
#: Haug's p. 11-16, cited likewise: (greek, its share of a year, then as `HAUG`). Delta and gamma
#: of a future are those of a yield that equals the rate.
HAUG_GREEKS = (
    ("delta", 1, True, 100.0, 105.0, 0.10, 0.10, 0.5, 0.36, 0.5946),
    ("delta", 1, False, 100.0, 105.0, 0.10, 0.10, 0.5, 0.36, -0.3566),
    ("gamma", 1, True, 60.0, 55.0, 0.00, 0.10, 0.75, 0.30, 0.0278),
    ("gamma", 1, False, 60.0, 55.0, 0.00, 0.10, 0.75, 0.30, 0.0278),
    ("vega", 1, True, 60.0, 55.0, 0.00, 0.10, 0.75, 0.30, 18.9358),
    ("vega", 1, False, 60.0, 55.0, 0.00, 0.10, 0.75, 0.30, 18.9358),
    ("theta", 365, False, 405.0, 430.0, 0.05, 0.07, 1 / 12, 0.20, -31.1924),
)


def haug() -> Iterator[float]:
    for is_call, strike, spot, dividends, rate, years, volatility, published in HAUG:
        terms = Terms(is_call, spot, strike, years, rate, dividends)
        yield abs(float(price(terms, volatility)) - published)
    rows = np.array([True, True, True, False, False, False])
    spots = np.array([90.0, 100.0, 110.0, 90.0, 100.0, 110.0])
    for (years, volatility), values in HAUG_24.items():
        worth = price(Terms(rows, spots, 100.0, years, 0.1, 0.1), volatility)
        yield from np.abs(worth - np.array(values)).tolist()


def haug_greeks() -> Iterator[float]:
    for greek, days, *row, published in HAUG_GREEKS:
        is_call, strike, spot, dividends, rate, years, volatility = row
        terms = Terms(bool(is_call), spot, strike, years, rate, dividends)
        yield abs(float(getattr(greeks(terms, volatility), greek)) * days - published)


def _grid() -> Iterator[tuple[bool, float, float, float, float]]:
    for is_call in (True, False):
        for spot in (17.5, 100.0, 748.4):
            for ratio in (0.7, 0.97, 1.0, 1.04, 1.6):
                for years in (7 / 365, 0.25, 2.0):
                    for volatility in (0.08, 0.2, 0.45, 1.3):
                        yield is_call, spot, ratio * spot, years, volatility


def _calculator(
    row: tuple[bool, float, float, float, float], rate: float
) -> "QuantLib.BlackCalculator":
    is_call, spot, strike, years, volatility = row
    right = QuantLib.Option.Call if is_call else QuantLib.Option.Put
    forward, discount = spot * math.exp(rate * years), math.exp(-rate * years)
    payoff_ = QuantLib.PlainVanillaPayoff(right, strike)
    return QuantLib.BlackCalculator(payoff_, forward, volatility * years**0.5, discount)


def prices() -> Iterator[float]:
    for row in _grid():
        ours = greeks(Terms(row[0], row[1], row[2], row[3], 0.04), row[4])
        yield abs(float(ours.price) - _calculator(row, 0.04).value()) / row[1]


def all_greeks() -> Iterator[float]:
    for row in _grid():
        spot, years = row[1], row[3]
        ours = greeks(Terms(row[0], spot, row[2], years, 0.04), row[4])
        theirs = _calculator(row, 0.04)
        yield abs(float(ours.delta) - theirs.delta(spot))
        yield abs(float(ours.gamma) - theirs.gamma(spot))
        yield abs(float(ours.theta) - theirs.theta(spot, years) / 365) / spot
        yield abs(float(ours.vega) - theirs.vega(years)) / spot
        yield abs(float(ours.rho) - theirs.rho(years)) / spot


def volatilities() -> Iterator[float]:
    for is_call, spot, strike, years, volatility in _grid():
        terms = Terms(is_call, spot, strike, years, 0.04, 0.01)
        worth = float(price(terms, volatility))
        if worth - max(float(price(terms, 1e-9)), 0.0) < 1e-3 * spot:
            continue  # all but worthless beyond its bounds: no volatility can be told
        flag = "c" if is_call else "p"
        theirs = merton_volatility.implied_volatility(worth, spot, strike, years, 0.04, 0.01, flag)
        yield abs(float(implied_volatility(terms, worth)) - theirs)
