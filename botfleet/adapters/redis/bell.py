"""The bell: rung when a piece of work ended, so that a lockstep clock need not poll.

bf:bell   list: one element a ring, at most a few: a waiter wants to know that, not how often
"""

import redis

KEY, RINGS_MAX = "bf:bell", 4


class Bell:
    """Rings and waits; a lost ring costs the waiter its timeout, nothing else."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def ring(self) -> None:
        """Say that something ended."""
        try:
            pipe = self._client.pipeline(transaction=False)
            pipe.lpush(KEY, "1")
            pipe.ltrim(KEY, 0, RINGS_MAX - 1)
            pipe.execute()
        except (redis.ConnectionError, redis.TimeoutError):
            return  # a hint is never worth failing finished work for

    def wait(self, timeout_s: float) -> None:
        """Wait for a ring, `timeout_s` at most."""
        try:
            self._client.blpop([KEY], timeout=timeout_s)
        except (redis.ConnectionError, redis.TimeoutError):
            return
