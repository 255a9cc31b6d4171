"""A whole fleet: which processes it is made of, and running them from one program.

`plan` turns settings into processes and into the complete settings (ports, URLs, secrets chosen)
that each is given. `Fleet` runs them. `attached` gives any other command the settings of the fleet
that already runs in its home.
"""

import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from botfleet.adapters.system import homes, nursery, servers
from botfleet.adapters.system.clock import RealClock
from botfleet.adapters.system.keeper import Grounds, Happening
from botfleet.adapters.system.places import fingerprint, private, sockets_of, write_privately
from botfleet.adapters.system.ports import accepts, choose
from botfleet.adapters.system.processes import ProcessSpec
from botfleet.adapters.system.supervision import Supervision
from botfleet.adapters.system.supervisor import ProcessState
from botfleet.cli.secrecy import heard_by
from botfleet.config import Settings, environment
from botfleet.domain.eastern import told
from botfleet.domain.fleet.seating import seats
from botfleet.errors import BadInput, NotFound

# What processes import; nothing that reads settings, starts a thread or connects when imported.
PRELOADED = (
    "botfleet.bootstrap",
    "celery.bin.celery",
    "celery.apps.worker",
    "celery.apps.beat",
    "celery.worker.consumer",
    "kombu.transport.redis",
    "fastapi",
    "numpy",
    "prometheus_client",
    "psycopg_pool",
    "pydantic_settings",
    "redis",
    "requests",
    "sqlalchemy.dialects.postgresql.psycopg",
    "structlog",
    "uvicorn",
    "yaml",
)
_PREPARE = "from botfleet.bootstrap import prepare_or_exit; prepare_or_exit()"
_WORKER = ("worker", "--without-gossip", "--without-mingle", "--without-heartbeat")
_INSTANCE = re.compile(r"pod\.[1-9]\d{0,3}\.[1-9]\d?")
_IMPORTED_S_MAX = 180  # 2 s of work, on a machine that may have much else to do
_ANNOUNCED_S_MAX = 8  # a worker that has said nothing by then is shown as running


@dataclass(frozen=True, slots=True)
class Plan:
    """A fleet to be: its processes in the order of need, and the settings they share."""

    settings: Settings = field(repr=False)
    specs: tuple[ProcessSpec, ...]
    grounds: Grounds
    urls: Mapping[str, str]
    more: Callable[[str], ProcessSpec] = field(repr=False)


def plan(settings: Settings) -> Plan:
    """Choose what the settings leave open, and list the processes.

    Raises:
        BadInput: a port is taken, or the home cannot be used.
    """
    home = private(settings.home.absolute())
    sockets = sockets_of(home)
    grounds = Grounds(settings.logs.absolute(), sockets / "notify", sockets / "nursery")
    ports = [settings.api_port, settings.sandbox_port, settings.metrics_port, 0]
    api, sandbox, metrics, queue = choose(ports, near=fingerprint(home))
    stores = _stores(settings, home, queue)
    sandbox_url = f"http://127.0.0.1:{sandbox}"
    complete = settings.model_copy(
        update={
            **_shape(settings, home),
            "home": home,
            "api_port": api,
            "sandbox_port": sandbox,
            "metrics_port": metrics,
            "vault_key_file": settings.vault_key_file or home / "vault.json",
            **stores.urls,
            **(_sandboxed(settings, home, sandbox_url) if settings.is_sandboxed else {}),
        }
    )
    urls = {"API": f"http://{settings.api_host}:{api}"}
    if settings.is_sandboxed:
        urls["sandbox"] = sandbox_url
    urls["metrics"] = f"http://127.0.0.1:{metrics}/metrics"
    programs = _Programs(complete, grounds, stores)
    specs = (*stores.specs, *programs.all())
    return Plan(complete, specs, grounds, urls, programs.instance)


def part_plan(settings: Settings, role: str) -> Plan:
    """Choose what one part of a fleet needs whose servers are elsewhere.

    A pod's instances are added once the layout has said which.

    Raises:
        BadInput: the settings name no servers, or the home cannot be used.
    """
    if not (settings.database_url and settings.broker_url and settings.pool_url):
        raise BadInput("A part needs BOTFLEET_DATABASE_URL, BOTFLEET_BROKER_URL and _POOL_URL.")
    home = private(settings.home.absolute())
    sockets = sockets_of(home)
    grounds = Grounds(settings.logs.absolute(), sockets / "notify", sockets / "nursery")
    complete = settings.model_copy(update={"home": home})
    programs = _Programs(complete, grounds, _Stores((), {}))
    specs = [next(programs.foundations()), *(_alone(one) for one in programs.of(role))]
    return Plan(complete, tuple(specs), grounds, {}, lambda name: _alone(programs.instance(name)))


