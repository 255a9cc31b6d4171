"""A worker is back at its queue soon after the queue is back, however long that was away."""

import pytest

from botfleet.adapters.celery.app import make_app


class EnoughSeen(Exception):
    """The waits were long enough to tell."""


def test_waits_for_a_queue_that_is_gone_stay_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Celery's consumer asks: it gives no waits of its own."""
    app, waits, tries = make_app("redis://127.0.0.1:1/0"), list[float](), iter(range(9))
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda _: None)

    def note(_error: Exception, interval: float) -> None:
        waits.append(interval)
        if next(tries, None) is None:
            raise EnoughSeen

    with pytest.raises(EnoughSeen):
        app.connection_for_read().ensure_connection(note, app.conf.broker_connection_max_retries)
    assert waits[0] == 0.5
    assert max(waits) == 2.0
