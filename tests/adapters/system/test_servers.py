"""Our own servers: they answer, keep what they acknowledged, and never outlive us."""

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from botfleet.adapters.system import cluster, launch, servers
from botfleet.adapters.system.places import sockets_of
from botfleet.errors import BadInput, StoreUnavailable
from tests.databases import plain
from tests.patience import PATIENCE_S

START_BOTH = """
    import signal, sys
    from pathlib import Path
    from botfleet.adapters.system import servers
    home = Path(sys.argv[1])
    with servers.running(servers.valkey(home), home / "v.log") as valkey:
        with servers.running(servers.postgres(home), home / "p.log") as postgres:
            print(valkey.pid, postgres.pid, flush=True)
            signal.pause()
"""


def connected(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(plain(url))


def fill(postgres: str, valkey: str) -> None:
    with connected(postgres) as connection:
        connection.execute("CREATE TABLE kept (value int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    with redis.Redis.from_url(valkey) as queue:
        queue.set("kept", 7)
        queue.execute_command("WAITAOF", 1, 0, 5000)


def kept(postgres: str, valkey: str) -> tuple[object, object]:
    with connected(postgres) as connection, redis.Redis.from_url(valkey) as queue:
        row = connection.execute("SELECT value FROM kept").fetchone()
        return row and row[0], queue.get("kept")


def test_the_queue_and_the_pool_are_apart(valkey_url: str, pool_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as queue, redis.Redis.from_url(pool_url) as pool:
        queue.set("apart", 1)
        assert pool.get("apart") is None


def test_valkey_lets_nobody_in_without_its_password(valkey_url: str) -> None:
    port = redis.Redis.from_url(valkey_url).connection_pool.connection_kwargs["port"]
    with (
        redis.Redis(port=port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_a_password_is_on_no_command_line(home: Path) -> None:
    server = servers.valkey(home)
    password = (home / "valkey" / "password").read_text()
    assert password in server.url
    assert password not in " ".join(server.spec.argv)
    assert password not in repr(server)


def test_stores_promise_what_the_fleet_relies_on(home: Path) -> None:
    valkey, postgres = servers.valkey(home), servers.postgres(home)
    with (
        servers.running(valkey, home / "v.log"),
        servers.running(postgres, home / "p.log"),
        redis.Redis.from_url(valkey.url) as queue,
        connected(postgres.url) as connection,
    ):
        assert queue.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert queue.config_get("appendonly") == {"appendonly": "yes"}
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("on",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_what_was_acknowledged_survives_a_stop_and_a_kill(home: Path) -> None:
    valkey, postgres = servers.valkey(home), servers.postgres(home)
    logs = home / "v.log", home / "p.log"
    with servers.running(valkey, logs[0]) as first, servers.running(postgres, logs[1]) as second:
        fill(postgres.url, valkey.url)
        first.kill()
        second.kill()
    for _ in range(2):
        with servers.running(valkey, logs[0]), servers.running(postgres, logs[1]):
            assert kept(postgres.url, valkey.url) == (7, b"7")


def test_nothing_is_left_when_the_parent_is_killed(home: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(START_BOTH), str(home)], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    with parent.stdout as told:
        children = [psutil.Process(int(pid)) for pid in told.readline().split()]
    assert len(children) == 2
    parent.kill()
    parent.wait()
    assert psutil.wait_procs(children, timeout=PATIENCE_S)[1] == []
    with servers.running(servers.postgres(home), home / "p.log"):
        pass


def test_a_lock_left_by_a_killed_server_is_no_obstacle(home: Path) -> None:
    """The number in it may be an innocent process's by now: after a reboot it often is."""
    postgres = servers.postgres(home)
    with servers.running(postgres, home / "p.log") as process:
        left = home / "postgres" / "data" / "postmaster.pid"
        text = left.read_text()
        process.kill()
        process.wait()
    left.write_text(text.replace(str(process.pid), str(os.getppid()), 1))
    with servers.running(postgres, home / "p.log"):
        assert left.read_text().split()[0] != str(os.getppid())


def test_a_directory_that_is_being_served_is_left_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_LEAVE_S_MAX", 0.1)
    postgres = servers.postgres(home, durable=False)
    with servers.running(postgres, home / "p.log") as process:
        with (
            pytest.raises(BadInput, match=f"being served by process {process.pid}"),
            servers.running(postgres, home / "again.log"),
        ):
            pass
        with connected(postgres.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_another_versions_directory_is_refused_with_a_sentence(home: Path) -> None:
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(BadInput, match=r"was written by Postgres 9 and ours is \d+"),
        servers.running(servers.postgres(home), home / "p.log"),
    ):
        pass


def test_half_a_directory_is_made_anew(home: Path) -> None:
    half = home / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "rubbish").touch()
    with servers.running(servers.postgres(home, durable=False), home / "p.log"):
        assert not half.exists()


def test_a_taken_port_is_refused_with_a_sentence(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BadInput, match=f"Port {port} is taken"):
            servers.valkey(home, port=port)


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    server = servers.valkey(home)
    with (
        socket.create_server(("127.0.0.1", int(server.url.rpartition(":")[2].partition("/")[0]))),
        pytest.raises(StoreUnavailable, match=r"valkey did not start: .*in use"),
        servers.running(server, home / "v.log"),
    ):
        pass


@pytest.mark.parametrize("flaw", ["open to others", "a link", "a file"])
def test_an_unsafe_place_is_refused(home: Path, flaw: str) -> None:
    place = home / "valkey"
    if flaw == "a link":
        place.symlink_to("/var")
    elif flaw == "a file":
        place.touch()
    else:
        place.mkdir()
        place.chmod(0o777)
    with pytest.raises(BadInput):
        servers.valkey(home)


def test_sockets_of_others_are_not_trusted(home: Path) -> None:
    place = sockets_of(home)
    place.chmod(0o755)
    with pytest.raises(BadInput, match="chmod 700"):
        sockets_of(home)
    place.chmod(0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives root up")
def test_without_user_namespaces_postgres_is_served_as_nobody(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whoever made a directory goes on serving it, also where namespaces are allowed."""
    monkeypatch.setattr(cluster, "has_user_namespaces", lambda: False)
    postgres = servers.postgres(home)
    with servers.running(postgres, home / "p.log") as process:
        assert psutil.Process(process.pid).uids().effective == launch.NOBODY
    monkeypatch.undo()
    assert servers.postgres(home).spec.identity == "nobody"


def test_a_server_is_stopped_in_order(home: Path) -> None:
    with servers.running(servers.valkey(home), home / "v.log") as process:
        pass
    assert process.returncode == 0
