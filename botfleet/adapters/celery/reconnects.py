"""Connections to the queue that are tried again soon, however long the queue was away.

Celery's consumer leaves the waits to kombu, whose grow by two seconds to half a minute: after a
long outage a worker would stand idle that long beside a queue that answers. Source:
celery/worker/consumer, `ensure_connected`; kombu/connection.py, `_ensure_connection`.
"""

from typing import Any

from kombu.connection import Connection

#: Seconds before the first new try, added at each, and at most.
WAITS = {"interval_start": 0.5, "interval_step": 0.5, "interval_max": 2.0}


class Reconnecting(Connection):
    """A connection to the queue."""

    def _ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        return super()._ensure_connection(*args, **{**WAITS, **kwargs})  # type: ignore[no-untyped-call]
