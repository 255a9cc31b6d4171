"""`botfleet bench seats`: what it takes to plan the seats of a million users.

Nothing is stored: what is timed is the count of who sits where, the plan, and the choice of who
moves. The least moves are counted apart: what every seat has beyond its share.
"""

import time
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Annotated

import typer

from botfleet.cli.bench.figures import tell
from botfleet.cli.options import AsJson
from botfleet.domain.fleet.seating import Seat, flows, moves, seats

app = typer.Typer()

_EXAMPLES = "Examples:  botfleet bench seats   ·   botfleet bench seats --users 100000 --json"


@app.command("seats", epilog=_EXAMPLES)
def bench_seats(
    *,
    users: Annotated[int, typer.Option(min=1, help="How many users.")] = 1_000_000,
    pods: Annotated[int, typer.Option(min=1, help="How many pods.")] = 1_000,
    instances: Annotated[int, typer.Option(min=1, help="How many instances a pod.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Plan the seats of many users after one pod came, one went, and every second one went."""
    everywhere = seats(pods=pods, instances=instances)
    seated = {number: everywhere[number % len(everywhere)] for number in range(users)}
    figures: dict[str, float] = {"users": users, "instances": len(everywhere)}
    changes = {
        "pod_added": seats(pods=pods + 1, instances=instances),
        "pod_removed": seats(pods=max(1, pods - 1), instances=instances),
        "half_the_pods": seats(pods=max(1, pods // 2), instances=instances),
    }
    for name, there in changes.items():
        figures |= {f"{name}_{what}": value for what, value in _planned(seated, there).items()}
    tell("seats", figures, as_json=as_json)


def _planned(seated: Mapping[int, Seat], there: Collection[Seat]) -> dict[str, float]:
    began_s = time.perf_counter()
    taken = Counter(seated.values())
    chosen = moves(seated, flows(taken, there))
    took_s = time.perf_counter() - began_s
    after = Counter(chosen.get(user, seat) for user, seat in seated.items())
    held = [after[seat] for seat in there]
    return {
        "seconds": round(took_s, 3),
        "moves": len(chosen),
        "moves_at_least": _least(taken, there),
        "uneven_by": max(held) - min(held),
    }


def _least(taken: Mapping[Seat, int], there: Collection[Seat]) -> int:
    """Count those who must move: off seats that are gone, and beyond the larger shares."""
    share, larger = divmod(sum(taken.values()), len(there))
    counts = sorted((taken.get(seat, 0) for seat in there), reverse=True)
    shares = [share + (place < larger) for place in range(len(counts))]
    gone = sum(taken.values()) - sum(counts)
    over = sum(max(0, count - most) for count, most in zip(counts, shares, strict=True))
    return gone + over
