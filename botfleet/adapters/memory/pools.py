"""The arbiter of capital in one process: a lock around the domain's own pool."""

from collections.abc import Collection, Mapping, Sequence
from threading import Lock

from botfleet.application.ports.pools import Settlement
from botfleet.domain.capital.drift import Kept
from botfleet.domain.capital.pool import DrawRequest, Granted, Pool, Refused, Why
from botfleet.domain.ids import BotId


class MemoryPools:
    """Keeps `botfleet.application.ports.pools.Pools`. Holds have no lease: nobody dies alone."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pools: dict[BotId, Pool] = {}

    def reserve(self, asks: Sequence[DrawRequest]) -> Sequence[Granted | Refused]:
        """See the port."""
        return [self._reserve(ask) for ask in asks]

    def _reserve(self, ask: DrawRequest) -> Granted | Refused:
        with self._lock:
            pool = self._pools.get(ask.bot_id)
            if pool is None:
                return Refused(Why.COLD)
            self._pools[ask.bot_id], answer = pool.reserve(ask)
            return answer

    def settle(self, ends: Sequence[Settlement]) -> None:
        """See the port."""
        for end in ends:
            with self._lock:
                pool = self._pools.get(end.bot_id)
                if pool is not None:
                    self._pools[end.bot_id] = _settled(pool, end)

    def load(self, pools: Mapping[BotId, Pool]) -> None:
        """See the port."""
        with self._lock:
            for bot, pool in pools.items():
                held = self._pools.get(bot)
                if held is None or held.epoch < pool.epoch:
                    self._pools[bot] = pool

    def read(self, bots: Collection[BotId]) -> Mapping[BotId, Pool]:
        """See the port."""
        with self._lock:
            return {bot: self._pools[bot] for bot in bots if bot in self._pools}

    def kept(self, bots: Collection[BotId]) -> Mapping[BotId, Kept]:
        """See the port."""
        pools = self.read(bots)
        return {bot: Kept(pool, pool.committed, pool.pending) for bot, pool in pools.items()}


def _settled(pool: Pool, end: Settlement) -> Pool:
    if end.is_release:
        return pool.release(end.draw_id)
    return pool.void(end.draw_id) if end.cost is None else pool.post(end.draw_id, end.cost)
