"""`botfleet bench schedule`: what it takes, each minute, to find the events that are due and move
them on, beside how many there are that are not due.

A Postgres of its own, as durable as the fleet's. First only the events of one weekday are kept,
then those of the other days beside them: what is due in a minute stays the same, what is not due
grows tenfold.
"""

import datetime as dt
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from botfleet.adapters.botfile import dump, parse, version
from botfleet.adapters.postgres import events
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.fleet import FleetRow
from botfleet.adapters.postgres.layouts import PostgresLayouts
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.adapters.postgres.roster import PostgresRoster
from botfleet.adapters.postgres.tokens import PostgresTokens
from botfleet.adapters.system import servers
from botfleet.application.connect import account_id
from botfleet.application.ports.roster import NewBot
from botfleet.application.ports.tokens import Connection, Tokens
from botfleet.bootstrap import BROKER
from botfleet.cli.bench.figures import percentile, tell
from botfleet.cli.options import AsJson
from botfleet.domain.bots.bot import Definition
from botfleet.domain.eastern import instant
from botfleet.domain.fleet.bounds import Bounds
from botfleet.domain.fleet.seating import Shape
from botfleet.domain.ids import UserId

app = typer.Typer()

#: A Tuesday; the other days' events come due on days that are not looked at.
DAY = dt.date(2026, 3, 10)
TODAY, OTHERS = "tuesday", ("wednesday", "thursday", "friday")
EVENTS_A_BOT, SHARE = 10, 10
MINUTES, FIRST = 60, dt.time(10, 0)
OPENS, LATEST_MIN = 9 * 60 + 31, 385


@app.command("schedule", epilog="Examples:  botfleet bench schedule   ·   … --events 20000 --json")
def bench_schedule(
    *,
    count: Annotated[
        int, typer.Option("--events", min=1_000, help="How many repeating events.")
    ] = 100_000,
    as_json: AsJson = False,
) -> None:
    """Find and route the due ones of many repeating events, minute by minute."""
    console = Console(stderr=as_json)
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        home = Path(folder)
        server = servers.postgres(home)
        with servers.running(server, home / "postgres.log"):
            upgrade(server.url)
            bench = Bench(Database(server.url), console)
            figures = bench.figures(count)
            bench.database.close()
    tell("schedule", figures, as_json=as_json)


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute: how long finding took, and all of it with its rows; milliseconds."""

    found_ms: float
    routed_ms: float
    due: int


@dataclass
class Bench:
    """A database with bots whose events are measured."""

    database: Database
    console: Console
    bots: int = 0

    def figures(self, count: int) -> dict[str, Any]:
        """Measure with a tenth of the events, then with all of them."""
        user = self.user()
        few = count // SHARE
        self.fill(user, few, (TODAY,))
        alone = self.minutes(FIRST)
        self.fill(user, count - few, OTHERS)
        beside = self.minutes(_later(FIRST, MINUTES))
        return {
            "events": count,
            "minutes": len(beside),
            **_told(f"of_{few}", alone),
            **_told(f"of_{count}", beside),
        }

    def user(self) -> UserId:
        """Add somebody with a seat, and an account that is never called."""
        roster, now = PostgresRoster(self.database), instant(DAY, dt.time(9))
        roster.add_users(["bench"], now)
        (user,) = roster.users()
        tokens = PostgresTokens(self.database, seal=lambda b, _: b, unseal=lambda b, _: b)
        later = Tokens("", None, now + dt.timedelta(days=1))
        account = account_id(user.user_id, BROKER, "0")
        tokens.connect(Connection(account, user.user_id, BROKER, "0", later))
        FleetRow(self.database).found(now, None)
        PostgresLayouts(self.database).arrange(Shape(1, 1, 1))
        return user.user_id

    def fill(self, user: UserId, count: int, weekdays: Sequence[str]) -> None:
        """Add bots whose events repeat weekly on these days, evenly over the session."""
        self.console.print(f"Adding {count:,} events …")
        roster = PostgresRoster(self.database, Bounds(bots=count))
        kinds = [_definition(n, weekdays) for n in range(LATEST_MIN)]
        written = [(dump(one), version(one)) for one in kinds]
        now = instant(DAY, dt.time(9))
        account = account_id(user, BROKER, "0")
        for first in range(0, count // EVENTS_A_BOT, 500):
            last = min(first + 500, count // EVENTS_A_BOT)
            new = []
            for n in range(first, last):
                kind = n % len(kinds)
                self.bots += 1
                named = replace(kinds[kind], name=f"Bench {self.bots}")
                new.append(NewBot(user, account, named, *written[kind], is_on=True))
            roster.add_bots(new, now)
        with self.database.transaction() as connection:
            execute(connection, "ANALYZE events")

    def minutes(self, first: dt.time) -> list[Minute]:
        """Look at each of the minutes from `first` on; the one before is not told."""
        seen = [self.minute(instant(DAY, _later(first, n))) for n in range(-1, MINUTES)]
        return seen[1:]

    def minute(self, at: dt.datetime) -> Minute:
        """Find what is due, then route it and move it on."""
        with self.database.transaction() as connection:
            began_s = time.perf_counter()
            due = len(events.due(connection, at))
            found_s = time.perf_counter() - began_s
        with self.database.transaction() as connection:
            began_s = time.perf_counter()
            events.route(connection, at)
            routed_s = time.perf_counter() - began_s
            (left,) = rows(connection, "SELECT count(*) FROM events WHERE next_at <= %(at)s", at=at)
        assert left["count"] == 0  # noqa: S101  what is measured was done
        return Minute(found_s * 1000, routed_s * 1000, due)


def _definition(number: int, weekdays: Sequence[str]) -> Definition:
    """Make a bot of ten weekly events, at times of its own."""
    times = [divmod(OPENS + (number + 37 * n) % LATEST_MIN, 60) for n in range(EVENTS_A_BOT)]
    return parse(
        {
            "botfleet": 1,
            "name": "Bench",
            "limits": {"allocation": 10_000, "daily_positions": 3, "open_positions": 3},
            "automations": [
                {
                    "name": f"Event {n}",
                    "lane": "event",
                    "trigger": {
                        "every": "week",
                        "on": [weekdays[(number + n) % len(weekdays)]],
                        "at": f"{hour:02}:{minute:02}",
                    },
                    "tree": "nothing",
                }
                for n, (hour, minute) in enumerate(times)
            ],
        }
    )


def _later(clock: dt.time, minutes: int) -> dt.time:
    return (dt.datetime.combine(DAY, clock) + dt.timedelta(minutes=minutes)).time()


def _told(name: str, seen: Sequence[Minute]) -> dict[str, float]:
    found, routed = [one.found_ms for one in seen], [one.routed_ms for one in seen]
    return {
        f"{name}_due_a_minute": round(sum(one.due for one in seen) / len(seen), 1),
        f"{name}_found_p50_ms": round(percentile(found, 0.5), 2),
        f"{name}_found_p99_ms": round(percentile(found, 0.99), 2),
        f"{name}_routed_p50_ms": round(percentile(routed, 0.5), 2),
        f"{name}_routed_p99_ms": round(percentile(routed, 0.99), 2),
    }
