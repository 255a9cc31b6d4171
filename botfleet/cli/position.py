"""`botfleet position`: what bots hold and held."""

from typing import Annotated

import typer

from botfleet.application.ports.journal import Wanted
from botfleet.cli.connected import connected
from botfleet.cli.listing import Limit, gathered, money, show
from botfleet.cli.options import AsJson, Home
from botfleet.domain.positions.position import PositionState

app = typer.Typer(no_args_is_help=True, help="What bots hold and held.")

_COLUMNS = {
    "opened (ET)": lambda held: held.opened_at,
    "user": lambda held: held.user,
    "bot": lambda held: held.bot,
    "symbol": lambda held: held.symbol,
    "structure": lambda held: held.structure.replace("_", " "),
    "quantity": lambda held: held.quantity,
    "entry": lambda held: held.entry.normalize(),
    "state": lambda held: held.state,
    "gain": lambda held: f"{held.gain:+.1%}",
    "realised": lambda held: money(held.realised_cents),
    "closed by": lambda held: held.closed_by,
}


@app.callback()
def _group() -> None:
    """What bots hold and held."""


@app.command("list", epilog="Examples:  botfleet position list --state open   ·   … --json")
def list_(
    *,
    bot: Annotated[str | None, typer.Option(help="Only this bot's, by name or id.")] = None,
    state: Annotated[PositionState | None, typer.Option(help="Only those in this state.")] = None,
    limit: Limit = 20,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List positions, newest first."""
    journal = connected(home).journal
    bot_id = journal.bot(None, bot).bot_id if bot else None
    lines = gathered(journal.positions, Wanted(None, bot_id, str(state or ""), limit=limit))
    show(lines, _COLUMNS, as_json=as_json, none="There are no positions.")
