"""`botfleet db`: the database's schema."""

import typer

from botfleet.adapters.postgres.migrate import upgrade
from botfleet.cli.connected import settings_of
from botfleet.cli.options import Home

app = typer.Typer(no_args_is_help=True, help="The database's schema.")


@app.callback()
def _group() -> None:
    """The database's schema."""


@app.command(epilog="Examples:  BOTFLEET_DATABASE_URL=postgresql://… botfleet db migrate")
def migrate(*, home: Home = None) -> None:
    """Bring the database to this build's schema; all of it or nothing."""
    upgrade(settings_of(home).database_url or "")
    typer.echo("The schema is up to date.")
