"""`botfleet button`: press a bot's buttons."""

import secrets
from typing import Annotated

import typer

from botfleet.application.press import Click
from botfleet.cli.connected import connected
from botfleet.cli.options import AsJson, Home, print_json

app = typer.Typer(no_args_is_help=True, help="Press buttons.")


@app.callback()
def _group() -> None:
    """Press buttons."""


@app.command(epilog="Examples:  botfleet button press 'Go button' go   ·   … --click 2026-11-20/1")
def press(
    bot: Annotated[str, typer.Argument(help="The bot's name or id.")],
    label: Annotated[str, typer.Argument(help="The button's label.")],
    *,
    click: Annotated[
        str | None, typer.Option(help="Names this click: the same one twice runs once.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Run the automation behind a button, now; the market must be open and the bot on."""
    click_id = click or secrets.token_urlsafe(12)
    run_id = connected(home).press.press(Click(None, bot, label, click_id))
    if as_json:
        print_json({"run_id": run_id, "click_id": click_id})
    else:
        typer.echo(f"Pressed; `botfleet run show {run_id}` tells what comes of it.")
