"""The simulated market's past: what its options implied at the end of any session."""

from collections.abc import Collection, Mapping
from datetime import date

from botfleet.adapters.market.moods import month_at_close
from botfleet.adapters.market.sketches import SKETCHES, SymbolSketch
from botfleet.domain.market.calendar import Session, previous_session
from botfleet.domain.market.statistics import DailyVolatility


class SimulatedVolatilities:
    """Keeps `Volatilities`: for every session what its last chains show, were they looked at."""

    def __init__(self, seed: int, symbols: Mapping[str, SymbolSketch] = SKETCHES) -> None:
        self._seed, self._sketches = seed, dict(symbols)

    def recent(
        self, symbols: Collection[str], before: date, count: int
    ) -> Mapping[str, tuple[DailyVolatility, ...]]:
        """See the port."""
        sessions = _sessions_before(before, count)
        known = self._sketches.keys() & symbols
        return {symbol: self._of(symbol, sessions) for symbol in known}

    def _of(self, symbol: str, sessions: list[Session]) -> tuple[DailyVolatility, ...]:
        sketch = self._sketches[symbol]
        return tuple(
            DailyVolatility(one.day, value)
            for one in sessions
            if (value := month_at_close(self._seed, symbol, sketch, one)) is not None
        )


def _sessions_before(day: date, count: int) -> list[Session]:
    """Give the last `count` sessions before a day, oldest first."""
    sessions: list[Session] = []
    while len(sessions) < count:
        sessions.append(previous_session(sessions[-1].day if sessions else day))
    return sessions[::-1]
