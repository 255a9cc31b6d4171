"""The shapes of both live displays, the demo's day and the fleet's status: a frame, bars, facts."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

_SPARKS = "▁▂▃▄▅▆▇█"


def framed(parts: Iterable[RenderableType], *, width: int) -> Panel:
    """Put a frame of the house around parts."""
    return Panel(
        Group(*parts), title="botfleet", title_align="left", border_style="blue", width=width
    )


def two_sides(left: Text, right: Text) -> Table:
    """Set one thing to the left and one to the right of a line; what is too long is cut."""
    head = Table.grid(expand=True, padding=(0, 1))
    head.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    head.add_column(justify="right", no_wrap=True)
    head.add_row(left, right)
    return head


def facts(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    """Set names beside what is to be said of them, one line each."""
    body = Table.grid(padding=(0, 2))
    body.add_column(style="dim", no_wrap=True, min_width=8)
    body.add_column(no_wrap=True, overflow="ellipsis")
    for name, words in rows:
        body.add_row(name, words)
    return body


def bar(done: float, total: float, colour: str, width: int = 36) -> ProgressBar:
    """Draw a part of a whole."""
    return ProgressBar(
        total=total or 1, completed=done, width=width, complete_style=colour, finished_style=colour
    )


def beside(*parts: RenderableType) -> Table:
    """Set parts of a line side by side."""
    line = Table.grid(padding=(0, 2))
    for _ in parts:
        line.add_column(no_wrap=True, overflow="ellipsis")
    line.add_row(*parts)
    return line


def sparkline(values: Sequence[float]) -> str:
    """Draw values as small bars; nothing is a blank."""
    most = max(values, default=0) or 1
    last = len(_SPARKS) - 1
    return "".join(_SPARKS[round(last * v / most)] if v else " " for v in values)


def columns(*names: str, numbers: Iterable[str] = ()) -> Table:
    """Begin a table without lines, whose numbers stand right."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    right = frozenset(numbers)
    for name in names:
        side = "right" if name in right else "left"
        table.add_column(name, justify=side, no_wrap=True, overflow="ellipsis")  # type: ignore[arg-type]
    return table
