"""How numbers and instants become positions on a chart, and words beside it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, log10

from botfleet.domain.eastern import wall
from botfleet.domain.money import Money

_STEPS, _WHOLE_STEPS, _HAIR = (1.0, 2.0, 2.5, 5.0, 10.0), (1.0, 2.0, 5.0, 10.0), 1e-9
_MILLION, _THOUSAND, _SECOND_MS = 1_000_000, 1_000, 1_000
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values `low`..`high` to pixels `start`..`end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Give the pixel of `value`."""
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.0
        return self.start + share * (self.end - self.start)


def ticks(high: float, *, is_whole: bool = False, count_max: int = 5) -> tuple[float, ...]:
    """Give round values (`is_whole`: no fractions) from 0 to the first at or above `high`."""
    if high <= 0:
        return (0.0, 1.0)
    rough = max(high / count_max, 1.0 if is_whole else 0.0)
    power = 10.0 ** floor(log10(rough))
    sizes = _WHOLE_STEPS if is_whole else _STEPS
    step = next(power * size for size in sizes if power * size >= rough * (1 - _HAIR))
    return tuple(step * index for index in range(ceil(high / step - _HAIR) + 1))


def hours(opens_at: datetime, closes_at: datetime, every_min: int) -> tuple[datetime, ...]:
    """Give the instants of a session that lie on whole multiples of `every_min` past midnight."""
    clock = wall(opens_at)
    past = (clock.hour * 60 + clock.minute) % every_min
    first = opens_at + timedelta(minutes=(every_min - past) % every_min)
    count = max(0, floor((closes_at - first) / timedelta(minutes=every_min)) + 1)
    return tuple(first + timedelta(minutes=every_min * index) for index in range(count))


def clock(at: datetime) -> str:
    """Write an instant as Eastern hours and minutes."""
    return f"{wall(at):%H:%M}"


def money(cents: float) -> str:
    """Write cents as whole dollars."""
    amount = round(cents / 100)
    return f"{MINUS}${-amount:,}" if amount < 0 else f"${amount:,}"


def exact_money(cents: int) -> str:
    """Write cents to the cent, with a true minus."""
    return str(Money(cents)).replace("-", MINUS)


def short_money(cents: float) -> str:
    """Write cents as few digits as an axis needs: `$1.2M`, `$450k`."""
    amount = cents / 100
    if abs(amount) >= _MILLION:
        return f"${amount / _MILLION:.3g}M"
    return f"${amount / _THOUSAND:.3g}k" if abs(amount) >= _THOUSAND else f"${amount:.3g}"


def count(value: float) -> str:
    """Write a count."""
    return f"{value:,.0f}"


def duration(ms: float) -> str:
    """Write milliseconds, as seconds from one second on."""
    if ms >= 10 * _SECOND_MS:
        return f"{ms / _SECOND_MS:.0f} s"
    return f"{ms / _SECOND_MS:.1f} s" if ms >= _SECOND_MS else f"{ms:.0f} ms"


def share(part: float, whole: float) -> str:
    """Write a part as a percentage, `0%` of nothing."""
    return f"{100 * part / whole:.0f}%" if whole else "0%"
