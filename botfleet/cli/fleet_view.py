"""How a fleet stands at one look: its processes, and what its stores say, if they answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Self

from botfleet.adapters.brokers.brokers import LOGIN_LIVES
from botfleet.adapters.celery.app import ORDERS, ROUTER, queue_of
from botfleet.adapters.celery.queues import depths
from botfleet.adapters.system import homes
from botfleet.adapters.system.clock import RealClock
from botfleet.adapters.system.loads import weighed
from botfleet.adapters.system.supervisor import ProcessState
from botfleet.application.account import lateness_today
from botfleet.application.alarm import Alarm, alarms
from botfleet.application.ports.broker_lines import BrokerLine, SentLine
from botfleet.application.ports.journal import FleetNumbers, InstanceLine
from botfleet.application.ports.machines import ProcessLoad
from botfleet.application.ports.passes import BreakKind
from botfleet.application.ports.slots import Lateness
from botfleet.application.ports.switches import SwitchLine
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.calendar import is_open
from botfleet.domain.market.closures import HORIZON
from botfleet.errors import NotFound, Transient

#: How many minutes of marks are shown.
MINUTES = 30


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A process as its supervisor and the kernel know it; an instance with what it carries."""

    state: ProcessState
    load: ProcessLoad | None = None
    carries: InstanceLine | None = None
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Stores:
    """What the stores say; ages are market time."""

    market_at: datetime
    numbers: FleetNumbers
    instances: Sequence[InstanceLine]
    brokers: Sequence[BrokerLine]
    sent: Sequence[SentLine]
    breaks: Mapping[BreakKind, int]
    lateness: Sequence[Lateness]
    switches: Sequence[SwitchLine]
    queues: Mapping[str, int]
    marks_a_minute: Sequence[int]
    unsafe: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FleetView:
    """One look. `stores` is None while they do not answer: `silent` says why."""

    looked_at: datetime
    clock: str
    processes: Sequence[ProcessRow] = ()
    stores: Stores | None = None
    silent: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)
    logs: str = ""
    started_at: str = ""
    pid: int | None = None

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """What would wake somebody."""
        if self.stores is None:
            return (Alarm("StoreDown", self.silent, "postgres-is-down.md"),)
        days = (HORIZON - day_of(self.looked_at)).days
        told = self.stores
        return alarms(
            told.numbers,
            told.brokers,
            told.breaks,
            calendar_days=days,
            is_session=is_open(told.market_at),
            unsafe=told.unsafe,
        )


class Eye:
    """Looks at the fleet of a home, else at the stores the environment names, again and again."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._wiring = settings, Wiring(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wiring.__exit__()

    def look(self) -> FleetView:
        """Look once.

        Raises:
            NotFound: there is no such fleet.
            Refusal: its supervisor does not answer.
        """
        home = self._settings.home
        record = homes.found(home)
        if record is None and self._settings.database_url is None:
            raise NotFound(f"No fleet runs in {home}; start one with `botfleet up`.")
        known = Settings.read(**record.settings) if record else self._settings
        stores, silent = self._asked(known)
        at, clock = RealClock().now(), _clock(known)
        if record is None:
            return FleetView(at, clock, stores=stores, silent=silent)
        states = [ProcessState(**each) for each in homes.order(record.control, {"do": "list"})]
        rows, place = _rows(states, stores), (record.urls, record.logs, record.started_at)
        return FleetView(at, clock, rows, stores, silent, *place, record.pid)

    def _asked(self, settings: Settings) -> tuple[Stores | None, str]:
        """Ask the stores; say why where they do not answer, or have no fleet yet."""
        if settings != self._wiring.settings:
            self._wiring.__exit__()
            self._wiring = Wiring(settings)
        try:
            return _told(self._wiring), ""
        except (Transient, NotFound) as why:
            return None, str(why)


def _clock(settings: Settings) -> str:
    speed = f" at {settings.speed:g} times" if settings.clock == "replayed" else ""
    return settings.clock + speed


def _rows(states: Sequence[ProcessState], stores: Stores | None) -> list[ProcessRow]:
    measured = weighed(states)
    places = {f"pod.{one.pod}.{one.instance}": one for one in stores.instances} if stores else {}
    beat = (stores.numbers.beat if stores else None) or ""
    return [
        ProcessRow(
            state, measured.get(state.name), places.get(state.name), beat.endswith(f"/{state.pid}")
        )
        for state in states
    ]


def _told(wiring: Wiring) -> Stores:
    now, journal = wiring.clock.now(), wiring.journal
    instances = journal.instances(now)
    seats = (queue_of(one.pod, one.instance) for one in instances)
    return Stores(
        now,
        journal.numbers(now),
        instances,
        journal.brokers(now, LOGIN_LIVES),
        journal.sent(instant(day_of(now), time())),
        wiring.passes.counts(),
        lateness_today(now, wiring.slots),
        wiring.switches.standing(None),
        depths(wiring.app, (ROUTER, ORDERS, *seats)),
        journal.marks_a_minute(MINUTES),
        wiring.unsafe(),
    )
