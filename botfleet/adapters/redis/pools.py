"""The arbiter of capital in Redis: one Function a verb, many calls a round trip."""

from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import resources
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from botfleet.adapters.redis.kept import read_kept, write_day, write_hold, write_pool
from botfleet.application.ports.pools import Settlement
from botfleet.domain.capital.drift import Kept
from botfleet.domain.capital.pool import DrawRequest, Granted, Pool, Refused, Why
from botfleet.domain.ids import BotId
from botfleet.errors import StoreUnavailable

#: How long a hold waits for Postgres to commit it before the sweeper may bury it.
LEASE_MS = 60_000
TIMEOUT_S = 2.0


def connect(url: str) -> "redis.Redis":
    """Connect to the pool's Redis: one retry, short timeouts; every verb may be repeated."""
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 1),
    )


def keys(bot: BotId) -> tuple[str, str, str]:
    """Name the keys of one bot; the braces keep them in one cluster slot."""
    return f"bf:{{{bot}}}:pool", f"bf:{{{bot}}}:holds", f"bf:{{{bot}}}:leases"


class RedisPools:
    """Keeps `botfleet.application.ports.pools.Pools` for a fleet of many processes."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def reserve(self, asks: Sequence[DrawRequest]) -> Sequence[Granted | Refused]:
        """See the port."""
        return [
            _read_answer(answer)
            for answer in self._call("bf_reserve", [(ask.bot_id, _arguments(ask)) for ask in asks])
        ]

    def settle(self, ends: Sequence[Settlement]) -> None:
        """See the port."""
        self._call("bf_settle", [(end.bot_id, (str(end.draw_id), _end(end))) for end in ends])

    def load(self, pools: Mapping[BotId, Pool]) -> None:
        """See the port."""
        self._call("bf_load", [(bot, _pool_arguments(pool)) for bot, pool in pools.items()])

    def read(self, bots: Collection[BotId]) -> Mapping[BotId, Pool]:
        """See the port."""
        kept = self.kept(bots)
        return {bot: one.pool for bot, one in kept.items() if one.pool is not None}

    def kept(self, bots: Collection[BotId]) -> Mapping[BotId, Kept]:
        """See the port."""
        answers = self._call("bf_kept", [(bot, ()) for bot in bots])
        return {
            bot: read_kept(answer, LEASE_MS)
            for bot, answer in zip(bots, answers, strict=True)
            if not answer or answer[1]
        }

    def _call(self, function: str, calls: Sequence[tuple[BotId, Sequence[object]]]) -> list[Any]:
        """Call `function` once a bot in one round trip; a fresh server is taught the library."""
        if not calls:
            return []
        answers = self._pipelined(function, calls)
        if any(isinstance(answer, ResponseError) for answer in answers):
            teach(self._client)
            answers = self._pipelined(function, calls)
        for answer in answers:
            if isinstance(answer, Exception):
                raise StoreUnavailable(f"the pool's Redis refused {function}: {answer}")
        return answers

    def _pipelined(
        self, function: str, calls: Sequence[tuple[BotId, Sequence[object]]]
    ) -> list[Any]:
        pipe = self._client.pipeline(transaction=False)
        for bot, arguments in calls:
            pipe.fcall(function, 3, *keys(bot), *arguments)
        return cast("list[Any]", _translated(lambda: pipe.execute(raise_on_error=False)))


def unsafe(client: "redis.Redis") -> Sequence[str]:
    """Name the setting with which the server throws reservations away to make room, if it has it.

    Raises:
        StoreUnavailable: it does not answer.
    """
    policy = _translated(lambda: client.info("memory")).get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        return ()
    remedy = "set it to noeviction, or reservations of capital are thrown away"
    return (f"The pool's Redis runs with maxmemory-policy {policy}: {remedy}",)


def clock_s(client: "redis.Redis") -> float:
    """Give the server's clock in seconds since 1970.

    Raises:
        StoreUnavailable: it does not answer.
    """
    seconds, micros = _translated(client.time)
    return float(seconds + micros / 1e6)


def teach(client: "redis.Redis") -> None:
    """Load the library into a server that does not know it (a fresh or flushed one)."""
    library = (resources.files("botfleet.adapters.redis") / "pool.lua").read_text()
    _translated(lambda: client.function_load(library, replace=True))


def _translated(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise StoreUnavailable(f"the pool's Redis does not answer: {error}") from error


def _arguments(ask: DrawRequest) -> tuple[object, ...]:
    return (
        str(ask.draw_id),
        ask.epoch,
        ask.fence,
        ask.measure.value,
        ask.value,
        ask.unit_cost,
        ask.units_min,
        ask.units_max,
        write_day(ask.day),
        LEASE_MS,
    )


def _read_answer(answer: list[str]) -> Granted | Refused:
    if answer[0] == "ok":
        units, amount, epoch, seq = map(int, answer[1:])
        return Granted(units, amount, epoch, seq)
    return Refused(Why(answer[0]), int(answer[1]))


def _end(end: Settlement) -> str:
    if end.is_release:
        return "release"
    return "void" if end.cost is None else str(end.cost)


def _pool_arguments(pool: Pool) -> tuple[object, ...]:
    holds = [part for draw, hold in pool.holds.items() for part in (str(draw), write_hold(hold))]
    return (*write_pool(pool), pool.day_n, pool.seq, LEASE_MS, *holds)
