"""The page's charts, drawn by hand: crisp at their size, coloured by the page, read out by title.

A chart is a `Plot` (its place, words and axes) and some `Series`. Every instant or bar has a
`hit` area that carries its tooltip in `data-tip` (lines; the first is its heading).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from xml.etree.ElementTree import Element

from botfleet.web.scales import Scale, clock, hours
from botfleet.web.svg import element, image, markup

_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 22.0, 14.0, 30.0
_LABEL_PX, _LABEL_PCT = 78.0, 2.1
_EVERY_MIN = (15, 30, 60, 120)


@dataclass(frozen=True, slots=True)
class Series:
    """One measure; `style` is its class and so its colour."""

    name: str
    style: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """Where a chart is drawn, what it is called, and its axes.

    `values` are the ticks of the value axis from 0 up, `unit` words one, `exact` words a value in
    a tooltip. `opens_at` and `closes_at` bound the time axis (UTC; shown in Eastern time).
    """

    width: float
    height: float
    title: str
    description: str
    values: tuple[float, ...]
    unit: Callable[[float], str]
    exact: Callable[[float], str]
    opens_at: datetime
    closes_at: datetime

    @property
    def across(self) -> Scale:
        """From POSIX seconds to pixels."""
        span = self.opens_at.timestamp(), self.closes_at.timestamp()
        return Scale(*span, _LEFT, self.width - _RIGHT)

    @property
    def up(self) -> Scale:
        """From values to pixels."""
        return Scale(0, self.values[-1], self.height - _BOTTOM, _TOP)


def step_areas(
    plot: Plot,
    instants: Sequence[datetime],
    layers: Sequence[Series],
    ceiling: Series | None = None,
) -> str:
    """Draw `layers` stacked, each value holding until the next instant; `ceiling` is a line."""
    xs = [plot.across.at(at.timestamp()) for at in instants]
    heaps = _heaps(layers, len(instants))
    stacked = list(zip(layers, heaps, strict=True))
    parts = _axes(plot)
    parts += [
        element("path", d=_area(plot, xs, heap), class_=f"area {layer.style}")
        for layer, heap in reversed(stacked)
    ]
    if ceiling and xs:
        parts.append(element("path", d=_steps(plot, xs, ceiling.values), class_="ceiling"))
    shown = [*layers, ceiling] if ceiling else list(layers)
    tops = [(layer.style, heap) for layer, heap in stacked]
    return finish(plot, [*parts, *_hits(plot, instants, shown, tops)])


def lines(plot: Plot, instants: Sequence[datetime], series: Sequence[Series]) -> str:
    """Draw each series as a line from instant to instant."""
    xs = [plot.across.at(at.timestamp()) for at in instants]
    parts = _axes(plot)
    for one in series:
        points = (f"{x:.1f} {plot.up.at(v):.1f}" for x, v in zip(xs, one.values, strict=True))
        parts.append(element("path", d=_joined(points), class_=f"line {one.style}"))
    dots = [(one.style, one.values) for one in series]
    return finish(plot, [*parts, *_hits(plot, instants, series, dots)])


def stacked_bars(plot: Plot, instants: Sequence[datetime], layers: Sequence[Series]) -> str:
    """Draw one bar an instant, `layers` stacked from the bottom."""
    xs = [plot.across.at(at.timestamp()) for at in instants]
    wide = max(2.0, min(26.0, 0.68 * _pitch(xs)))
    parts = _axes(plot)
    heaps = [tuple(0.0 for _ in xs), *_heaps(layers, len(xs))]
    for index, layer in enumerate(layers):
        for x, low, high in zip(xs, heaps[index], heaps[index + 1], strict=True):
            if high > low:
                parts.append(_bar(plot, x - wide / 2, wide, (low, high), layer.style))
    return finish(plot, [*parts, *_hits(plot, instants, layers, [])])


def histogram(plot: Plot, labels: Sequence[str], bars: Series) -> str:
    """Draw one bar a label, all of one width, side by side."""
    room = (plot.width - _LEFT - _RIGHT) / max(1, len(labels))
    parts = _values_axis(plot)
    sparse = max(1, round(48 / room + 0.49))
    for index, (label, value) in enumerate(zip(labels, bars.values, strict=True)):
        left = _LEFT + room * index
        bar = _bar(plot, left + 1.5, room - 3, (0, value), bars.style)
        tip = f"{label}\n{bars.name} {plot.exact(value)}"
        area = element("rect", x=left, y=_TOP, width=room, height=_depth(plot))
        parts.append(element("g", bar, area, class_="hit", data_tip=tip))
        if index % sparse == 0:
            parts.append(_under(plot, left + room / 2, label.removeprefix("≤ ")))
    return finish(plot, parts)


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of a split bar; `label` is written inside where it is wide enough."""

    name: str
    style: str
    value: float
    label: str = ""


def split_bar(title: str, slices: Sequence[Slice], whole: float, height: float = 34) -> str:
    """Draw parts of one whole side by side, as wide as their place."""
    parts: list[Element] = [element("rect", width="100%", height=height, class_="rest")]
    start = 0.0
    for one in slices:
        wide = 100 * one.value / whole if whole else 0.0
        parts.append(_slice(one, start, wide, height))
        start += wide
    made = element("svg", *parts, class_="split", width="100%", height=height)
    made.set("role", "img")
    made.set("aria-label", title)
    return markup(made)


