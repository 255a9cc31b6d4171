"""Acknowledgements over Redis: one whose answer was lost frees its worker all the same.

kombu counts what a worker holds, and hands it no more than the prefetch count: one, here. It counts
a message off only after Redis has answered. Where that answer was lost, the worker would hold the
message for ever, and take no other. The message, if it is still there, comes back and finds a row
that is done. Source: kombu/transport/redis.py, `QoS.ack`; kombu/transport/virtual, `can_consume`.
"""

from typing import Any

from kombu.transport import redis, virtual


class Acks(redis.QoS):
    """What a channel holds."""

    def ack(self, delivery_tag: Any) -> None:
        """Take a message out of Redis, and count it off whether or not Redis says so."""
        try:
            self._remove_from_indices(delivery_tag).execute()  # type: ignore[no-untyped-call]
        finally:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]


def count_off() -> None:
    """Have every Redis channel of this process count so."""
    redis.Channel.QoS = Acks
