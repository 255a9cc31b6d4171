"""`botfleet vault`: the keys under which broker tokens and hooks' secrets are sealed."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from botfleet.adapters.vault.envelope import load_or_create
from botfleet.application.rotate import rotate as turn
from botfleet.cli.connected import connected
from botfleet.cli.listing import show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.errors import BadInput

app = typer.Typer(
    no_args_is_help=True, help="The keys that seal broker tokens: create, list, rotate."
)


@app.callback()
def _group() -> None:
    """The keys that seal broker tokens."""


@app.command("list", epilog="Examples:  botfleet vault list   ·   botfleet vault list --json")
def list_(*, home: Home = None, as_json: AsJson = False) -> None:
    """List the keys by name, and how many secrets are sealed under each."""
    wiring = connected(home)
    keys = wiring.vault.keys
    counts = Counter(wiring.tokens.sealed_under()) + Counter(wiring.hooks.sealed_under())
    lines = [
        {"key": name, "secrets": counts[name], "is_current": name == keys[-1]} for name in keys
    ]
    columns = {
        "key": lambda line: line["key"],
        "secrets": lambda line: line["secrets"],
        "": lambda line: "current" if line["is_current"] else "",
    }
    show(lines, columns, as_json=as_json, none="There are no keys yet.")


@app.command(epilog="Examples:  botfleet vault create vault.json")
def create(file: Annotated[Path, typer.Argument(help="Where; it must not be there yet.")]) -> None:
    """Make a file with one new key, for a fleet whose parts are given it (`deploy/README.md`).

    Whoever has it and the database can trade in users' accounts; without it their logins are lost.
    """
    try:
        if file.exists():
            raise BadInput(f"{file} is there already; a key that seals something is not replaced.")
        load_or_create(file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}.") from error
    typer.echo(f"{file} holds a new key; keep a copy apart from the database's backups.")


@app.command(epilog="Examples:  botfleet vault rotate   ·   botfleet vault rotate --json")
def rotate(*, home: Home = None, as_json: AsJson = False) -> None:
    """Seal every secret under a new key, while the fleet runs; no call fails meanwhile.

    The key before is kept until the next rotation; older ones that seal nothing are forgotten.
    """
    wiring = connected(home)
    rotated = turn(wiring.vault, wiring.tokens, wiring.hooks)
    if as_json:
        print_json(asdict(rotated))
        return
    typer.echo(f"{rotated.moved} secrets are sealed under {rotated.key} now.")
    if rotated.retired:
        typer.echo(f"Forgotten: {', '.join(rotated.retired)}.")
