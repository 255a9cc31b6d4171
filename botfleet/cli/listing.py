"""How commands show lines of the journal: as a table for a person, as JSON for a program."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from botfleet.application.ports.journal import PAGE_MAX, Page, Wanted
from botfleet.cli.options import print_json
from botfleet.cli.tables import drawn
from botfleet.domain.eastern import told, wall
from botfleet.domain.money import Money

Line = TypeVar("Line")
Columns = Mapping[str, Callable[[Any], object]]

Limit = Annotated[int, typer.Option(help="How many lines at most, newest first.", min=1)]

_DAY = ["%Y-%m-%d"]
First = Annotated[
    datetime | None, typer.Option("--from", formats=_DAY, help="The first Eastern day.")
]
Last = Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="The last Eastern day.")]

#: Where nobody looks at a terminal, lines are not folded.
_WIDTH_OF_A_FILE = 400
_ANY = TypeAdapter(Any)


def show(lines: Sequence[Any], columns: Columns, *, as_json: bool, none: str) -> None:
    """Print lines: every field as JSON, or the given columns; without any, the sentence `none`."""
    if as_json:
        print_json(plain(lines))
    elif not lines:
        typer.echo(none)
    else:
        out = console()
        rows = [{name: _words(cell(line)) for name, cell in columns.items()} for line in lines]
        for each in drawn(rows, out.width):
            out.print(each, soft_wrap=True)


def show_one(line: Any, fields: Mapping[str, object], *, as_json: bool) -> None:
    """Print one thing: every field as JSON, or the given fields one a row."""
    if as_json:
        print_json(plain(line))
        return
    table = Table(box=None, show_header=False)
    for name, value in fields.items():
        table.add_row(Text(name, style="dim"), _cell(value))
    console().print(table)


def gathered(listing: Callable[[Wanted], Page[Line]], wanted: Wanted) -> list[Line]:
    """Go through pages until as many lines are there as are wanted."""
    lines: list[Line] = []
    page = listing(replace(wanted, limit=min(wanted.limit, PAGE_MAX)))
    lines += page.lines
    while page.following and len(lines) < wanted.limit:
        rest = min(wanted.limit - len(lines), PAGE_MAX)
        page = listing(replace(wanted, after=page.following, limit=rest))
        lines += page.lines
    return lines


def plain(value: object) -> Any:
    """Give a value as JSON has it: decimals as text, instants in ISO 8601 with Eastern offsets."""
    return _ANY.dump_python(told(value), mode="json")


def console() -> Console:
    """Where to print: as wide as the terminal, and never folded into a file."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=_WIDTH_OF_A_FILE, highlight=False)


def eastern(at: datetime | None) -> str:
    """Show an instant on an Eastern clock."""
    return f"{wall(at):%Y-%m-%d %H:%M:%S}" if at else ""


def money(cents: int) -> str:
    """Show whole cents as dollars."""
    return str(Money(cents))


def money_word(*, is_paper: bool) -> str:
    """Say what moves where orders fill: nobody's money, or somebody's."""
    return "paper" if is_paper else "live"


def _words(value: object) -> str:
    """Give a value on one line, as it stands: no word of a user is read as styling."""
    words = eastern(value) if isinstance(value, datetime) else str(value)
    return " ".join(words.split()) if "\n" in words else words


def _cell(value: object) -> Text:
    return Text(_words(value))
