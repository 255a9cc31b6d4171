"""What the simulated market trades: a dozen liquid underlyings in a few strokes each."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from botfleet.domain.market.instruments import Kind


@dataclass(frozen=True, slots=True)
class SymbolSketch:
    """An underlying's character. Rates are per year (0.16 is 16 %).

    `price` is its level at the start of 2026, around which it wanders; `market_share` the
    correlation of its days with the whole market's. `skew` and `smile` bend the implied
    volatility, a fraction a standard deviation from the money and its square; `option_spread` is
    the half spread at the money as a fraction of the price.
    """

    price: float
    volatility: float
    drift: float
    market_share: float
    dividend_yield: float = 0.0
    spread_cents: int = 1
    shares_a_day: int = 20_000_000
    has_dailies: bool = False
    skew: float = -0.07
    smile: float = 0.015
    option_spread: float = 0.006
    kind: Kind = Kind.STOCK


#: ETFs trade options of every session for the next two weeks; shares have weeklies and monthlies.
SKETCHES: Mapping[str, SymbolSketch] = MappingProxyType(
    {
        "SPY": SymbolSketch(
            683.0, 0.15, 0.06, 1.0, 0.011, 1, 70_000_000, True, -0.12, 0.015, 0.0025, Kind.ETF
        ),
        "QQQ": SymbolSketch(
            614.0, 0.19, 0.07, 0.95, 0.005, 1, 50_000_000, True, -0.11, 0.015, 0.0025, Kind.ETF
        ),
        "IWM": SymbolSketch(
            247.0, 0.21, 0.05, 0.85, 0.010, 1, 30_000_000, True, -0.10, 0.015, 0.003, Kind.ETF
        ),
        "TLT": SymbolSketch(
            87.0, 0.13, 0.0, -0.15, 0.044, 1, 35_000_000, False, -0.02, 0.015, kind=Kind.ETF
        ),
        "AAPL": SymbolSketch(272.0, 0.26, 0.07, 0.70, 0.004, 2, 45_000_000),
        "MSFT": SymbolSketch(484.0, 0.23, 0.07, 0.72, 0.008, 3, 22_000_000),
        "GOOG": SymbolSketch(314.0, 0.29, 0.07, 0.65, 0.003, 3, 20_000_000),
        "NVDA": SymbolSketch(187.0, 0.42, 0.10, 0.66, 0.0002, 1, 180_000_000),
        "AMD": SymbolSketch(214.0, 0.50, 0.08, 0.60, 0.0, 2, 40_000_000),
        "AMZN": SymbolSketch(231.0, 0.30, 0.07, 0.66, 0.0, 2, 40_000_000),
        "META": SymbolSketch(660.0, 0.33, 0.07, 0.62, 0.003, 6, 13_000_000),
        "XOM": SymbolSketch(120.0, 0.24, 0.04, 0.45, 0.034, 1, 15_000_000),
    }
)
