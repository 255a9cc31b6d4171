"""`botfleet schedule`: when bots run, and what became of it."""

import typer

from botfleet.cli.preview import preview
from botfleet.cli.slots import ledger

app = typer.Typer(no_args_is_help=True, help="When bots run.")

app.command(
    epilog="Examples:  botfleet schedule ledger   ·   … --day 2026-03-13 --kind mark --json   ·   "
    "… --trigger repeating --all"
)(ledger)
app.command(
    epilog="Examples:  botfleet schedule preview wheel.yaml   ·   … Wheel --count 20   ·   "
    "… --every month --on 'third friday' --at 10:00 --holiday before   ·   … --interval 5"
)(preview)


@app.callback()
def _group() -> None:
    """When bots run."""
