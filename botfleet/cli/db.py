"""`botfleet db`: the database's schema, how large it is, and the days it keeps."""

from collections import Counter
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from botfleet.adapters.postgres.migrate import upgrade
from botfleet.adapters.postgres.schema import version
from botfleet.adapters.system.patience import patiently
from botfleet.application.trim import trim
from botfleet.bootstrap import Wiring, prepare
from botfleet.cli.connected import connected, settings_of
from botfleet.cli.listing import show
from botfleet.cli.options import AsJson, Home, print_json

app = typer.Typer(no_args_is_help=True, help="The database: its schema, its size, its past.")


@app.callback()
def _group() -> None:
    """The database: its schema, its size, its past."""


@app.command(
    epilog="Examples:  BOTFLEET_DATABASE_URL=postgresql://… botfleet db migrate   ·   "
    "botfleet db migrate --begin --wait 60"
)
def migrate(
    *,
    begin: Annotated[
        bool,
        typer.Option(
            "--begin",
            help="Then see that the servers keep their word, and begin the fleet: as large as the "
            "settings say, or, if it has begun, as it is.",
        ),
    ] = False,
    wait: Annotated[
        int, typer.Option(min=0, help="Seconds to wait for servers that do not answer yet.")
    ] = 0,
    home: Home = None,
) -> None:
    """Bring the database to this build's schema; all of it or nothing."""
    if wait:
        bring_up = partial(_bring_up, home, begin=begin)
        patiently(bring_up, wait, lambda why: typer.echo(f"Waiting: {why}", err=True))
    else:
        _bring_up(home, begin=begin)
    typer.echo("The schema is up to date" + ("; the fleet has begun." if begin else "."))


def _bring_up(home: Path | None, *, begin: bool) -> None:
    if begin:
        prepare(is_sized=False)
    else:
        upgrade(settings_of(home).database_url or "")


@app.command("version", epilog="Examples:  botfleet db version   ·   botfleet db version --json")
def version_(*, home: Home = None, as_json: AsJson = False) -> None:
    """Say which schema the database has and this build brings; exit 1 if they do not fit."""
    with Wiring(settings_of(home)) as wiring:
        found = version(wiring.database)
    if as_json:
        print_json(asdict(found))
    else:
        typer.echo(
            f"The database has schema {found.database}, this build {found.build}; "
            f"builds of {found.oldest} and later serve it."
        )
    found.check()


_SIZES = {
    "table": lambda one: one.name,
    "about rows": lambda one: f"{one.rows_estimated:,}",
    "KiB": lambda one: f"{one.bytes / 1024:,.0f}",
}


@app.command(epilog="Examples:  botfleet db size   ·   botfleet db size --json")
def size(*, home: Home = None, as_json: AsJson = False) -> None:
    """List the tables, the largest first, with their indexes; rows are Postgres's estimate."""
    with connected(home) as wiring:
        show(wiring.past.sizes(), _SIZES, as_json=as_json, none="There are no tables.")


@app.command("trim", epilog="Examples:  botfleet db trim --before 2026-01-02")
def trim_past(
    *,
    before: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day to keep.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Take away what nobody needs of the days before; may be stopped and begun again at will.

    Orders, fills, balances, positions, and how what is held came to be, always stay.
    """
    gone: Counter[str] = Counter()
    with connected(home) as wiring:
        day: date = before.date()
        for step in trim(day, wiring.clock.now(), past=wiring.past):
            gone[step.table] += step.count
    if as_json:
        print_json(dict(gone))
        return
    told = ", ".join(f"{count:,} of {table}" for table, count in gone.items() if count)
    typer.echo(f"Took away {told}." if told else "There was nothing to take away.")
