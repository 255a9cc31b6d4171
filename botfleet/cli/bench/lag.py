"""`botfleet bench lag`: how late bots are judged, and what one costs, in fleets of several sizes.

One fleet that grows: at each size some marks warm up and are not counted. A bot's cost is what all
processes of the fleet computed during a mark, by the bots that were judged.
"""

from collections.abc import Mapping
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console

from botfleet.cli.bench.crowd import BOTS_A_USER, Crowd, Judged, crowd, scanners
from botfleet.cli.bench.figures import percentile, tell
from botfleet.cli.options import AsJson

app = typer.Typer()

SIZES = (1_000, 10_000, 50_000)
WARMING = 2


@app.command(
    "lag", epilog="Examples:  botfleet bench lag   ·   botfleet bench lag --bots 500 --bots 5000"
)
def bench_lag(
    *,
    bots: Annotated[
        list[int] | None, typer.Option(min=BOTS_A_USER, help="How many bots; again for more.")
    ] = None,
    automations: Annotated[int, typer.Option(min=1, max=5, help="Scanners a bot.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, max=300, help="Marks a size.")] = 5,
    instances: Annotated[int, typer.Option(min=1, help="Instances of the pod.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Play marks with ever more bots; tell lag and cost of a bot at each size."""
    console = Console(stderr=as_json)
    sizes = sorted({size // BOTS_A_USER for size in bots or SIZES})
    figures: dict[str, Any] = {"automations_a_bot": automations, "instances": instances}
    with crowd(instances=instances) as one:
        for users in sizes:
            console.print(f"Growing to {users * BOTS_A_USER:,} bots …")
            one.add(users - len(one.users), scanners(BOTS_A_USER, automations))
            figures |= _figures(users * BOTS_A_USER, _marks(one, rounds, console))
    tell("lag", figures, as_json=as_json)


def _marks(one: Crowd, rounds: int, console: Console) -> list[Judged]:
    judged = []
    for n in range(WARMING + rounds):
        mark = one.mark()
        console.print(f"  {n + 1} of {WARMING + rounds}: last commit {max(mark.lags_s()):.2f} s")
        judged.append(mark)
    return judged[WARMING:]


def _figures(bots: int, judged: list[Judged]) -> dict[str, Any]:
    lags = [lag for mark in judged for lag in mark.lags_s()]
    costs = [_cost_us(mark.cpu_s, bots) for mark in judged]
    return {
        f"{bots}_bots": {
            "lag_p50_s": round(percentile(lags, 0.5), 3),
            "lag_p99_s": round(percentile(lags, 0.99), 3),
            "lag_max_s": round(max(lags), 3),
            **{
                f"{part}_us_a_bot": round(median(cost[part] for cost in costs), 1)
                for part in costs[0]
            },
        }
    }


def _cost_us(spent: Mapping[str, float], bots: int) -> dict[str, float]:
    """Give the processor time a bot and mark, by part of the fleet, microseconds."""
    parts = {"instances": 0.0, "postgres": 0.0, "others": 0.0}
    for name, seconds in spent.items():
        part = name if name in parts else "instances" if name.startswith("pod.") else "others"
        parts[part] += seconds
    return {name: part / bots * 1e6 for name, part in {**parts, "all": sum(parts.values())}.items()}
