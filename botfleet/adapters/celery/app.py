"""The one place a Celery app is made, with the settings measured to behave under kill and load.

The queue's server is the URL's: Redis (or Valkey), or RabbitMQ by `amqp://`, with quorum queues.
Messages only point at rows of Postgres, so nothing depends on which of them lost one.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import celery
from kombu.exceptions import OperationalError

from botfleet.adapters.celery.acks import count_off
from botfleet.adapters.celery.reconnects import Reconnecting
from botfleet.errors import StoreUnavailable

#: A message whose worker died comes back after this long; no task may take a third of it.
VISIBILITY_S = 300
ROUTER, ORDERS = "router", "orders"

#: Who sends a hint to a server that is gone knocks once more after half a second, then goes on with
#: its work: told nothing, kombu would knock for six seconds a message.
_KNOCKS: Mapping[str, Any] = {"max_retries": 1, "interval_start": 0.5}
#: A silent connection is found out, and what a dead worker held comes back, within these bounds.
_REDIS: Mapping[str, Any] = {
    "broker_transport_options": {
        **_KNOCKS,
        "visibility_timeout": VISIBILITY_S,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "priority_steps": [0],
        "socket_timeout": 15,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
}
#: Every queue is a quorum queue. Celery asks such queues for a bound of each consumer's own, and
#: lays out queues for delayed messages beside them; none is ever sent, so those are plain ones.
_RABBITMQ: Mapping[str, Any] = {
    "task_default_queue_type": "quorum",
    "task_create_missing_queue_type": "quorum",
    "worker_detect_quorum_queues": True,
    "broker_native_delayed_delivery_queue_type": "classic",
    "broker_heartbeat": 10,
    "broker_connection_timeout": 3,
    "broker_transport_options": {**_KNOCKS, "read_timeout": 15, "write_timeout": 15},
}


def greet_queue(app: celery.Celery) -> Mapping[str, Any]:
    """See that the queue answers; give what its server says of itself (RabbitMQ does).

    Raises:
        StoreUnavailable: it does not.
    """
    try:
        with app.connection() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
            return dict(getattr(connection.connection, "server_properties", {}))
    except (OperationalError, *app.connection().connection_errors) as error:
        raise StoreUnavailable(f"The queue does not answer: {error}") from error


def queue_of(pod: int, instance: int) -> str:
    """Name an instance's own queue."""
    return f"pod.{pod}.{instance}"


def is_rabbitmq(broker_url: str) -> bool:
    """Say whether a queue's URL is RabbitMQ's."""
    return urlsplit(broker_url).scheme in {"amqp", "amqps"}


def make_app(broker_url: str) -> celery.Celery:
    """Make the app; tasks are bound to it in `workers`."""
    count_off()
    app = celery.Celery("botfleet", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_create_missing_queues=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        task_send_sent_event=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        timezone="UTC",
        enable_utc=True,
        **(_RABBITMQ if is_rabbitmq(broker_url) else _REDIS),
    )
    app.amqp.Connection = Reconnecting
    return app
