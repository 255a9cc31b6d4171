"""The one place a Celery app is made, with the settings measured to behave under kill and load."""

import celery
from kombu.exceptions import OperationalError

from botfleet.errors import StoreUnavailable

#: A message whose worker died comes back after this long; no task may take a third of it.
VISIBILITY_S = 300
ROUTER, ORDERS = "router", "orders"


def greet_queue(app: celery.Celery) -> None:
    """See that the queue answers.

    Raises:
        StoreUnavailable: it does not.
    """
    try:
        with app.connection() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
    except (OperationalError, *app.connection().connection_errors) as error:
        raise StoreUnavailable(f"The queue does not answer: {error}") from error


def queue_of(pod: int, instance: int) -> str:
    """Name an instance's own queue."""
    return f"pod.{pod}.{instance}"


def make_app(broker_url: str) -> celery.Celery:
    """Make the app; tasks are bound to it in `workers`."""
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
        broker_transport_options={
            "visibility_timeout": VISIBILITY_S,
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
            "priority_steps": [0],
            "socket_timeout": 15,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
    )
    return app
