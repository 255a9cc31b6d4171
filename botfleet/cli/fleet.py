"""`botfleet fleet`: the fleet as a whole."""

from dataclasses import asdict

import typer
from rich.console import Console

from botfleet.application.verify import verify as look
from botfleet.cli.connected import connected
from botfleet.cli.options import AsJson, Home, print_json

app = typer.Typer(no_args_is_help=True, help="The fleet as a whole: verify.")


@app.callback()
def fleet() -> None:
    """Speak to the fleet as a whole."""


@app.command(epilog="Examples:  botfleet fleet verify   ·   botfleet fleet verify --json")
def verify(*, home: Home = None, as_json: AsJson = False) -> None:
    """Fingerprint every bot's state, and hold ledger and Redis together; exit 1 if they differ.

    Equal digests before a stop and after a start mean that nothing was lost.
    """
    wiring = connected(home)
    found = look(wiring.prints, wiring.batches, wiring.pools)
    if as_json:
        print_json({**asdict(found), "market_at": wiring.clock.now().isoformat()})
    else:
        console = Console()
        console.print(f"{found.bots} bots, state {found.digest}", highlight=False)
        console.print(f"{found.cold} pools are not loaded in Redis just now", highlight=False)
        for bot in found.drifted:
            console.print(f"[red]the pool of bot {bot} differs from its ledger[/red]")
    if found.drifted:
        raise typer.Exit(1)
