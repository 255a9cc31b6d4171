"""RabbitMQ in the place of Redis as the queue: a day played on it, its queues, and its loss."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from botfleet.adapters.celery.app import ORDERS, ROUTER, greet_queue, make_app
from botfleet.adapters.celery.messages import ORDERS_A_MESSAGE, CeleryMessages
from botfleet.adapters.celery.queues import answers, depths
from botfleet.domain.ids import OrderId, derive
from botfleet.errors import StoreUnavailable
from tests.deploy.rabbit import rabbitmq
from tests.patience import until
from tests.played import PROGRAM, SHORT_DAY, demo


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with rabbitmq(tmp_path_factory.mktemp("rabbit") / "node") as url:
        yield url


def test_what_waits_is_counted_and_a_queue_nobody_made_is_empty(url: str) -> None:
    app = make_app(url)
    assert greet_queue(app)["product"] == "RabbitMQ"
    messages = CeleryMessages(app, lambda: None)
    messages.submit([OrderId(derive("order", n)) for n in range(2 * ORDERS_A_MESSAGE + 1)])
    waiting = {"pod.9.9": 0, ORDERS: 3, "pod.9.8": 0, ROUTER: 0}
    until(lambda: depths(app, waiting) == waiting)  # it counts a little later
    with app.connection() as connection, connection.channel() as channel:
        channel.queue_purge(ORDERS)
    app.close()


def test_the_doctor_asks_it(url: str, home: Path) -> None:
    env = {**os.environ, "BOTFLEET_BROKER_URL": url, "BOTFLEET_HOME": str(home)}
    told = subprocess.run(
        [*PROGRAM, "doctor", "--json"], capture_output=True, text=True, check=False, env=env
    )
    (queue,) = (one for one in json.loads(told.stdout) if one["name"] == "queue")
    assert queue["is_ok"], queue
    assert queue["seen"].startswith("RabbitMQ ")


def test_its_queues_are_quorum_queues(url: str) -> None:
    """RabbitMQ refuses to find a queue that is declared as of another type."""
    app = make_app(url)
    CeleryMessages(app, lambda: None).ring()
    with app.connection() as connection, connection.channel() as channel:
        channel.queue_declare(ROUTER, durable=True, auto_delete=False, arguments=QUORUM)
        with pytest.raises(connection.channel_errors, match="x-queue-type"):
            channel.queue_declare(ROUTER, durable=True, auto_delete=False)
    app.close()


QUORUM = {"x-queue-type": "quorum"}


def test_a_day_on_it_keeps_every_invariant(url: str, home: Path) -> None:
    words = ("--users", "4", "--bots", "20", *SHORT_DAY)
    day = demo(home, *words, BOTFLEET_BROKER_URL=url)
    assert {one["code"] for one in day["invariants"]} >= {"I1", "I2", "I3", "I4", "I7", "I10"}
    assert all(one["ok"] for one in day["invariants"]), day["invariants"]
    assert day["fills"] > 10
    app = make_app(url)
    assert set(depths(app, [ROUTER, ORDERS, "pod.1.1", "pod.2.2"]).values()) == {0}
    app.close()


def test_its_silence_loses_hints_and_raises_one_word(tmp_path: Path) -> None:
    """A connection that was held breaks under the sender; nothing but a hint is lost."""
    with rabbitmq(tmp_path / "gone") as url:
        app = make_app(url)
        messages = CeleryMessages(app, lambda: None)
        messages.ring()
    messages.ring()
    messages.ring()
    with pytest.raises(StoreUnavailable, match="queue does not answer"):
        answers(app)
    with pytest.raises(StoreUnavailable, match="queue does not answer"):
        greet_queue(app)
    app.close()
