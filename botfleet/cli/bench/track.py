"""`botfleet bench track`: bench after bench, each kept and held against what was kept before."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from botfleet.adapters.system.clock import RealClock
from botfleet.cli.bench.kept import Run, Trend, keep, read, trends
from botfleet.cli.files import expect_writable
from botfleet.cli.listing import show
from botfleet.cli.options import AsJson
from botfleet.config import Settings
from botfleet.errors import BadInput, Refusal

app = typer.Typer()

BENCHES = (
    *("boot", "chain", "fairness", "lag", "mark", "orders", "pool", "rescale"),
    *("schedule", "seats", "walk", "watch"),
)
_PROGRAM = (sys.executable, "-m", "botfleet.cli.main", "bench")

History = Annotated[Path, typer.Option(help="The file the runs are kept in, a line each.")]


_COLUMNS = {
    "bench": lambda trend: trend.bench,
    "figure": lambda trend: trend.figure.replace("_", " "),
    "before": lambda trend: "-" if trend.before is None else f"{trend.before:,.10g}",
    "now": lambda trend: f"{trend.now:,.10g}",
    "change": lambda trend: "-" if trend.change_pct is None else f"{trend.change_pct:+.1f} %",
    "runs": lambda trend: trend.bars,
}


@app.command("track", epilog="Examples:  botfleet bench track   ·   botfleet bench track mark pool")
def bench_track(
    benches: Annotated[
        list[str] | None, typer.Argument(help=f"Which: {', '.join(BENCHES)}; all of them without.")
    ] = None,
    *,
    history: History = Path("figures.jsonl"),
    as_json: AsJson = False,
) -> None:
    """Run benches, keep their figures, and hold each against those kept before."""
    wanted = _known(benches or BENCHES)
    expect_writable(history)
    kept = read(history)
    build, console = Settings.read().build, Console(stderr=as_json)
    for number, bench in enumerate(wanted, 1):
        console.print(f"{number} of {len(wanted)}: {bench} …")
        kept.append(_measured(bench, build))
        keep(history, kept[-1])
    _show([one for one in trends(kept) if one.bench in wanted], as_json=as_json)


@app.command("trend", epilog="Examples:  botfleet bench trend --history figures.jsonl --json")
def bench_trend(*, history: History = Path("figures.jsonl"), as_json: AsJson = False) -> None:
    """Show what has become of every figure that was kept; nothing is measured."""
    _show(trends(read(history)), as_json=as_json)


def _known(benches: Sequence[str]) -> Sequence[str]:
    for bench in benches:
        if bench not in BENCHES:
            raise BadInput(f"There is no bench {bench}; there are {', '.join(BENCHES)}.")
    return benches


def _measured(bench: str, build: str) -> Run:
    """Run a bench in a process of its own, and take what it tells."""
    command = [*_PROGRAM, bench, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Refusal(f"The bench {bench} ended without figures; those before it are kept.")
    told = json.loads(done.stdout)
    machine, _ = told.pop("machine"), told.pop("bench")
    return Run(RealClock().now(), build, bench, machine, told)


def _show(told: Sequence[Trend], *, as_json: bool) -> None:
    show(told, _COLUMNS, as_json=as_json, none="No figures are kept; `botfleet bench track` does.")
