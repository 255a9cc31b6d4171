"""How many messages wait in each queue; the same question for Redis and RabbitMQ."""

from collections.abc import Iterable
from typing import Any

import celery
from kombu.exceptions import ChannelError, OperationalError

from botfleet.errors import StoreUnavailable

_TIMEOUT_S = 2


def answers(app: celery.Celery) -> None:
    """Ask the queue's server for a sign of life.

    Raises:
        StoreUnavailable: it gives none.
    """
    depths(app, ())


def depths(app: celery.Celery, queues: Iterable[str]) -> dict[str, int]:
    """Count the messages of each queue; one that does not exist yet is empty.

    Raises:
        StoreUnavailable: the queue's server does not answer.
    """
    try:
        with app.connection_for_read(connect_timeout=_TIMEOUT_S) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0)
            return {queue: _depth(connection, queue) for queue in queues}
    except OperationalError as error:
        raise StoreUnavailable(f"The queue does not answer: {error}") from error


def _depth(connection: Any, queue: str) -> int:
    with connection.channel() as channel:
        try:
            count: int = channel.queue_declare(queue, passive=True).message_count
        except ChannelError:
            return 0
        return count
