"""`botfleet hook`: names by which a user's bots are called from outside."""

import re
import secrets
from typing import Annotated
from uuid import UUID

import typer

from botfleet.cli.connected import connected, user_named
from botfleet.cli.listing import show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.errors import BadInput, Refusal

app = typer.Typer(no_args_is_help=True, help="Hooks: create, list, rotate, delete.")

Name = Annotated[str, typer.Argument(help="As the bots' triggers say it: `webhook: NAME`.")]
Owner = Annotated[str, typer.Option("--user", help="Whose bots it drives.")]

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_SECRET_BYTES = 32
_COLUMNS = {
    "user": lambda line: line.user,
    "hook": lambda line: line.name,
    "drives": lambda line: line.drives,
    "created": lambda line: line.created_at,
    "secret of": lambda line: line.changed_at,
    "path": lambda line: _path(line.hook_id),
}


@app.callback()
def _group() -> None:
    """Hooks: names by which a user's bots are called from outside."""


@app.command(epilog="Example:  botfleet hook create tradingview --user ann")
def create(name: Name, *, user: Owner, home: Home = None, as_json: AsJson = False) -> None:
    """Make a hook; its secret is shown this once only, and kept sealed."""
    if not _NAME.fullmatch(name):
        raise BadInput("A hook's name has 1 to 40 small letters, digits and inner dashes.")
    with connected(home) as wiring:
        owner, secret = user_named(wiring, user), secrets.token_hex(_SECRET_BYTES)
        made = wiring.hooks.create(owner.user_id, name, secret.encode(), wiring.clock.now())
        if made is None:
            raise Refusal(f"{user} has a hook {name} already; `botfleet hook rotate` renews it.")
        _tell(made, secret, as_json=as_json)


@app.command("list", epilog="Examples:  botfleet hook list   ·   … --user ann --json")
def list_(
    *,
    user: Annotated[str | None, typer.Option(help="Only this user's.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List hooks, and how many automations wait for each; secrets are never shown."""
    with connected(home) as wiring:
        lines = wiring.hooks.lines(user_named(wiring, user).user_id if user else None)
    show(lines, _COLUMNS, as_json=as_json, none="There are no hooks; `botfleet hook create` …")


@app.command(epilog="Example:  botfleet hook rotate tradingview --user ann")
def rotate(name: Name, *, user: Owner, home: Home = None, as_json: AsJson = False) -> None:
    """Make another secret for a hook; the old one is worth nothing from now on."""
    with connected(home) as wiring:
        owner, secret = user_named(wiring, user), secrets.token_hex(_SECRET_BYTES)
        hook = wiring.hooks.rotate(owner.user_id, name, secret.encode(), wiring.clock.now())
        _tell(hook, secret, as_json=as_json)


@app.command(epilog="Example:  botfleet hook delete tradingview --user ann")
def delete(name: Name, *, user: Owner, home: Home = None) -> None:
    """Take a hook away; whoever calls it from now on is a stranger."""
    with connected(home) as wiring:
        wiring.hooks.delete(user_named(wiring, user).user_id, name)
    typer.echo(f"{user} has no hook {name} any more.")


def _tell(hook: UUID, secret: str, *, as_json: bool) -> None:
    path = _path(hook)
    if as_json:
        print_json({"hook_id": str(hook), "path": path, "secret": secret})
        return
    typer.echo(f"POST {path}  (at the API: `botfleet status` says where)")
    typer.echo(f"Secret for signing, shown this once:\n{secret}")


def _path(hook: UUID) -> str:
    return f"/v1/hooks/{hook}"
