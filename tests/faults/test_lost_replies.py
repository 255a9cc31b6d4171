"""F8: replies of Redis are lost while a fleet begins, where one step was not tried again."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from botfleet.adapters.system import servers
from tests.wires import Loss, leading, redis_host, redis_url

PREPARE = "from botfleet.bootstrap import prepare_or_exit; prepare_or_exit()"


@pytest.fixture(scope="module")
def postgres(server_home: Path) -> Iterator[str]:
    """A Postgres that keeps its word: a fleet begins on no other."""
    server = servers.postgres(server_home / "durable")
    with servers.running(server, server_home / "log" / "durable.log"):
        yield server.url


@pytest.mark.parametrize("question", [b"AUTH", b"TIME", b""])
def test_a_fleet_begins_though_replies_of_redis_are_lost(
    postgres: str, valkey_url: str, pool_url: str, tmp_path: Path, question: bytes
) -> None:
    """Each question goes unanswered three times: its own client asks twice, and then gives up."""
    with leading(redis_host(pool_url)) as wire:
        wire.lose(Loss.ANSWER, question, times=3)
        done = begun(postgres, redis_url(valkey_url, wire), redis_url(pool_url, wire), tmp_path)
        assert (done.returncode, wire.lost_count) == (0, 3)
    assert done.stderr.startswith("Trying again: ")
    assert "does not answer" in done.stderr


def test_a_redis_that_never_answers_ends_the_start_with_its_sentence(
    postgres: str, valkey_url: str, pool_url: str, tmp_path: Path
) -> None:
    with leading(redis_host(pool_url)) as wire:
        wire.is_lost = lambda: True
        done = begun(postgres, valkey_url, redis_url(pool_url, wire), tmp_path)
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said.startswith("the pool's Redis does not answer: ")


def begun(postgres: str, queue: str, pool: str, home: Path) -> "subprocess.CompletedProcess[str]":
    """Run the step of a fleet's start that is done once."""
    settings = {"DATABASE_URL": postgres, "BROKER_URL": queue, "POOL_URL": pool, "HOME": str(home)}
    clock = {"CLOCK": "lockstep", "DATE": "2026-03-10"}
    given = {f"BOTFLEET_{name}": value for name, value in (settings | clock).items()}
    return subprocess.run(
        [sys.executable, "-c", PREPARE],
        env={"PATH": os.environ["PATH"], **given},
        capture_output=True,
        text=True,
        check=False,
    )
