"""How far Postgres had come, in the pool's Redis.

bf:fleet:height   the last height that Postgres had committed; two who keep it at one instant may
                  leave the lesser, which is one turn of the sweep less
"""

import redis


class RedisHeights:
    """Keeps `botfleet.application.ports.heights.Heights`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client, self._key = client, "bf:fleet:height"

    def highest(self) -> int | None:
        """See the port."""
        try:
            known = self._client.get(self._key)
        except (redis.ConnectionError, redis.TimeoutError):
            return None
        return None if known is None else int(known)

    def keep(self, height: int) -> None:
        """See the port."""
        try:
            self._client.set(self._key, height)
        except (redis.ConnectionError, redis.TimeoutError):
            return
