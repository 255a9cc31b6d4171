"""Daily volatilities in this process."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from botfleet.domain.market.statistics import DailyVolatility


class MemoryVolatilities:
    """Keeps `VolatilityRecord` in a dictionary."""

    def __init__(self, values: Iterable[tuple[str, DailyVolatility]] = ()) -> None:
        self._kept: dict[str, dict[date, DailyVolatility]] = {}
        self.record(values)

    def recent(
        self, symbols: Collection[str], before: date, count: int
    ) -> Mapping[str, tuple[DailyVolatility, ...]]:
        """See the port."""
        found = {symbol: self._before(symbol, before)[-count:] for symbol in symbols}
        return {symbol: tuple(days) for symbol, days in found.items() if days}

    def record(self, values: Iterable[tuple[str, DailyVolatility]]) -> None:
        """See the port."""
        for symbol, one in values:
            self._kept.setdefault(symbol, {})[one.day] = one

    def _before(self, symbol: str, before: date) -> list[DailyVolatility]:
        days = self._kept.get(symbol, {})
        return [days[day] for day in sorted(days) if day < before]
