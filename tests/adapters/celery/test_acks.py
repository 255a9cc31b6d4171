"""A worker whose acknowledgement was not answered goes on taking messages."""

from typing import Any

import pytest
from kombu.entity import Queue
from redis.exceptions import ConnectionError as Cut

from botfleet.adapters.celery.app import make_app


def test_an_answer_that_was_lost_leaves_room_for_the_next_message(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(valkey_url)
    with app.connection() as connection, connection.channel() as channel:
        queue: Any = Queue("acks", channel=channel)  # type: ignore[no-untyped-call]
        queue.declare()
        for n in range(2):
            app.send_task("nothing", (n,), queue="acks", connection=connection)
        channel.qos.prefetch_count = 1
        message = queue.get(no_ack=False)
        assert message is not None
        assert not channel.qos.can_consume()

        def lose(*_: object) -> None:
            raise Cut

        with monkeypatch.context() as cut:
            cut.setattr(type(channel.qos), "_remove_from_indices", lose)
            message.ack_log_error(app.log.get_default_logger(), (Cut,))
        assert channel.qos.can_consume()
        second = queue.get(no_ack=False)
        assert second is not None
        second.ack()
        queue.delete()
    app.close()
