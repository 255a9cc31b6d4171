"""`botfleet ask`: actions that wait for their owner's yes."""

from typing import Annotated
from uuid import UUID

import typer

from botfleet.cli.connected import connected, user_named
from botfleet.cli.listing import eastern, show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.domain.ids import AskId
from botfleet.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="Actions that wait for a yes.")

Ask = Annotated[str, typer.Argument(help="The ask's id, as `ask list` shows it.")]
_COLUMNS = {
    "ask": lambda one: one.ask_id,
    "user": lambda one: one.user,
    "bot": lambda one: one.bot,
    "what": lambda one: one.words,
    "until (ET)": lambda one: eastern(one.lapses_at),
    "answer": lambda one: one.answer,
}


@app.command(
    "list", epilog="Examples:  botfleet ask list   ·   botfleet ask list --user ann --json"
)
def list_(
    *,
    user: Annotated[str | None, typer.Option(help="Only this user's.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that wait no more.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for a yes."""
    wiring = connected(home)
    owner = user_named(wiring, user).user_id if user else None
    lines = wiring.asks.asks(owner, waiting_at=None if every else wiring.clock.now())
    show(lines, _COLUMNS, as_json=as_json, none="Nothing waits for a yes.")


@app.command(epilog="Examples:  botfleet ask yes 6f0c2a9e-…")
def yes(ask: Ask, *, home: Home = None, as_json: AsJson = False) -> None:
    """Let it happen: every check runs again, at fresh prices."""
    run_id = connected(home).reply.reply(None, _id(ask), yes=True)
    if as_json:
        print_json({"answer": "yes", "run_id": run_id})
    else:
        typer.echo(f"Agreed; `botfleet run show {run_id}` tells what comes of it.")


@app.command(epilog="Examples:  botfleet ask no 6f0c2a9e-…")
def no(ask: Ask, *, home: Home = None, as_json: AsJson = False) -> None:
    """Let it not happen."""
    connected(home).reply.reply(None, _id(ask), yes=False)
    if as_json:
        print_json({"answer": "no", "run_id": None})
    else:
        typer.echo("Declined; nothing happens.")


def _id(text: str) -> AskId:
    try:
        return AskId(UUID(text))
    except ValueError:
        raise NotFound("There is no such ask.") from None
