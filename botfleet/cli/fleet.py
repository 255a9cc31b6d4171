"""`botfleet fleet`: the fleet as a whole, and the switches over it."""

from dataclasses import asdict

import typer
from rich.console import Console
from rich.markup import escape

from botfleet.application.account import account
from botfleet.application.verify import verify as look
from botfleet.cli import reconciling, restraint
from botfleet.cli.connected import connected
from botfleet.cli.listing import eastern, plain, show_one
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.cli.recovery import recovery_of, unfit
from botfleet.cli.slots import named
from botfleet.domain.eastern import day_of

app = typer.Typer(
    no_args_is_help=True,
    help="The fleet as a whole: halt, reduce, resume, switches, verify, reconcile.",
)
app.add_typer(restraint.app)
app.add_typer(reconciling.app)


@app.callback()
def fleet() -> None:
    """Speak to the fleet as a whole."""


@app.command(epilog="Examples:  botfleet fleet verify   ·   botfleet fleet verify --json")
def verify(*, home: Home = None, as_json: AsJson = False) -> None:
    """Fingerprint every bot's state, hold ledger and Redis together, account for today's slots.

    Exit 1 if Redis differs from the ledger, a slot that was due left no trace, or accounts wait to
    be compared since the database was restored.

    Equal states before a stop and after a start mean that nothing was lost. Cold pools are not
    loaded in Redis just now.
    """
    wiring = connected(home)
    today = day_of(wiring.clock.now())
    found = look(wiring.prints, wiring.batches, wiring.pools, today)
    slots = account(today, wiring.slots)
    now = wiring.journal.numbers(wiring.clock.now())
    if as_json:
        print_json(
            {
                **asdict(found),
                "market_at": plain(wiring.clock.now()),
                "recovery": recovery_of(now),
                "slots": len(slots.slots),
                "forgotten": plain(slots.forgotten),
            }
        )
    else:
        digest = found.digest
        kept = {"bots": found.bots, "state": digest, "slots": len(slots.slots), "cold": found.cold}
        show_one(found, kept, as_json=False)
        console = Console()
        for bot in found.drifted:
            console.print(f"[red]the pool of bot {bot} differs from its ledger[/red]")
        for slot in slots.forgotten:
            what = f"{named(slot)} of {eastern(slot.due_at)}"
            console.print(f"[red]the {what} left no trace[/red]")
        for words in unfit(now):
            console.print(f"[red]{escape(words)}[/red]")
    if found.drifted or slots.forgotten or now.accounts_restored:
        raise typer.Exit(1)
