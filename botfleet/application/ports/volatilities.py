"""A daily record of implied volatility at the money, from which ranks are taken."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Protocol

from botfleet.domain.market.statistics import DailyVolatility


class Volatilities(Protocol):
    """One volatility a symbol and session."""

    def recent(
        self, symbols: Collection[str], before: date, count: int
    ) -> Mapping[str, tuple[DailyVolatility, ...]]:
        """Give up to `count` of the newest values of days before `before`, oldest first."""
        ...


class VolatilityRecord(Volatilities, Protocol):
    """The fleet's own: every method is one transaction and raises `StoreUnavailable` without."""

    def record(self, values: Iterable[tuple[str, DailyVolatility]]) -> None:
        """Keep values, all or none; a day recorded twice keeps the later one."""
        ...
