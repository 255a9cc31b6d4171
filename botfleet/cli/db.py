"""`botfleet db`: the database's schema."""

import typer

from botfleet.adapters.postgres.migrate import upgrade
from botfleet.cli.connected import connected
from botfleet.cli.options import Home

app = typer.Typer(no_args_is_help=True, help="The database's schema.")


@app.callback()
def _group() -> None:
    """The database's schema."""


@app.command(epilog="Examples:  BOTFLEET_DATABASE_URL=postgresql://… botfleet db migrate")
def migrate(*, home: Home = None) -> None:
    """Bring the database to this build's schema; all of it or nothing."""
    url = connected(home).settings.database_url
    upgrade(url or "")
    typer.echo("The schema is up to date.")
