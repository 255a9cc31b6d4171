"""`botfleet notify`: where owners are told outside, by e-mail, webhook or chat."""

import sys
from typing import Annotated

import typer

from botfleet.cli.connected import connected, user_named
from botfleet.cli.listing import show
from botfleet.cli.options import AsJson, Home
from botfleet.domain.bots.mishaps import Level

app = typer.Typer(no_args_is_help=True, help="Where owners are told outside.")

User = Annotated[str, typer.Option(help="Whose channel.")]
Name = Annotated[str, typer.Argument(help="The channel's name.")]
_COLUMNS = {
    "user": lambda one: one.user,
    "channel": lambda one: one.name,
    "to": lambda one: f"{one.scheme}://…",
    "told of": lambda one: ", ".join(one.levels),
    "sent": lambda one: one.sent,
    "failed": lambda one: one.failed,
}


@app.command(
    epilog="Examples:  echo slack://… | botfleet notify add phone --user ann --on error --on ask"
)
def add(
    name: Name,
    *,
    user: User,
    on: Annotated[list[Level], typer.Option(help="Of what; may be repeated.")],
    home: Home = None,
) -> None:
    """Add a channel, or replace the one of its name; its address is read from stdin, once.

    It is kept sealed and never shown. Addresses are Apprise's: slack://, discord://, tgram:// …
    """
    wiring = connected(home)
    owner = user_named(wiring, user).user_id
    line = wiring.subscribe.subscribe(owner, name, sys.stdin.readline().strip(), on)
    typer.echo(f"{user} is told of {', '.join(line.levels)} at {name} ({line.scheme}://).")


@app.command("list", epilog="Examples:  botfleet notify list   ·   botfleet notify list --json")
def list_(
    *,
    user: Annotated[str | None, typer.Option(help="Only this user's.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List channels, what they are told of, and how it went."""
    wiring = connected(home)
    owner = user_named(wiring, user).user_id if user else None
    show(wiring.channels.lines(owner), _COLUMNS, as_json=as_json, none="There are no channels.")


@app.command("test", epilog="Examples:  botfleet notify test phone --user ann")
def try_(name: Name, *, user: User, home: Home = None) -> None:
    """Send a word to a channel now."""
    wiring = connected(home)
    wiring.subscribe.test(user_named(wiring, user).user_id, name)
    typer.echo(f"{name} took it.")


@app.command(epilog="Examples:  botfleet notify remove phone --user ann")
def remove(name: Name, *, user: User, home: Home = None) -> None:
    """Forget a channel and its address."""
    wiring = connected(home)
    wiring.channels.remove(user_named(wiring, user).user_id, name)
    typer.echo(f"{name} is forgotten.")
