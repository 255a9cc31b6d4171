"""The replayed clock: one market instant for every process, kept in Redis and backed by Postgres.

bf:clock   hash: at (market instant, ISO), wall (wall seconds when that was set), speed (market
           seconds a wall second; 0 stands still between steps: lockstep), fence (of the metronome
           that set it)

When Redis forgot it, the last instant written to Postgres is taken again: the clock may then stand
a little behind, never ahead, and whatever was done meanwhile is not done twice.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

import redis

from botfleet.errors import StoreUnavailable

KEY = "bf:clock"


class ReplayedClock:
    """Keeps `botfleet.application.ports.clock.Clock` for a past session."""

    def __init__(
        self,
        client: "redis.Redis",
        *,
        wall_s: Callable[[], float],
        recall: Callable[[], datetime],
    ) -> None:
        self._client, self._wall_s, self._recall = client, wall_s, recall

    def now(self) -> datetime:
        """See the port."""
        try:
            at, wall, speed = cast(
                "list[str | None]", self._client.hmget(KEY, "at", "wall", "speed")
            )
        except (redis.ConnectionError, redis.TimeoutError):
            return self._recall()
        if at is None or wall is None or speed is None:
            return self._recall()
        passed_s = max(0.0, (self._wall_s() - float(wall)) * float(speed))
        return datetime.fromisoformat(at) + timedelta(seconds=passed_s)

    def is_kept(self) -> bool:
        """Say whether Redis still knows the clock; silence counts as knowing."""
        try:
            return bool(self._client.exists(KEY))
        except (redis.ConnectionError, redis.TimeoutError):
            return True

    def set(self, at: datetime, *, speed: float, fence: int = 0) -> bool:
        """Put the clock to `at`, running from there at `speed`.

        False where it was set under a later `fence`: it stays as it is. Without a fence it is put
        back for a fleet that begins, whose leaders go on counting.

        Raises:
            StoreUnavailable: it stands where it stood.
        """
        fields = ["at", at.isoformat(), "wall", repr(self._wall_s()), "speed", repr(speed)]
        if fence:
            fields += ["fence", str(fence)]

        def put(pipe: "redis.client.Pipeline") -> None:
            latest = cast("str | None", pipe.hget(KEY, "fence"))
            pipe.multi()
            if fence == 0 or fence >= int(latest or 0):
                pipe.hset(KEY, items=fields)

        try:
            return bool(self._client.transaction(put, KEY))
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise StoreUnavailable(f"the clock's Redis does not answer: {error}") from error