def _alone(spec: ProcessSpec) -> ProcessSpec:
    """Of what a process needs, only the nursery is here."""
    return replace(spec, after=("nursery",))


def attached(settings: Settings) -> Settings:
    """The settings of the fleet that runs in this home; without one, those given."""
    record = homes.found(settings.home)
    return Settings.read(**record.settings) if record else settings


class Fleet:
    """A fleet run by this program: `with Fleet(settings).running() as fleet: …`.

    `tell` hears all that happens, from another thread. When the context ends, so has the fleet.
    """

    def __init__(
        self,
        settings: Settings,
        tell: Callable[[Happening], None] = lambda _: None,
        planning: Callable[[Settings], Plan] = plan,
    ) -> None:
        self.settings = settings
        self._planning = planning
        self.urls: Mapping[str, str] = {}
        self._tell = tell
        self._supervision: Supervision | None = None

    @contextmanager
    def running(self) -> Iterator[Self]:
        """The fleet, every process ready.

        Raises:
            Refusal: another fleet has this home, or a process will not start.
        """
        with self.starting():
            self.supervision.until_ready()
            yield self

    @contextmanager
    def starting(self) -> Iterator[Self]:
        """The fleet, its processes starting."""
        with homes.claimed(self.settings.home.absolute()):
            planned = self._planning(self.settings)
            self.settings, self.urls = planned.settings, planned.urls
            record = _record(planned)
            supervision = Supervision(
                planned.settings.home,
                planned.specs,
                planned.grounds,
                record,
                self._tell,
                planned.more,
            )
            try:
                with supervision:
                    self._supervision = supervision
                    yield self
            finally:
                shutil.rmtree(planned.grounds.notify.parent, ignore_errors=True)

    @property
    def supervision(self) -> Supervision:
        """The supervisor of the running fleet."""
        if self._supervision is None:
            raise RuntimeError("the fleet has not been started")
        return self._supervision

    def processes(self) -> list[ProcessState]:
        """Every process, in the order of need."""
        return self.supervision.processes()

    def kill(self, name: str) -> None:
        """Kill a process with -9; the supervisor starts it again."""
        self.supervision.order("kill", name)

    def stop(self, name: str) -> None:
        """Stop a process, and keep it stopped."""
        self.supervision.order("stop", name)

    def start(self, name: str) -> None:
        """Start a process that was stopped, and wait until it is ready."""
        self.supervision.order("start", name)
        self.supervision.wait_until_ready(name)

    def restart(self, name: str) -> None:
        """Stop a process in order, start it, and wait until it is ready."""
        self.supervision.order("restart", name)
        self.supervision.wait_until_ready(name)


@dataclass(frozen=True, slots=True)
class _Stores:
    """The servers of our own that the settings call for."""

    specs: tuple[ProcessSpec, ...]
    urls: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(spec.name for spec in self.specs)


def _stores(settings: Settings, home: Path, port: int) -> _Stores:
    specs: list[ProcessSpec] = []
    urls: dict[str, str] = {}
    if settings.database_url is None:
        database = servers.postgres(home)
        specs.append(database.spec)
        urls["database_url"] = database.url
    if settings.broker_url is None or settings.pool_url is None:
        valkey = servers.valkey(home, port=port)
        specs.append(valkey.spec)
        urls["broker_url"] = settings.broker_url or valkey.database(0)
        urls["pool_url"] = settings.pool_url or valkey.database(1)
    return _Stores(tuple(specs), urls)


def _sandboxed(settings: Settings, home: Path, url: str) -> dict[str, object]:
    """Where the sandbox is, and the secrets with which it knows us, kept over restarts."""
    path = home / "secrets.json"
    kept = ("oauth_client_id", "oauth_client_secret", "market_token", "sandbox_admin")
    if not path.exists():
        write_privately(path, json.dumps({name: secrets.token_urlsafe(32) for name in kept}))
    known: Mapping[str, str] = json.loads(path.read_text())
    return {
        "market_url": url,
        "broker_base_url": url,
        "oauth_client_id": settings.oauth_client_id or known["oauth_client_id"],
        **{name: getattr(settings, name) or SecretStr(known[name]) for name in kept[1:]},
    }


def _shape(settings: Settings, home: Path) -> dict[str, int]:
    """How large the fleet was when it last ran here, for every knob the settings leave alone."""
    kept = homes.shape(home)
    return {name: kept[name] for name in kept if name not in settings.model_fields_set}


