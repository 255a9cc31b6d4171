"""`botfleet bench`: what the fleet does in how long, measured and told; nothing passes or fails."""

import typer

from botfleet.cli.bench import (
    boot,
    chain,
    fairness,
    lag,
    mark,
    orders,
    pool,
    rescale,
    schedule,
    seats,
    track,
    walk,
    watch,
)

app = typer.Typer(no_args_is_help=True, help="Measure the fleet on this machine.")
for module in (
    mark,
    lag,
    fairness,
    rescale,
    walk,
    watch,
    chain,
    pool,
    schedule,
    seats,
    orders,
    boot,
    track,
):
    app.add_typer(module.app)
