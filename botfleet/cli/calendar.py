"""`botfleet calendar`: which days trade, and what the operator knows better than the table."""

import datetime as dt
import getpass
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from botfleet.application.amend import amend
from botfleet.cli.connected import connected, now_of
from botfleet.cli.listing import eastern, plain, show, show_one
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.domain.eastern import day_of, wall
from botfleet.domain.market.calendar import (
    Act,
    Change,
    Session,
    cause_of,
    horizon_warning,
    in_force,
    index_options_close,
    session_on,
)
from botfleet.domain.market.closures import HORIZON, TABLE_VERSION
from botfleet.domain.schedules.intervals import marks
from botfleet.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="Which days trade, and until when.")

Day = Annotated[dt.datetime, typer.Argument(formats=["%Y-%m-%d"], help="An Eastern date.")]
Cause = Annotated[str, typer.Option(help="Why, in one line; it is shown wherever the day is.")]
Who = Annotated[str | None, typer.Option("--as", help="Who says so; else the name logged in.")]

_DAYS = {
    "day": lambda line: line["day"],
    "": lambda line: line["weekday"],
    "session": lambda line: line["session"],
    "cause": lambda line: line["cause"],
    "by": lambda line: line["by"],
}
_CHANGES = {
    "version": lambda line: line.version,
    "day": lambda line: line.change.day,
    "what": lambda line: line.change.act.value,
    "closes": lambda line: f"{line.change.closes:%H:%M}" if line.change.closes else "",
    "cause": lambda line: line.change.cause,
    "by": lambda line: line.who,
    "market time": lambda line: eastern(line.change.at),
    "made (UTC)": lambda line: f"{line.made_real:%Y-%m-%d %H:%M:%S}",
}


@app.callback()
def _group() -> None:
    """Which days trade, and until when."""


@app.command("show", epilog="Examples:  botfleet calendar show   ·   … --from 2027-01-01 --json")
def show_(
    *,
    start: Annotated[
        dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Else today.")
    ] = None,
    count: Annotated[int, typer.Option(help="How many days.", min=1, max=1000)] = 12,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the table's version and the next days that are closed or short."""
    today = day_of(now_of(home))
    lines = list(islice(_irregular(start.date() if start else today), count))
    told = {"table": TABLE_VERSION, "horizon": HORIZON, "version": in_force().version}
    if as_json:
        print_json(plain({**told, "warning": horizon_warning(today), "days": lines}))
        return
    show(lines, _DAYS, as_json=False, none="No day is closed or short from then on.")
    typer.echo(f"\nTable {TABLE_VERSION} up to {HORIZON}, {in_force().version} changes to it.")
    if warning := horizon_warning(today):
        typer.echo(warning)


@app.command(epilog="Examples:  botfleet calendar check 2026-11-27   ·   … --json")
def check(day: Day, *, home: Home = None, as_json: AsJson = False) -> None:
    """Tell the hours of one day, Eastern and UTC."""
    now_of(home)  # by its calendar from here on
    found = _told(day.date(), session_on(day.date()))
    show_one(found, found, as_json=as_json)


@app.command(epilog="Example:  botfleet calendar close 2026-12-09 --cause 'Day of mourning'")
def close(day: Day, *, cause: Cause, who: Who = None, home: Home = None) -> None:
    """Close a day that has not begun; every process goes by it with the next thing it does."""
    _amend(home, who, day.date(), Act.CLOSE, cause)


@app.command(epilog="Example:  botfleet calendar early 2026-12-09 11:00 --cause 'Trading halt'")
def early(
    day: Day,
    closes: Annotated[str, typer.Argument(metavar="HH:MM", help="Eastern; later than now.")],
    *,
    cause: Cause,
    who: Who = None,
    home: Home = None,
) -> None:
    """End a day's session early; what is due after it is missed, what expires is closed before."""
    _amend(home, who, day.date(), Act.EARLY, cause, _clock(closes))


@app.command(epilog="Example:  botfleet calendar undo 2026-12-09 --cause 'Trading resumes'")
def undo(day: Day, *, cause: Cause = "undone", who: Who = None, home: Home = None) -> None:
    """Have a day be again as the exchange announced it; what was missed stays missed."""
    _amend(home, who, day.date(), Act.UNDO, cause)


@app.command(epilog="Examples:  botfleet calendar changes   ·   botfleet calendar changes --json")
def changes(*, home: Home = None, as_json: AsJson = False) -> None:
    """List every change ever made: who, when and why."""
    with connected(home) as wiring:
        lines = wiring.changes.history()
    show(lines, _CHANGES, as_json=as_json, none="The calendar was never changed.")


def _amend(
    home: Path | None,
    who: str | None,
    day: dt.date,
    act: Act,
    cause: str,
    closes: dt.time | None = None,
) -> None:
    with connected(home) as wiring:
        change = Change(day, act, cause, wiring.clock.now(), closes)
        session = amend(change, who or getpass.getuser(), wiring.changes)
    typer.echo(f"{day}: {_hours(session)}, version {in_force().version} of the calendar.")


def _clock(text: str) -> dt.time:
    try:
        return dt.datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  a wall time
    except ValueError:
        raise BadInput("An early close is written HH:MM, Eastern.") from None


def _irregular(first: dt.date) -> Iterator[dict[str, Any]]:
    day = first
    while day <= HORIZON:
        session = session_on(day)
        if cause_of(day):
            yield {
                "day": day,
                "weekday": f"{day:%a}",
                "session": _hours(session),
                "cause": cause_of(day),
                "by": "operator" if day in in_force().exceptions else "",
            }
        day += dt.timedelta(days=1)


def _told(day: dt.date, session: Session | None) -> dict[str, Any]:
    told = {"day": f"{day:%A} {day}", "session": _hours(session), "cause": cause_of(day)}
    if session is None:
        return told
    utc = f"{session.opens_at:%H:%M} to {session.closes_at:%H:%M}"
    late = f"until {wall(index_options_close(session)):%H:%M}, expiring ones with the session"
    count = f"{len(marks(session))}, {len(marks(session, 5))}, {len(marks(session, 1))}"
    return told | {"UTC": utc, "index options": late, "marks of 15, 5, 1 minutes": count}


def _hours(session: Session | None) -> str:
    if session is None:
        return "closed"
    return f"{wall(session.opens_at):%H:%M} to {wall(session.closes_at):%H:%M} Eastern"
