"""The two servers of messages and of capital as they are deployed, each with its own rights."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from botfleet.adapters.redis.pools import teach
from botfleet.adapters.system.ports import accepts, choose
from botfleet.adapters.system.servers import _binary_of_valkey
from tests.played import SHORT_DAY, demo

ROOT = Path(__file__).parents[2]
PASSWORD = "a-password-of-this-test"
KINDS = ("queue", "pool")


@contextmanager
def started(kind: str, home: Path) -> Iterator[str]:
    """Start a server as the shipped script does; give its URL."""
    home.mkdir()
    (port,) = choose([0], near=str(home))
    path = f"{_binary_of_valkey().parent}:{os.environ['PATH']}"
    process = subprocess.Popen(
        ["sh", str(ROOT / "deploy/redis/start"), kind, "--port", str(port)],
        env={"PATH": path, "PASSWORD": PASSWORD, "TMPDIR": str(home), "DATA": str(home)},
        stdout=subprocess.DEVNULL,
    )
    try:
        while not accepts(port):
            assert process.poll() is None
        yield f"redis://fleet:{PASSWORD}@127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    home = tmp_path_factory.mktemp("redis")
    with ExitStack() as stack:
        yield {kind: stack.enter_context(started(kind, home / kind)) for kind in KINDS}


def refused(url: str, *words: str) -> bool:
    """Is this user forbidden to say that?"""
    with redis.Redis.from_url(url) as client:
        try:
            client.execute_command(*words)
        except redis.exceptions.NoPermissionError:
            return True
    return False


def test_neither_server_knows_anybody_else(urls: dict[str, str]) -> None:
    for url in urls.values():
        with (
            redis.Redis.from_url(url.replace(f"fleet:{PASSWORD}@", "")) as client,
            pytest.raises(redis.exceptions.AuthenticationError),
        ):
            client.ping()


@pytest.mark.parametrize(
    ("kind", "theirs", "others"),
    [
        ("queue", ("router", "pod.1.2", "_kombu.binding_permanent.router"), "bf:{b}:pool"),
        ("pool", ("bf:{b}:pool", "bf:clock", "bf:bell:done"), "pod.1.2"),
    ],
)
def test_each_user_has_the_keys_of_its_server_and_no_others(
    urls: dict[str, str], kind: str, theirs: tuple[str, ...], others: str
) -> None:
    for key in theirs:
        assert not refused(urls[kind], "EXISTS", key)
    for words in (("GET", others), ("SET", others, "1"), ("DEL", others)):
        assert refused(urls[kind], *words)


@pytest.mark.parametrize("kind", KINDS)
def test_neither_user_may_change_its_server_or_see_who_else_is_there(
    urls: dict[str, str], kind: str
) -> None:
    for words in (
        *(("CONFIG", "SET", "maxmemory-policy", "allkeys-lru"), ("ACL", "LIST"), ("KEYS", "*")),
        *(("FLUSHALL",), ("FLUSHDB",), ("SHUTDOWN",), ("MONITOR",), ("REPLICAOF", "h", "1")),
        *(("CLIENT", "LIST"), ("PUBLISH", "x", "y")),
    ):
        assert refused(urls[kind], *words), words


def test_only_functions_run_beside_capital_and_none_beside_messages(urls: dict[str, str]) -> None:
    with redis.Redis.from_url(urls["pool"]) as client:
        teach(client)
    assert refused(urls["pool"], "EVAL", "return 1", "0")
    assert refused(urls["queue"], "FUNCTION", "LIST")
    assert refused(urls["queue"], "FCALL", "bf_reserve", "0")


def test_a_fleet_lives_through_a_day_with_these_rights(urls: dict[str, str], home: Path) -> None:
    stores = {"BOTFLEET_BROKER_URL": urls["queue"], "BOTFLEET_POOL_URL": urls["pool"]}
    day = demo(home, "--users", "3", "--bots", "9", "--pods", "1", *SHORT_DAY, **stores)
    assert all(one["ok"] for one in day["invariants"])
    with redis.Redis.from_url(urls["pool"]) as client:
        assert client.dbsize() > 0
