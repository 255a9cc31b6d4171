"""The arbiter of capital in Redis: one Function a verb, many calls a round trip."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from importlib import resources
from typing import Any, cast
from uuid import UUID

import redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from botfleet.application.ports.pools import Settlement
from botfleet.domain.capital.pool import DrawRequest, Granted, Hold, Pool, Refused, Why
from botfleet.domain.ids import BotId, DrawId
from botfleet.errors import BadInput, StoreUnavailable

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
        pipe = self._client.pipeline(transaction=False)
        for bot in bots:
            pool, holds, _ = keys(bot)
            pipe.hgetall(pool)
            pipe.hgetall(holds)
        answers = _translated(pipe.execute)
        pairs = zip(bots, answers[::2], answers[1::2], strict=True)
        return {bot: _read_pool(pool, holds) for bot, pool, holds in pairs if pool}

    def lapsed(self, bots: Collection[BotId]) -> Sequence[tuple[BotId, DrawId]]:
        """See the port."""
        seconds, micros = cast("tuple[int, int]", _translated(self._client.time))
        pipe = self._client.pipeline(transaction=False)
        for bot in bots:
            pipe.zrangebyscore(keys(bot)[2], 0, seconds * 1000 + micros // 1000)
        return [
            (bot, DrawId(UUID(draw)))
            for bot, draws in zip(bots, _translated(pipe.execute), strict=True)
            for draw in draws
        ]

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


def greet(client: "redis.Redis") -> None:
    """See that the server answers, and never throws a reservation away to make room.

    Raises:
        BadInput: it may evict what it should keep.
        StoreUnavailable: it does not answer.
    """
    policy = _translated(lambda: client.info("memory")).get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise BadInput(
            f"The pool's Redis runs with maxmemory-policy {policy}: set it to noeviction, "
            "or reservations of capital are thrown away."
        )


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
        f"{ask.day:%Y%m%d}",
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
    head = (pool.epoch, pool.allocation, pool.open_max, pool.day_max, f"{pool.day:%Y%m%d}")
    holds = [part for draw, hold in pool.holds.items() for part in (str(draw), _write_hold(hold))]
    return (*head, pool.day_n, pool.seq, LEASE_MS, *holds)


def _write_hold(hold: Hold) -> str:
    posted = "" if hold.posted is None else str(hold.posted)
    fields = (hold.units, hold.amount, hold.seq, hold.fence, hold.unit_cost)
    return "|".join((*map(str, fields), f"{hold.day:%Y%m%d}", posted))


def _read_hold(text: str) -> Hold:
    units, amount, seq, fence, cost, day, posted = text.split("|")
    return Hold(
        int(units), int(amount), int(seq), int(fence), int(cost), _day(day),
        int(posted) if posted else None,
    )  # fmt: skip


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()


def _read_pool(pool: Mapping[str, str], holds: Mapping[str, str]) -> Pool:
    return Pool(
        epoch=int(pool["epoch"]),
        allocation=int(pool["allocation"]),
        open_max=int(pool["open_max"]),
        day_max=int(pool["day_max"]),
        day=_day(pool["day"]),
        day_n=int(pool["day_n"]),
        seq=int(pool["seq"]),
        holds={DrawId(UUID(draw)): _read_hold(hold) for draw, hold in holds.items()},
    )