@dataclass(frozen=True, slots=True)
class _Programs:
    """The fleet's own processes: one thread for arithmetic each, as cores are few."""

    settings: Settings
    grounds: Grounds
    stores: _Stores

    def all(self) -> Iterator[ProcessSpec]:
        """List them in the order of need."""
        yield from self.foundations()
        yield from self.of("router")
        yield from self.of("orders")
        for seat in seats(pods=self.settings.pods, instances=self.settings.instances):
            yield self.instance(str(seat))
        for number in range(1, self.settings.beats + 1):
            yield self._beat(f"beat.{number}")

    def of(self, role: str) -> Iterator[ProcessSpec]:
        """List the processes of a role; of a pod none, for its instances are named one by one."""
        match role:
            case "router":
                yield self._worker("router", ("solo",))
            case "orders":
                yield self._worker("orders", ("threads", "-c", str(self.settings.orders_threads)))
            case "beat":
                yield self._beat("beat")
            case "courier":
                yield self._announced("courier", "botfleet.courier")
            case _:
                return

    def _beat(self, name: str) -> ProcessSpec:
        scheduler = "beat_schedules.scheduler:FleetScheduler"
        return self._celery(name, "beat", "-S", scheduler, "--pidfile=")

    def instance(self, name: str) -> ProcessSpec:
        """Give the process of an instance, `pod.2.1`.

        Raises:
            NotFound: that is not an instance's name.
        """
        if not _INSTANCE.fullmatch(name):
            raise NotFound(f"There is no process {name}, and no instance is called so.")
        return self._worker(name, ("solo",), BOTFLEET_INSTANCE=name.removeprefix("pod."))

    def foundations(self) -> Iterator[ProcessSpec]:
        """What workers need: a nursery, a database of this build, the sandbox; and the API."""
        yield ProcessSpec(
            name="nursery",
            argv=(
                *(sys.executable, "-m", "botfleet.adapters.system.nursery"),
                *(str(self.grounds.nursery), *PRELOADED),
            ),
            env=self._env("nursery"),
            ready=lambda: nursery.is_open(self.grounds.nursery),
            start_s_max=_IMPORTED_S_MAX,
            stop_grace_s=1,
        )
        yield ProcessSpec(
            name="migrate",
            argv=(sys.executable, "-c", _PREPARE),
            env=self._env("migrate"),
            once=True,
            after=tuple(name for name in self.stores.names if name == "postgres"),
        )
        if self.settings.is_sandboxed:
            yield self._server("sandbox", self.settings.sandbox_port, ("nursery",))
        yield self._server("api", self.settings.api_port, self._needed)
        if self.settings.door_url:
            yield from self.of("courier")

    def _server(self, name: str, port: int, after: tuple[str, ...]) -> ProcessSpec:
        return ProcessSpec(
            name=name,
            argv=(sys.executable, "-m", f"botfleet.{name}"),
            env=self._env(name),
            warm=True,
            after=after,
            ready=lambda: accepts(port),
        )

    def _worker(self, name: str, pool: tuple[str, ...], **more: str) -> ProcessSpec:
        consuming = ("-P", *pool, "-Q", name, "-n", f"{name}@%h")
        return self._celery(name, *_WORKER, *consuming, more=more)

    def _celery(self, name: str, *words: str, more: Mapping[str, str] | None = None) -> ProcessSpec:
        celery = ("celery", "-q", "-A", "workers.app")
        return self._announced(name, *celery, *words, "-l", "warning", more=more)

    def _announced(
        self, name: str, *words: str, more: Mapping[str, str] | None = None
    ) -> ProcessSpec:
        return ProcessSpec(
            name=name,
            argv=(sys.executable, "-m", *words),
            env={**self._env(name.partition(".")[0]), **(more or {})},
            warm=True,
            after=self._needed,
            ready="announced",
            start_s_max=_ANNOUNCED_S_MAX,
        )

    def _env(self, kind: str) -> dict[str, str]:
        settings = self.settings
        if kind == "api" and settings.door_url:  # the courier serves the metrics of this home
            settings = settings.model_copy(update={"metrics_port": None})
        plain = environment(heard_by(kind, settings))
        return plain | {"OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}

    @property
    def _needed(self) -> tuple[str, ...]:
        return (
            *self.stores.names,
            "nursery",
            "migrate",
            *(["sandbox"] * self.settings.is_sandboxed),
        )


def _record(planned: Plan) -> homes.FleetRecord:
    ours = environment(planned.settings)
    return homes.FleetRecord(
        pid=os.getpid(),
        started_at=told(RealClock().now()).isoformat(),
        control=str(planned.grounds.notify.with_name("control")),
        logs=str(planned.grounds.logs),
        urls=planned.urls,
        settings={
            name: ours[variable]
            for name in Settings.model_fields
            if (variable := f"BOTFLEET_{name.upper()}") in ours
        },
    )
