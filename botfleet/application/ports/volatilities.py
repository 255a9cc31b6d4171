"""Our own daily record of implied volatility at the money, from which ranks are taken."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Protocol


class Volatilities(Protocol):
    """One volatility a symbol and day; a day recorded twice keeps the later value."""

    def recent(
        self, symbols: Collection[str], before: date, count: int
    ) -> Mapping[str, tuple[float, ...]]:
        """Give up to `count` of the newest values of days before `before`, oldest first."""
        ...

    def record(self, day: date, values: Mapping[str, float]) -> None:
        """Keep a day's values."""
        ...
