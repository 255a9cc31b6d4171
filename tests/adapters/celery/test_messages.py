"""The queue carries pointers as plain JSON, and losing it loses hints only."""

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from uuid import UUID

import pytest
from kombu.exceptions import OperationalError

from botfleet.adapters.celery.app import make_app
from botfleet.adapters.celery.messages import ORDERS_A_MESSAGE, CeleryMessages
from botfleet.adapters.redis.pools import connect
from botfleet.application.ports.work import Pointer
from botfleet.domain.ids import OrderId, WorkId, derive


def messages(url: str) -> CeleryMessages:
    return CeleryMessages(make_app(url), lambda: None)


def test_a_row_is_one_message_on_its_instances_queue(valkey_url: str) -> None:
    client = connect(valkey_url)
    client.flushdb()
    work = WorkId(derive("work", 1))
    messages(valkey_url).work([Pointer(work, 2, 1)])
    (raw,) = client.lrange("pod.2.1", 0, -1)
    assert str(work) in _body(str(raw))
    assert '"content-type": "application/json"' in raw
    client.close()


def _body(raw: str) -> str:
    return base64.b64decode(json.loads(raw)["body"]).decode()


def test_no_message_waits_for_a_time_of_its_own(valkey_url: str) -> None:
    """Due times are rows: every message may be taken at once, and none runs out."""
    client = connect(valkey_url)
    client.flushdb()
    sent = messages(valkey_url)
    sent.work([Pointer(WorkId(derive("work", 1)), 2, 1)])
    sent.submit([OrderId(derive("order", 1))])
    for ring in (sent.ring, sent.resolve, sent.sweep):
        ring()
    raw = [one for name in ("pod.2.1", "orders", "router") for one in client.lrange(name, 0, -1)]
    headers = [json.loads(one)["headers"] for one in raw]
    assert len(headers) == 5
    assert {(one["eta"], one["expires"], one["retries"]) for one in headers} == {(None, None, 0)}
    client.close()


def test_orders_travel_by_the_handful(valkey_url: str) -> None:
    client = connect(valkey_url)
    client.flushdb()
    orders = [OrderId(derive("order", n)) for n in range(ORDERS_A_MESSAGE + 1)]
    messages(valkey_url).submit(orders)
    assert client.llen("orders") == 2
    client.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_queue_that_does_not_answer_is_no_error() -> None:
    dead = messages("redis://127.0.0.1:1/0")
    with pytest.raises(OperationalError):  # so it is not alive after all
        dead._app.send_task("botfleet.submit", [[]], queue="orders", retry=False)
    dead.submit([OrderId(UUID(int=1))])


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_whoever_has_a_hint_to_give_knocks_twice_and_goes_on(scheme: str) -> None:
    """A mark has many messages: for a queue that is gone it must not wait at each of them."""
    with slammed() as (port, knocks), pytest.raises(OperationalError):
        messages(f"{scheme}://127.0.0.1:{port}/")._app.send_task("x", [], queue="q", retry=False)
    assert len(knocks) == 2


@contextmanager
def slammed() -> Iterator[tuple[int, list[object]]]:
    """Have a door that is shut on whoever knocks; give its port, and who did."""
    knocks: list[object] = []

    def slam() -> None:
        with suppress(OSError):
            while True:
                knock, caller = door.accept()
                knocks.append(caller)
                knock.close()

    with socket.create_server(("127.0.0.1", 0)) as door:
        Thread(target=slam, daemon=True).start()
        yield door.getsockname()[1], knocks
        door.shutdown(socket.SHUT_RDWR)


def test_only_json_is_taken_and_no_remote_control() -> None:
    conf = make_app("memory://").conf
    assert conf.accept_content == ["json"]
    assert conf.worker_enable_remote_control is False
    assert conf.task_acks_late is True
    assert conf.worker_prefetch_multiplier == 1
    assert conf.task_ignore_result is True
