"""Every indicator against its definition."""

import math
from collections.abc import Iterator
from datetime import date, datetime, time

from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.domain.eastern import instant
from botfleet.domain.market.indicators import indicator
from tests.textbook import TEXTBOOK


def indicators() -> Iterator[float]:
    """Six hundred days of four symbols, three periods and three ends, every output of each."""

    class Clock:
        def now(self) -> datetime:
            return instant(date(2026, 3, 10), time(11))

    for days in SimulatedMarket(7, Clock()).bars(["SPY", "NVDA", "TLT", "XOM"], 600).values():
        for name, output, by_definition in TEXTBOOK:
            for period in (7, 14, 20):
                for bars in (days, days[:-1], days[:-50]):
                    ours = indicator(name, period, bars, output=output)
                    yield abs((math.nan if ours is None else ours) - by_definition(bars, period))
