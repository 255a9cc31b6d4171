"""`botfleet schedule preview`: when something comes next, on both clocks, and why it moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from heapq import merge
from pathlib import Path
from typing import Annotated, Any

import typer

from botfleet.adapters import botfile
from botfleet.cli.connected import connected, now_of
from botfleet.cli.files import definition_named, is_file
from botfleet.cli.listing import show
from botfleet.cli.options import AsJson, Home
from botfleet.domain.bots.bot import Automation, Definition, Lane
from botfleet.domain.eastern import day_of, instant, wall
from botfleet.domain.market.calendar import cause_of, next_session, session_at
from botfleet.domain.market.closures import HORIZON
from botfleet.domain.schedules.agenda import INTERVALS_MIN
from botfleet.domain.schedules.events import Occurrence, Rule, occurrences, rung_by
from botfleet.domain.schedules.hours import Hours
from botfleet.domain.schedules.intervals import marks
from botfleet.errors import BadInput, Fault, NotFound

_COLUMNS = {
    "Eastern": lambda line: line["eastern"] or line["day"],
    "UTC": lambda line: line["utc"] or "",
    "": lambda line: line["remark"],
}
_BOT_COLUMNS = {"automation": lambda line: line["automation"], **_COLUMNS}
_MOMENTS = ("market_open", "market_close")


@dataclass(frozen=True, slots=True)
class _Coming:
    """One thing to come, or an event's occurrence that falls out."""

    name: str
    what: Occurrence

    @property
    def order(self) -> tuple[datetime, str]:
        """Lie in time; what falls out lies at the beginning of its day."""
        return self.what.at or instant(self.what.day, datetime.min.time()), self.name


def preview(
    bot: Annotated[
        str | None, typer.Argument(metavar="FILE|BOT", help="A bot file, or a bot's name.")
    ] = None,
    *,
    automation: Annotated[str | None, typer.Option(help="Only this automation of the bot.")] = None,
    interval: Annotated[
        int | None, typer.Option(help="Marks of a bot that scans every 15, 5 or 1 minutes.")
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="A rule: day, week, month, year, or 2 weeks and so on.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(help="Which days of it: monday,friday · third friday · 15 · 15 march"),
    ] = None,
    at: Annotated[str | None, typer.Option(help="The rule's time, Eastern.")] = None,
    first: Annotated[str | None, typer.Option(help="The first day that may count.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day that may count.")] = None,
    day: Annotated[str | None, typer.Option("--date", help="One day instead of a rule.")] = None,
    holiday: Annotated[
        str | None, typer.Option(help="On a closed day: before, after or skip.")
    ] = None,
    event: Annotated[
        str | None, typer.Option(help="Each session's market_open or market_close.")
    ] = None,
    count: Annotated[int, typer.Option(help="How many.", min=1, max=1000)] = 10,
    start: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="UTC; else the fleet's now."
        ),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the next times of a bot, of a rule or of marks, and what the calendar made of them.

    A line that moved, or fell out, says from which day and why. Buttons, calls and what waits for a
    position have no times.
    """
    rule = {"every": every, "on": _days(on), "at": at, "from": first, "until": until}
    rule |= {"date": day, "holiday": holiday}
    given = {key: value for key, value in rule.items() if value is not None}
    if sum(map(bool, (bot, given, interval, event))) > 1:
        raise BadInput("Give one: a bot, a rule, an event, or an interval of marks.")
    if given and not given.keys() & {"every", "date"}:
        raise BadInput("A rule begins with --every, or one day with --date.")
    if automation is not None and bot is None:
        raise BadInput("--automation needs the bot it is of.")
    after = start.replace(tzinfo=UTC) if start else now_of(home)
    if bot is not None:
        coming = _of_named(bot, automation, after, home)
    elif given or event:
        coming = _of_rule(given or event, after)
    else:
        coming = _of_marks("", interval or INTERVALS_MIN[0], after)
    lines = list(_lines(coming, count))
    columns = _COLUMNS if bot is None else _BOT_COLUMNS
    show(lines, columns, as_json=as_json, none="Nothing comes any more.")


def _days(on: str | None) -> object:
    """Take weekdays as a list; a day of the month or year is one text."""
    names = [one.strip() for one in (on or "").split(",")]
    return names if all(map(str.isalpha, names)) else on


def _hours_of(bot: str, home: Path | None) -> Hours:
    """Give the hours of a bot's account; of a file's bot, which has none yet, the usual ones."""
    if is_file(bot):
        return Hours()
    wiring = connected(home)
    return wiring.hours.of_bot(wiring.journal.bot(None, bot).bot_id)


def _of_named(
    bot: str, automation: str | None, after: datetime, home: Path | None
) -> Iterator[_Coming]:
    definition, hours = definition_named(bot, home), _hours_of(bot, home)
    for beyond in botfile.outside(definition, hours):
        typer.echo(f"warning: {beyond.path}: {beyond.message}", err=True)
    return _of_bot(definition, hours, automation, after)


def _of_bot(
    definition: Definition, hours: Hours, named: str | None, after: datetime
) -> Iterator[_Coming]:
    wanted = [one for one in definition.automations if named in {None, one.name}]
    if not wanted:
        raise NotFound(f"{definition.name} has no automation {named}.")
    interval = definition.interval_min
    ways = [_of_automation(one, interval, hours, after) for one in wanted]
    return merge(*ways, key=lambda one: one.order)


def _of_automation(
    one: Automation, interval: int, hours: Hours, after: datetime
) -> Iterator[_Coming]:
    if one.event is not None:
        return _of_event(one.name, rung_by(one.event, hours), after)
    if one.lane is Lane.BUTTON:
        return iter(())
    found = _of_marks(one.name, interval, after)
    return (mark for mark in found if mark.what.at and one.runs_at(mark.what.at, hours))


def _of_rule(rule: object, after: datetime) -> Iterator[_Coming]:
    try:
        event = botfile.read_event(rule)
    except BadInput as refused:
        raise BadInput([_as_option(fault) for fault in refused.faults]) from None
    if isinstance(rule, str) and rule not in _MOMENTS:
        raise BadInput(f"--event is {' or '.join(_MOMENTS)}.")
    return _of_event("", event, after)


def _as_option(fault: Fault) -> Fault:
    """Name a rule's first day as it is given here: `--from` is where the preview begins."""
    return Fault("", f"--first {fault.message}") if fault.path == "from" else fault


