"""Draws the boards of docs/boards from a day that was played: `python -m tests.board_pictures`.

A demo day with three kills is scraped every second by a real Prometheus; every panel's queries are
asked of it over the whole day, and drawn where the board's JSON puts the panel. A day takes minutes
here and not hours, so the spans queries look back over are shortened by `SHORTER` on both sides.
"""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree.ElementTree import Element

import httpx

from botfleet.cli.demo import SIMULATED_DAY
from botfleet.config import BROKERS
from botfleet.web.scales import Scale, ticks
from botfleet.web.svg import element, image, markup
from tests.boards import HERE as BOARDS
from tests.deploy.scraped import Cast, scraped

CAST = Cast(date=SIMULATED_DAY, users=50, bots=300, brokers=BROKERS, breaks=True)
PICTURES = BOARDS.parents[1] / "docs/boards"
#: Twenty minutes of the rules become twenty seconds.
SHORTER = 60
#: What a number shows that has no value.
MISSING = "no data"
WIDTH, CELL_W, CELL_H, GAP, HEAD = 1392, 58, 30, 8, 46
COLOURS: tuple[str, ...] = (
    "#73bf69",
    "#f2cc0c",
    "#5794f2",
    "#ff9830",
    "#f2495c",
    "#b877d9",
    "#70dbed",
    "#fa6400",
)
COLOURS += ("#8ab8ff", "#c8f2c2", "#ffcb7d", "#deb6f2", "#96d98d", "#e0b400", "#3274d9", "#ff7383")
STYLE = """
svg{background:#111217;font-family:Inter,system-ui,'Segoe UI',Roboto,sans-serif}
.panel{fill:#181b1f;stroke:#2c3035}.grid{stroke:#2c3035}text{fill:#9fa7b3;font-size:11px}
.head{fill:#d8d9da;font-size:20px}.title{fill:#d8d9da;font-size:13px;font-weight:500}
.value{font-size:30px;font-weight:500;fill:#73bf69}.line{fill:none;stroke-width:1.4}
"""


@dataclass(frozen=True, slots=True)
class Span:
    """The day that is drawn: POSIX seconds."""

    start: float
    end: float

    @property
    def step(self) -> float:
        """How far apart points are: about 240 of them."""
        return max(1.0, (self.end - self.start) / 240)


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its legend, and its points (seconds since the span began, value)."""

    legend: str
    points: list[tuple[float, float]]


def shorter(query: str) -> str:
    """Give a query that looks back over a sixtieth of the time."""
    spans = {"h": 3600, "m": 60}
    return re.sub(r"\[(\d+)([hm])\]", lambda m: f"[{int(m[1]) * spans[m[2]] // SHORTER}s]", query)


def lines(prometheus: httpx.Client, panel: dict[str, Any], span: Span) -> Iterator[Line]:
    """Ask a panel's queries over a span."""
    for target in panel["targets"]:
        query = shorter(target["expr"])
        params: dict[str, str | float] = {"query": query, "start": span.start, "end": span.end}
        told = prometheus.get("/query_range", params={**params, "step": span.step}).json()
        for series in told["data"]["result"]:
            points = [(at - span.start, float(v)) for at, v in series["values"] if v != "NaN"]
            yield Line(_legend(target["legendFormat"], series["metric"]), points)


def _legend(template: str, labels: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda m: labels.get(m[1], ""), template)


def drawn(prometheus: httpx.Client, board: dict[str, Any], span: Span) -> str:
    """Draw a whole board."""
    parts = [element("style", STYLE), element("text", board["title"], x=16, y=31, class_="head")]
    bottom = 0.0
    for panel in board["panels"]:
        place = panel["gridPos"]
        box = Box(
            place["x"] * CELL_W + GAP / 2,
            HEAD + place["y"] * CELL_H,
            place["w"] * CELL_W - GAP,
            place["h"] * CELL_H - GAP,
        )
        bottom = max(bottom, box.y + box.h + GAP)
        draw = _stat if panel["type"] == "stat" else _graph
        found = sorted(lines(prometheus, panel, span), key=lambda line: line.legend)
        parts.append(element("g", *_frame(box, panel["title"]), *draw(box, panel, found, span)))
    title = f"{board['title']}, as it showed a demo day"
    made = image(*parts, width=WIDTH, height=bottom, title=title, style="board")
    made.set("xmlns", "http://www.w3.org/2000/svg")
    return markup(made) + "\n"


@dataclass(frozen=True, slots=True)
class Box:
    """Where a panel is drawn."""

    x: float
    y: float
    w: float
    h: float


def _frame(box: Box, title: str) -> list[Element]:
    rect = element("rect", x=box.x, y=box.y, width=box.w, height=box.h, rx=3, class_="panel")
    return [rect, element("text", title, x=box.x + 10, y=box.y + 20, class_="title")]


def _stat(box: Box, panel: dict[str, Any], found: list[Line], _span: Span) -> Iterator[Element]:
    points = found[0].points if found else []
    words = worded(points[-1][1], _unit(panel)) if points else MISSING
    x, y = box.x + box.w / 2, box.y + box.h / 2 + 22
    yield element("text", words, x=x, y=y, class_="value", text_anchor="middle")


