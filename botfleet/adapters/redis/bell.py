"""Bells: rung when a piece of work ended, so that whoever waits for it need not poll.

bf:bell:NAME   list: one element a ring, at most a few: a waiter wants to know that, not how often
"""

from time import monotonic

import redis

RINGS_MAX = 64
SLICE_S = 1.0


class Bell:
    """Rings and waits; a lost ring costs the waiter its timeout, nothing else."""

    def __init__(self, client: "redis.Redis", name: str = "done") -> None:
        self._client, self._key = client, f"bf:bell:{name}"

    def ring(self) -> None:
        """Say that something ended."""
        try:
            pipe = self._client.pipeline(transaction=False)
            pipe.lpush(self._key, "1")
            pipe.ltrim(self._key, 0, RINGS_MAX - 1)
            pipe.execute()
        except (redis.ConnectionError, redis.TimeoutError):
            return  # a hint is never worth failing finished work for

    def wait(self, timeout_s: float) -> bool:
        """Wait for a ring, `timeout_s` at most; say whether one came.

        In slices, for the client gives up on an answer that takes long.
        """
        ends_s = monotonic() + timeout_s
        try:
            while (rest_s := ends_s - monotonic()) > 0:
                if self._client.blpop([self._key], timeout=min(rest_s, SLICE_S)) is not None:
                    return True
        except (redis.ConnectionError, redis.TimeoutError):
            return False
        return False
