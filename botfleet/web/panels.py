"""What a summary becomes on its page: its charts, in two widths, and its tallies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from botfleet.web.charts import (
    Plot,
    Series,
    Slice,
    histogram,
    lines,
    split_bar,
    stacked_bars,
    step_areas,
)
from botfleet.web.lanes import lanes
from botfleet.web.scales import count, duration, exact_money, money, share, short_money, ticks
from botfleet.web.summary import DaySummary, FoundingExample


class Frame(NamedTuple):
    """The size of a drawing, in pixels."""

    width: float
    height: float


class Drawn(NamedTuple):
    """One chart for a wide page and for a phone."""

    wide: str
    narrow: str


PHONE, _WHOLE = Frame(380, 230), Frame(1116, 0)
_BROAD, _SLIM, _THIRD = Frame(740, 290), Frame(360, 290), Frame(360, 250)


def charts(day: DaySummary) -> dict[str, Drawn]:
    """Draw every chart of the page."""
    return {
        "capital": _both(day, _capital, _BROAD),
        "positions": _both(day, _positions, _SLIM),
        "marks": _both(day, _marks, _THIRD),
        "lag": _both(day, _lag, _THIRD),
        "histogram": _both(day, _histogram, _THIRD),
        "lanes": Drawn(lanes(day, _WHOLE.width), lanes(day, PHONE.width)),
    }


def _both(day: DaySummary, draw: Callable[[DaySummary, Frame], str], frame: Frame) -> Drawn:
    return Drawn(draw(day, frame), draw(day, PHONE))


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    description: str
    unit: Callable[[float], str]
    exact: Callable[[float], str]


def _plot(day: DaySummary, frame: Frame, words: _Words, values: tuple[float, ...]) -> Plot:
    return Plot(
        frame.width,
        frame.height,
        words.title,
        words.description,
        values,
        words.unit,
        words.exact,
        day.session.opens_at,
        day.session.closes_at,
    )


def _capital(day: DaySummary, frame: Frame) -> str:
    points = day.capital
    peak = day.capital_peak
    most = peak.committed_cents + peak.pending_cents if peak else 0
    top = max((point.allocation_cents for point in points), default=0)
    words = _Words(
        "Capital in use",
        f"At most {money(most)} of {money(top)} allocated was in use ({share(most, top)}).",
        short_money,
        money,
    )
    layers = (
        Series("In positions", "committed", tuple(float(p.committed_cents) for p in points)),
        Series("In orders", "pending", tuple(float(p.pending_cents) for p in points)),
    )
    ceiling = Series("Allocation", "ceiling", tuple(float(p.allocation_cents) for p in points))
    plot = _plot(day, frame, words, ticks(max(top, most)))
    return step_areas(plot, [point.at for point in points], layers, ceiling)


def _positions(day: DaySummary, frame: Frame) -> str:
    points = day.positions.series
    counts = tuple(float(point.open_count) for point in points)
    words = _Words(
        "Open positions",
        f"{day.positions.opened} opened, {day.positions.closed} closed, "
        f"{day.positions.expired} expired.",
        count,
        count,
    )
    plot = _plot(day, frame, words, ticks(max(counts, default=0), is_whole=True))
    return step_areas(plot, [p.at for p in points], (Series("Open", "held", counts),))


def _marks(day: DaySummary, frame: Frame) -> str:
    opened = Series("Opened", "opened", tuple(float(mark.opened) for mark in day.marks))
    closed = Series("Closed", "closed", tuple(float(mark.closed) for mark in day.marks))
    most = max((mark.opened + mark.closed for mark in day.marks), default=0)
    words = _Words("Positions opened and closed by mark", "One bar a mark.", count, count)
    plot = _plot(day, frame, words, ticks(most, is_whole=True))
    return stacked_bars(plot, [mark.at for mark in day.marks], (opened, closed))


def _lag(day: DaySummary, frame: Frame) -> str:
    half = Series("p50", "p50", tuple(mark.lag_p50_ms for mark in day.marks))
    late = Series("p99", "p99", tuple(mark.lag_p99_ms for mark in day.marks))
    words = _Words(
        "Lag by mark",
        f"Over the day p50 {duration(day.lag.p50_ms)}, p99 {duration(day.lag.p99_ms)}.",
        duration,
        duration,
    )
    plot = _plot(day, frame, words, ticks(max((*half.values, *late.values), default=0)))
    return lines(plot, [mark.at for mark in day.marks], (late, half))


def _histogram(day: DaySummary, frame: Frame) -> str:
    buckets = day.lag.buckets
    bars = Series("Batches", "batch", tuple(float(bucket.count) for bucket in buckets))
    words = _Words("How late work was", "One bar a range of lag.", count, count)
    plot = _plot(day, frame, words, ticks(max(bars.values, default=0), is_whole=True))
    return histogram(plot, [f"≤ {duration(bucket.up_to_ms)}" for bucket in buckets], bars)


@dataclass(frozen=True, slots=True)
class Tally:
    """One line of a bar list: `part` of 100 is how long its bar is."""

    name: str
    count: int
    part: float
    style: str = ""


def tallies(day: DaySummary) -> dict[str, tuple[Tally, ...]]:
    """Count runs, draws and orders by what became of them."""
    draws = [("granted" if d.is_granted else d.reason or "refused", d.count) for d in day.draws]
    orders = [(f"{o.effect.value} {o.state.value}", o.count) for o in day.order_counts]
    return {
        "runs": _tally([(run.outcome, run.count) for run in day.runs]),
        "draws": _tally(draws),
        "orders": _tally(orders),
    }


def _tally(counts: Sequence[tuple[str, int]]) -> tuple[Tally, ...]:
    most = max((number for _, number in counts), default=0) or 1
    return tuple(
        Tally(name, number, 100 * number / most, name.rpartition(" ")[2]) for name, number in counts
    )


def founding_bar(example: FoundingExample) -> str:
    """Draw the pool as one bar, split among the draws that share it."""
    slices = [
        Slice(
            draw.symbol,
            f"draw{index % 3}",
            draw.granted_cents,
            f"{draw.symbol} {exact_money(draw.granted_cents)}",
        )
        for index, draw in enumerate(example.draws)
    ]
    return split_bar("How the pool was shared", slices, example.allocation_cents, 46)
