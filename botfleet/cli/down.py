"""`botfleet down`: stops the fleet that lives in a home, and waits until it has stopped."""

import os
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Annotated

import typer

from botfleet.adapters.system import homes
from botfleet.adapters.system.processes import watched
from botfleet.cli.options import Home, given
from botfleet.config import Settings
from botfleet.errors import NotFound, Refusal

app = typer.Typer()


@app.command(epilog="Examples:  botfleet down   ·   botfleet down --now")
def down(
    *,
    home: Home = None,
    wait_s: Annotated[float, typer.Option(help="How long to wait for it.", min=0)] = 60,
    now: Annotated[bool, typer.Option("--now", help="Kill it; nothing is lost.")] = False,
) -> None:
    """Stop the fleet, and wait until it has stopped."""
    settings = Settings.read(**given(home=home))
    pid = homes.holder(settings.home)
    if pid is None:
        raise NotFound(f"No fleet runs in {settings.home}.")
    has_ended = _end(pid, settings.home, wait_s=wait_s, now=now)
    if not has_ended:
        raise Refusal(
            f"The fleet (process {pid}) has not stopped in {wait_s:g} s; "
            "`botfleet down --now` kills it."
        )
    typer.echo("The fleet has stopped.")


def _end(pid: int, home: Path, *, wait_s: float, now: bool) -> bool:
    """Ask the fleet to end, or kill it; did it end in time?"""
    with watched(pid) as has_ended:
        if has_ended(0):
            return True
        if now:
            os.kill(pid, SIGKILL)
        else:
            _ask(pid, home)
        return has_ended(wait_s)


def _ask(pid: int, home: Path) -> None:
    """Ask over its socket, as a program that runs a fleet may not listen to signals."""
    record = homes.found(home)
    if record is not None:
        with suppress(Refusal):
            homes.order(record.control, {"do": "down"})
            return
    with suppress(ProcessLookupError):
        os.kill(pid, SIGTERM)
