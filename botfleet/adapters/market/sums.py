"""From a simulated path to the bars that sum it up, in whole cents."""

from datetime import timedelta
from decimal import Decimal

from botfleet.adapters.market.paths import STEP_S, Path
from botfleet.domain.market.quotes import Bar, MinuteBar

MINUTE = timedelta(minutes=1)
_MINUTE_ROWS = 60 // STEP_S


def bar_of(path: Path) -> Bar:
    """Sum a whole session up."""
    opened, high, low, close = (
        _cents(float(price))
        for price in (path.prices[0], path.highs[-1], path.lows[-1], path.prices[-1])
    )
    return Bar(path.session.day, opened, high, low, close, int(path.volumes[-1]))


def minute_of(path: Path, at: int) -> MinuteBar:
    """Sum one minute of a path up; each begins where the last ended."""
    first, last = at * _MINUTE_ROWS, (at + 1) * _MINUTE_ROWS
    prices = path.prices[first : last + 1]
    opened, high, low, close = (
        _cents(float(price)) for price in (prices[0], prices.max(), prices.min(), prices[-1])
    )
    volume = int(path.volumes[last] - path.volumes[first])
    return MinuteBar(path.session.opens_at + at * MINUTE, opened, high, low, close, volume)


def _cents(price: float) -> Decimal:
    return Decimal(round(price * 100)).scaleb(-2)