def _of_event(name: str, event: Rule, after: datetime) -> Iterator[_Coming]:
    return (_Coming(name, one) for one in occurrences(event, after))


def _of_marks(name: str, interval: int, after: datetime) -> Iterator[_Coming]:
    """Go through all marks after an instant, session by session, to the calendar's end."""
    if interval not in INTERVALS_MIN:
        raise BadInput("The interval is 15, 5 or 1 minutes.")
    return (_Coming(name, one) for one in _marks(interval, after))


def _marks(interval: int, after: datetime) -> Iterator[Occurrence]:
    session = session_at(after) or next_session(day_of(after))
    while True:
        yield from (Occurrence(session.day, at) for at in marks(session, interval) if at > after)
        if session.day >= HORIZON:
            return
        session = next_session(session.day)


def _lines(coming: Iterator[_Coming], count: int) -> Iterator[dict[str, Any]]:
    """Word what comes, up to `count` times; what falls out is told and not counted."""
    told = 0
    for one in coming:
        told += one.what.at is not None
        yield _line(one)
        if told == count:
            return


def _line(one: _Coming) -> dict[str, Any]:
    at, day = one.what.at, one.what.day
    return {
        "automation": one.name,
        "day": f"{day:%a %Y-%m-%d}",
        "eastern": None if at is None else f"{wall(at):%a %Y-%m-%d %H:%M %Z}",
        "utc": None if at is None else f"{at:%Y-%m-%dT%H:%MZ}",
        "remark": _remark(one.what, day),
    }


def _remark(what: Occurrence, day: date) -> str:
    if what.at is None:
        return f"skipped: {what.cause}"
    if what.cause:
        return f"moved from {day}, {what.cause}"
    session = session_at(what.at)
    return f"early close: {cause_of(day)}" if session and session.is_early_close else ""
