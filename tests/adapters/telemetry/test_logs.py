"""One JSON object a line, and no secret in any: what is logged is read by many."""

import json
import subprocess
import sys
from typing import Any

import pytest

from botfleet.adapters.telemetry.logs import redact
from tests.patience import PATIENCE_S

PROGRAM = """
import logging, structlog
from botfleet.adapters.telemetry.logs import configure
from botfleet.config import Settings
settings = Settings.read(instance="1.2", build="b7")
configure(settings)
configure(settings)
structlog.get_logger().info("hello\\nworld", user="ann\\r\\n{}", access_token="canary")
logging.getLogger("celery.worker").info("a message came")
logging.getLogger("celery.worker").warning("lost redis://:%s@host/0", "canary")
try:
    raise RuntimeError("Authorization: Bearer canary-canary")
except RuntimeError:
    logging.getLogger("celery.app.trace").exception("failed")
structlog.get_logger().debug("not at this level")
"""


def lines() -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert done.stderr == ""
    assert "canary" not in done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_event_is_one_line_that_says_where_it_comes_from() -> None:
    hello, lost, failed = lines()
    assert (hello["event"], hello["user"], hello["level"]) == ("hello\nworld", "ann\r\n{}", "info")
    assert (hello["instance"], hello["build"]) == ("1.2", "b7")
    assert hello["timestamp"].endswith("Z")
    assert (lost["logger"], lost["level"]) == ("celery.worker", "warning")
    assert "RuntimeError" in failed["exception"]


@pytest.mark.parametrize(
    "event",
    [
        {"token": "canary"},
        {"broker": {"refresh_token": "canary"}},
        {"sent": [{"Authorization": "canary"}]},
        {"event": "postgresql+psycopg://u:canary@h/db"},
        {"event": "GET /v1/connections/callback?code=canary&state=canary"},
        {"event": "{'access_token': 'canary', 'scope': 'read'}"},
        {"event": 'client_secret="canary"'},
        {"event": "bearer canary.canary-canary"},
        {"why": ConnectionError("redis://:canary@h/0")},
    ],
    ids=str,
)
def test_a_secret_is_found_wherever_it_lies(event: dict[str, object]) -> None:
    assert "canary" not in json.dumps(redact(None, "", dict(event)))


def test_what_is_no_secret_stays() -> None:
    event = {"event": "put off", "why": "Postgres: no route", "code": "market_closed", "n": 3}
    assert redact(None, "", dict(event)) == event
