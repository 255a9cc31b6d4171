"""Brokers' limits of use in Redis: a bucket a credential and class of call, a breaker a broker.

While Redis does not answer nobody is held: the broker's own 429 is obeyed by whoever hears it.
"""

from importlib import resources
from typing import Any

import redis
from redis.exceptions import ResponseError

from botfleet.application.ports.limits import Allowance, Turn

_MS = 1_000
_FREE = Turn(is_free=True)


class RedisLimits:
    """Keeps `botfleet.application.ports.limits.Limits`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def turn(self, broker: str, bucket: str, allowance: Allowance) -> Turn:
        """See the port."""
        given = (allowance.burst, allowance.per_s, allowance.reserve)
        said = self._call("bf_turn", broker, bucket, *given)
        if said is None:
            return _FREE
        word, wait_ms, failures = said
        return Turn(
            is_free=word == "free",
            wait_s=int(wait_ms) / _MS,
            is_down=word == "down",
            is_watched=int(failures) > 0,
        )

    def answered(self, broker: str) -> None:
        """See the port."""
        self._call("bf_answered", broker, "")

    def failed(self, broker: str) -> float:
        """See the port."""
        return int(self._call("bf_failed", broker, "") or 0) / _MS

    def exceeded(self, broker: str, bucket: str, wait_s: float) -> None:
        """See the port."""
        self._call("bf_exceeded", broker, bucket, round(wait_s * _MS))

    def _call(self, function: str, broker: str, bucket: str, *given: object) -> Any:
        """Call a function; a fresh server is taught the library. None: it does not answer."""
        keys = (f"bf:{{{broker}}}:limit:{bucket}", f"bf:{{{broker}}}:breaker")
        try:
            try:
                return self._client.fcall(function, 2, *keys, *given)
            except ResponseError:
                library = resources.files("botfleet.adapters.redis") / "limits.lua"
                self._client.function_load(library.read_text(), replace=True)
                return self._client.fcall(function, 2, *keys, *given)
        except (redis.ConnectionError, redis.TimeoutError):
            return None
