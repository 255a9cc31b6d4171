"""`botfleet bench boot`: how soon a fleet is up from nothing, and again, and what it weighs."""

import datetime as dt
import tempfile
import time
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from botfleet.cli.bench.figures import tell, weight_mib
from botfleet.cli.options import AsJson
from botfleet.cli.processes import Fleet
from botfleet.config import Settings

app = typer.Typer()


@app.command("boot", epilog="Examples:  botfleet bench boot   ·   botfleet bench boot --json")
def bench_boot(*, as_json: AsJson = False) -> None:
    """Start a fleet in an empty home, stop it, start it again; every process ready each time."""
    console = Console(stderr=as_json)
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        settings = Settings.read(
            home=Path(folder), clock="lockstep", date=dt.date(2026, 3, 10), is_held=True
        )
        figures: dict[str, Any] = {}
        weights: dict[str, float] = {}
        for name in ("up_from_nothing_s", "up_again_s"):
            began_s = time.perf_counter()
            with Fleet(settings).running() as fleet:
                figures[name] = round(time.perf_counter() - began_s, 2)
                console.print(f"up after {figures[name]} s")
                weights = {
                    state.name: weight_mib([state.pid])
                    for state in fleet.processes()
                    if state.pid is not None
                }
    instances = [weight for name, weight in weights.items() if name.startswith("pod.")]
    figures["instance_mib"] = round(max(instances), 1)
    figures["fleet_mib"] = round(sum(weights.values()), 1)
    figures["processes"] = len(weights)
    tell("boot", figures, as_json=as_json)
