"""`botfleet schedule`: when bots run."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from botfleet.adapters.system.clock import RealClock
from botfleet.cli.connected import connected
from botfleet.cli.listing import show
from botfleet.cli.options import AsJson, Home
from botfleet.cli.slots import ledger
from botfleet.domain.eastern import day_of, wall
from botfleet.domain.market.calendar import cause_of, next_session, session_at
from botfleet.domain.schedules.agenda import INTERVALS_MIN
from botfleet.domain.schedules.intervals import marks
from botfleet.errors import BadInput, NotFound, StoreUnavailable

app = typer.Typer(no_args_is_help=True, help="When bots run.")

_COLUMNS = {
    "Eastern": lambda mark: mark["eastern"],
    "UTC": lambda mark: mark["utc"],
    "": lambda mark: mark["remark"],
}


app.command(
    epilog="Examples:  botfleet schedule ledger   ·   … --day 2026-03-13 --kind mark --json"
)(ledger)


@app.callback()
def _group() -> None:
    """When bots run."""


@app.command(epilog="Examples:  botfleet schedule preview --interval 5   ·   … --from 2026-11-25")
def preview(
    *,
    interval: Annotated[int, typer.Option(help="Minutes between marks: 15, 5 or 1.")] = 15,
    count: Annotated[int, typer.Option(help="How many marks.", min=1, max=1000)] = 10,
    start: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="UTC; else the fleet's now."
        ),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the next marks, on an Eastern clock and in UTC."""
    if interval not in INTERVALS_MIN:
        raise BadInput("The interval is 15, 5 or 1 minutes.")
    after = start.replace(tzinfo=UTC) if start else _now(home)
    lines = [_line(at) for at in islice(_marks(after, interval), count)]
    show(lines, _COLUMNS, as_json=as_json, none="There are none.")


def _now(home: Path | None) -> datetime:
    """Give the clock of the fleet of this home; the real one where none runs."""
    try:
        with connected(home) as wiring:
            return wiring.clock.now()
    except (NotFound, StoreUnavailable):
        return RealClock().now()


def _marks(after: datetime, interval: int) -> Iterator[datetime]:
    """Go through all marks after an instant, session by session, to the calendar's end."""
    session = session_at(after) or next_session(day_of(after))
    while True:
        yield from (at for at in marks(session, interval) if at > after)
        session = next_session(session.day)


def _line(at: datetime) -> dict[str, str]:
    remark = cause_of(day_of(at))
    return {
        "eastern": f"{wall(at):%a %Y-%m-%d %H:%M %Z}",
        "utc": f"{at:%Y-%m-%dT%H:%MZ}",
        "remark": f"early close: {remark}" if remark else "",
    }