def _slice(one: Slice, start: float, wide: float, height: float) -> Element:
    box = element("rect", x=f"{start:.3f}%", width=f"{wide:.3f}%", height=height)
    group = element("g", box, class_=f"hit {one.style}", data_tip=f"{one.name}\n{one.label}")
    fits = next((text for text in (one.label, one.name) if wide >= _LABEL_PCT * len(text)), "")
    middle = f"{start + wide / 2:.3f}%"
    group.append(element("text", fits, x=middle, y=height / 2 + 4.5, text_anchor="middle"))
    return group


def _heaps(layers: Sequence[Series], count: int) -> list[tuple[float, ...]]:
    heaps: list[tuple[float, ...]] = []
    below = tuple(0.0 for _ in range(count))
    for layer in layers:
        below = tuple(low + value for low, value in zip(below, layer.values, strict=True))
        heaps.append(below)
    return heaps


def _steps(plot: Plot, xs: Sequence[float], values: Sequence[float]) -> str:
    if not xs:
        return ""
    moves = [f"H{x:.1f}V{plot.up.at(v):.1f}" for x, v in zip(xs[1:], values[1:], strict=True)]
    start = f"M{xs[0]:.1f} {plot.up.at(values[0]):.1f}"
    return start + "".join(moves) + f"H{plot.across.end:.1f}"


def _area(plot: Plot, xs: Sequence[float], values: Sequence[float]) -> str:
    top = _steps(plot, xs, values)
    return f"{top}V{plot.up.start:.1f}H{xs[0]:.1f}Z" if top else ""


def _joined(points: Iterable[str]) -> str:
    joined = "L".join(points)
    return f"M{joined}" if joined else ""


def _bar(plot: Plot, left: float, wide: float, span: tuple[float, float], style: str) -> Element:
    bottom, top = plot.up.at(span[0]), plot.up.at(span[1])
    return element(
        "rect", x=left, y=top, width=wide, height=bottom - top, rx=1.5, class_=f"bar {style}"
    )


def _pitch(xs: Sequence[float]) -> float:
    gaps = [b - a for a, b in pairwise(xs)]
    return min(gaps, default=40.0)


def _depth(plot: Plot) -> float:
    return plot.height - _TOP - _BOTTOM


def _axes(plot: Plot) -> list[Element]:
    return [*_values_axis(plot), *time_axis(plot)]


def _values_axis(plot: Plot) -> list[Element]:
    made = []
    for value in plot.values:
        y = plot.up.at(value)
        style = "base" if value == 0 else "grid"
        made.append(element("path", d=f"M{_LEFT} {y:.1f}H{plot.width - _RIGHT}", class_=style))
        word = element("text", plot.unit(value), x=_LEFT - 8, y=y + 4, text_anchor="end")
        made.append(word)
    return made


def time_axis(plot: Plot) -> list[Element]:
    """Draw the hours below a chart."""
    room = (plot.width - _LEFT - _RIGHT) / _LABEL_PX
    span_min = (plot.closes_at - plot.opens_at).total_seconds() / 60
    fits = (every for every in _EVERY_MIN if span_min / every <= room)
    return [
        _under(plot, plot.across.at(at.timestamp()), clock(at))
        for at in hours(plot.opens_at, plot.closes_at, next(fits, 240))
    ]


def _under(plot: Plot, x: float, words: str) -> Element:
    return element("text", words, x=x, y=plot.height - 10, text_anchor="middle")


def _hits(
    plot: Plot,
    instants: Sequence[datetime],
    shown: Sequence[Series],
    dots: Sequence[tuple[str, Sequence[float]]],
) -> list[Element]:
    xs = [plot.across.at(at.timestamp()) for at in instants]
    edges = [_LEFT, *((a + b) / 2 for a, b in pairwise(xs)), plot.across.end]
    made = []
    for index, (at, x) in enumerate(zip(instants, xs, strict=True)):
        named = [f"{one.name}\t{plot.exact(one.values[index])}" for one in shown]
        tip = "\n".join((f"{clock(at)} ET", *named))
        marks = [(style, values[index]) for style, values in dots]
        wide = max(0.0, edges[index + 1] - edges[index])
        made.append(_hit(plot, (edges[index], wide), x, tip, marks))
    return made


def _hit(
    plot: Plot, span: tuple[float, float], x: float, tip: str, marks: Sequence[tuple[str, float]]
) -> Element:
    area = element("rect", x=span[0], y=_TOP, width=span[1], height=_depth(plot))
    guide = element("path", d=f"M{x:.1f} {_TOP}V{plot.up.start}", class_="guide")
    dots = [
        element("circle", cx=x, cy=plot.up.at(value), r=4, class_=f"dot {style}")
        for style, value in marks
    ]
    return element("g", area, guide, *dots, class_="hit", data_tip=tip)


def finish(plot: Plot, parts: Sequence[Element]) -> str:
    """Write a chart out with its words."""
    desc = element("desc", plot.description)
    size = {"width": plot.width, "height": plot.height}
    return markup(image(desc, *parts, **size, title=plot.title, style="chart"))
