"""`botfleet bench pool`: draws on capital pools a second, beside what they could cost at least and
beside the lock that would be the obvious way.
"""

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import redis
import typer

from botfleet.adapters.redis.pools import RedisPools, connect, keys, teach
from botfleet.adapters.system import servers
from botfleet.cli.bench.figures import percentile, tell
from botfleet.cli.options import AsJson
from botfleet.domain.capital.pool import DrawRequest, Measure, Pool
from botfleet.domain.ids import BotId, DrawId, derive

app = typer.Typer()

DAY = dt.date(2026, 3, 10)
BATCH, ROUNDS = 200, 5


@app.command("pool", epilog="Examples:  botfleet bench pool   ·   botfleet bench pool --json")
def bench_pool(
    *,
    draws: Annotated[int, typer.Option(min=BATCH, help="Draws a round.")] = 20_000,
    as_json: AsJson = False,
) -> None:
    """Draw through the port, pipelined; call an empty function; take a redis-py lock; in turn."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder, _served(Path(folder)) as client:
        rates: dict[str, list[float]] = {"draws": [], "empty": [], "lock": []}
        for turn in range(ROUNDS):
            rates["draws"].append(_timed(partial(_draw, client, turn), draws))
            rates["empty"].append(_timed(partial(_call_nothing, client), draws))
            rates["lock"].append(_timed(partial(_lock, client), draws // 20))
    draw, empty, lock = (percentile(rates[name], 0.5) for name in ("draws", "empty", "lock"))
    figures = {
        "draws_per_s": round(draw),
        "empty_calls_per_s": round(empty),
        "lock_cycles_per_s": round(lock),
        "share_of_empty_pct": round(100 * draw / empty, 1),
        "times_the_lock": round(draw / lock, 1),
    }
    tell("pool", figures, as_json=as_json)


@contextmanager
def _served(home: Path) -> Iterator["redis.Redis"]:
    """A Valkey of its own, as durable as the fleet's, that knows the library."""
    server = servers.valkey(home)
    with servers.running(server, home / "valkey.log"):
        client = connect(server.url)
        teach(client)
        yield client


def _timed(do: Callable[[int], None], count: int) -> float:
    began_s = time.perf_counter()
    do(count)
    return count / (time.perf_counter() - began_s)


def _bots(count: int) -> list[BotId]:
    return [BotId(derive("bench bot", n)) for n in range(count)]


def _draw(client: "redis.Redis", turn: int, draws: int) -> None:
    """Ask in batches, one draw a bot: fresh draws, every one granted."""
    pools = RedisPools(client)
    bots = _bots(BATCH)
    fresh = Pool(turn + 1, 10**11, 10**9, 10**9, DAY)
    pools.load(dict.fromkeys(bots, fresh))
    for first in range(0, draws, BATCH):
        pools.reserve([_ask(bot, turn, first) for bot in bots])


def _ask(bot: BotId, turn: int, first: int) -> DrawRequest:
    draw = DrawId(derive("bench draw", bot, turn, first))
    return DrawRequest(draw, bot, turn + 1, 1, Measure.CENTS, 45_000, 300, 1, 10_000, DAY)


def _call_nothing(client: "redis.Redis", calls: int) -> None:
    """The same round trips, the same keys and arguments, a function that does nothing."""
    bots = _bots(BATCH)
    for first in range(0, calls, BATCH):
        pipe = client.pipeline(transaction=False)
        for bot in bots:
            draw = derive("bench draw", bot, 0, first)
            pipe.fcall(
                "bf_nothing", 3, *keys(bot), str(draw), 1, 1, "cents", 45_000, 300, 1, 10_000
            )
        pipe.execute()


def _lock(client: "redis.Redis", cycles: int) -> None:
    """Acquire, read, write, release: one pool at a time, as a lock would have it."""
    client.set("bench:free", 10**11)
    for _ in range(cycles):
        with client.lock("bench:lock", timeout=5, sleep=0.001):
            free = int(str(client.get("bench:free")))
            client.set("bench:free", free - 300)
