"""`botfleet bench mark`: one mark, from ring to commit, beside as many messages that do nothing.

A fleet of its own plays a few marks; the time of each runs until its last batch is committed. Then
as many no-op messages go through the same broker to the same workers.
"""

import time
from itertools import cycle
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console

from botfleet.adapters.celery.app import queue_of
from botfleet.cli.bench.crowd import BOTS_A_USER, PATIENCE_S, Crowd, Judged, crowd, scanners
from botfleet.cli.bench.figures import percentile, tell
from botfleet.cli.options import AsJson
from botfleet.errors import Refusal

app = typer.Typer()

WARMING, ROUNDS = 1, 3


@app.command(
    "mark", epilog="Examples:  botfleet bench mark   ·   botfleet bench mark --bots 10000 --json"
)
def bench_mark(
    *,
    bots: Annotated[int, typer.Option(min=1, help="How many bots, at least.")] = 10_000,
    automations: Annotated[int, typer.Option(min=1, max=5, help="Scanners a bot.")] = 2,
    pods: Annotated[int, typer.Option(min=1)] = 1,
    instances: Annotated[int, typer.Option(min=1, help="Instances a pod.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Judge every bot's scanners at one mark through real workers; compare with no-op messages."""
    console = Console(stderr=as_json)
    users = -(-bots // BOTS_A_USER)
    judged_n = users * BOTS_A_USER * automations
    with crowd(pods=pods, instances=instances) as one:
        console.print(f"Adding {users * BOTS_A_USER:,} bots of {automations} scanners …")
        before_mib = one.weight_mib()
        one.add(users, scanners(BOTS_A_USER, automations))
        judged = [_mark(one, console) for _ in range(WARMING + ROUNDS)][WARMING:]
        grown_mib = one.weight_mib() - before_mib
        console.print(f"Sending {judged_n:,} messages that do nothing …")
        rate = _nothing(one, judged_n)
    figures = _figures(judged)
    figures["mib_per_1000_bots"] = round(grown_mib / users / BOTS_A_USER * 1000, 2)
    figures["noop_messages_per_s"] = round(rate)
    figures["ratio"] = round(figures["automations_per_s"] / rate, 1)
    tell(
        "mark",
        {"bots": users * BOTS_A_USER, "instances": pods * instances} | figures,
        as_json=as_json,
    )


def _mark(one: Crowd, console: Console) -> Judged:
    judged = one.mark()
    console.print(f"  {judged.automations:,} automations in {judged.took_s:.2f} s")
    return judged


def _figures(judged: list[Judged]) -> dict[str, Any]:
    """Sum the counted marks up."""
    lags = [lag for mark in judged for lag in mark.lags_s()]
    return {
        "automations": judged[-1].automations,
        "automations_per_s": round(median(mark.automations / mark.took_s for mark in judged)),
        "seconds_a_mark": round(median(mark.took_s for mark in judged), 2),
        "lag_p50_s": round(percentile(lags, 0.5), 3),
        "lag_p99_s": round(percentile(lags, 0.99), 3),
    }


def _nothing(one: Crowd, count: int) -> float:
    """Send no-op messages to the instances in turn; give how many get through a second."""
    app_, queues = one.wiring.app, [queue_of(seat.pod, seat.instance) for seat in one.seats()]
    began_s = time.perf_counter()
    with app_.producer_pool.acquire(block=True) as producer:
        for _, queue in zip(range(count), cycle(queues), strict=False):
            app_.send_task("botfleet.nothing", queue=queue, producer=producer)
        for queue in queues:
            app_.send_task("botfleet.nothing", ["bench"], queue=queue, producer=producer)
    bell = one.wiring.bell_named("bench")
    heard = sum(bell.wait(PATIENCE_S) for _ in queues)
    if heard < len(queues):
        raise Refusal("The workers did not get through the messages.")
    return count / (time.perf_counter() - began_s)