def _graph(box: Box, panel: dict[str, Any], found: list[Line], span: Span) -> Iterator[Element]:
    custom = panel["fieldConfig"]["defaults"]["custom"]
    is_stacked = "stacking" in custom
    shown = _stacked(found) if is_stacked else found
    most = max((value for line in shown for _, value in line.points), default=1.0)
    rows = _legend_rows(box, found)
    plot = Box(box.x + 56, box.y + 32, box.w - 68, box.h - 58 - 15 * len(rows))
    size = 2**20 if _unit(panel) == "bytes" else 1
    values = [size * value for value in ticks((most or 1.0) / size, count_max=4)]
    up = Scale(0, values[-1], plot.y + plot.h, plot.y)
    across = Scale(0, span.end - span.start, plot.x, plot.x + plot.w)
    yield from _axes(plot, up, across, values, _unit(panel))
    below = [(0.0, 0.0), (span.end - span.start, 0.0)]
    for number, line in enumerate(shown):
        if line.points:
            colour = COLOURS[number % len(COLOURS)]
            if is_stacked:
                band = [*line.points, *reversed(_within(below, line.points))]
                area = f"M{_path(band, across, up)}Z"
                yield element("path", d=area, fill=colour, opacity="0.45")
                below = line.points
            path = f"M{_path(line.points, across, up)}"
            yield element("path", d=path, class_="line", stroke=colour)
    yield from _legends(box, rows)


def _path(points: Sequence[tuple[float, float]], across: Scale, up: Scale) -> str:
    return "L".join(f"{across.at(at):.1f} {up.at(value):.1f}" for at, value in points)


def _within(
    below: list[tuple[float, float]], points: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Cut the line a band lies upon to where the band is."""
    first, last = points[0][0], points[-1][0]
    return [(min(max(at, first), last), value) for at, value in below]


def _stacked(found: list[Line]) -> list[Line]:
    """Put each line on top of those before it; where one has no point it adds nothing."""
    heap: dict[float, float] = {at: 0.0 for line in found for at, _ in line.points}
    made = []
    for line in found:
        for at, value in line.points:
            heap[at] += value
        made.append(Line(line.legend, sorted(heap.items())))
    return made


def _axes(
    plot: Box, up: Scale, across: Scale, values: Sequence[float], unit: str
) -> Iterator[Element]:
    for value in values:
        y = up.at(value)
        yield element("path", d=f"M{plot.x:.1f} {y:.1f}H{plot.x + plot.w:.1f}", class_="grid")
        yield element("text", worded(value, unit), x=plot.x - 6, y=y + 4, text_anchor="end")
    every = next(s for s in (30, 60, 120, 300) if across.high / s <= plot.w / 60)
    for at in range(0, int(across.high) + 1, every):
        x, y = across.at(at), plot.y + plot.h + 15
        yield element("text", f"{at // 60}:{at % 60:02}", x=x, y=y, text_anchor="middle")


def _legend_rows(box: Box, found: list[Line]) -> list[list[tuple[int, str, float]]]:
    """Lay legends out in as many rows as they need: number, words, x."""
    rows: list[list[tuple[int, str, float]]] = []
    x = box.w
    for number, line in enumerate(found):
        wide = 22 + 6.1 * len(line.legend)
        if x + wide > box.w - 12:
            rows.append([])
            x = 12.0
        rows[-1].append((number, line.legend, x))
        x += wide
    return rows


def _legends(box: Box, rows: list[list[tuple[int, str, float]]]) -> Iterator[Element]:
    for up, row in enumerate(reversed(rows)):
        y = box.y + box.h - 10 - 15 * up
        for number, words, x in row:
            colour = COLOURS[number % len(COLOURS)]
            yield element("rect", x=box.x + x, y=y - 5, width=10, height=3, fill=colour)
            yield element("text", words, x=box.x + x + 14, y=y)


def _unit(panel: dict[str, Any]) -> str:
    unit: str = panel["fieldConfig"]["defaults"]["unit"]
    return unit


def worded(value: float, unit: str) -> str:
    """Write a value as Grafana writes its unit."""
    if unit == "percentunit":
        return f"{100 * value:.3g}%"
    if unit == "s":
        return f"{value:.3g} s" if value >= 1 or value == 0 else f"{1000 * value:.3g} ms"
    if unit == "bytes":
        return f"{value / 2**20:.4g} MiB"
    if unit == "currencyUSD":
        return "$" + _short(value)
    return _short(value) + (" c/s" if unit == "cps" else "")


def _short(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "K")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def main() -> None:
    """Play a day, and draw every board."""
    program = shutil.which("prometheus")
    if program is None:
        raise SystemExit("prometheus is not installed here")
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as home, scraped(program, Path(home), CAST, shorter) as day:
        span = Span(day.start, day.end)
        for path in sorted(BOARDS.glob("*.json")):
            text = drawn(day.prometheus, json.loads(path.read_text()), span)
            (PICTURES / f"{path.stem}.svg").write_text(text)


if __name__ == "__main__":
    main()
