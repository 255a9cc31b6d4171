"""Bells: rung when a piece of work ended, so that whoever waits for it need not poll.

bf:bell:NAME   list: one element a ring, at most a few: a waiter wants to know that, not how often
"""

import redis

RINGS_MAX = 64


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
        """Wait for a ring, `timeout_s` at most; say whether one came."""
        try:
            return self._client.blpop([self._key], timeout=timeout_s) is not None
        except (redis.ConnectionError, redis.TimeoutError):
            return False
