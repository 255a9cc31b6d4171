"""What instances weigh, as they say themselves: seen from any host, forgotten soon after they end.

bf:load:INSTANCE   string: the load as JSON; expires LIFE_S after it was told
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import cast

import redis

from botfleet.application.ports.machines import ProcessLoad

#: How often an instance tells, and how long it is believed, real seconds.
EVERY_S, LIFE_S = 5.0, 16


class RedisLoads:
    """Tells and reads loads; while Redis is silent nothing is known of them."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def tell(self, load: ProcessLoad) -> None:
        """Say what the instance of that name weighs now."""
        try:
            self._client.set(_key(load.name), json.dumps(asdict(load)), ex=LIFE_S)
        except (redis.ConnectionError, redis.TimeoutError):
            return  # it is told again soon

    def read(self, names: Iterable[str]) -> dict[str, ProcessLoad]:
        """Give what those of the instances told that live."""
        keys = [_key(name) for name in names]
        if not keys:
            return {}
        try:
            told = cast("list[str | None]", self._client.mget(keys))
        except (redis.ConnectionError, redis.TimeoutError):
            return {}
        found = [ProcessLoad(**json.loads(one)) for one in told if one is not None]
        return {load.name: load for load in found}


def _key(name: str) -> str:
    return f"bf:load:{name}"
