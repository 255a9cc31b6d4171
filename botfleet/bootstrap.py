"""Plug adapters into ports: the only module that knows both. All is made when first needed."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path

from botfleet.adapters.brokers.brokers import DIALECTS, WireBrokers
from botfleet.adapters.brokers.gate import Gate
from botfleet.adapters.brokers.lines import Lines
from botfleet.adapters.brokers.oauth import CodeFlow, Registration
from botfleet.adapters.brokers.registrations import at_brokers, at_sandbox
from botfleet.adapters.brokers.sheets import Sheet
from botfleet.adapters.calendars.file import CalendarFile
from botfleet.adapters.celery.app import greet_queue
from botfleet.adapters.celery.messages import ORDERS_A_MESSAGE, CeleryMessages
from botfleet.adapters.market.blended import BlendedMarket
from botfleet.adapters.market.http import HttpMarket
from botfleet.adapters.market.played import played_session, played_to
from botfleet.adapters.market.recording import RecordingMarket
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.market.sketches import SKETCHES
from botfleet.adapters.market.volatilities import SimulatedVolatilities
from botfleet.adapters.notify.apprise import AppriseNotifier
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.adapters.postgres.tokens import PostgresConsents
from botfleet.adapters.postgres.watchlists import PostgresWatchlists
from botfleet.adapters.pricing.american import models_of
from botfleet.adapters.redis.bell import Bell
from botfleet.adapters.redis.heights import RedisHeights
from botfleet.adapters.system import homes
from botfleet.adapters.system.clock import GlancedClock, RealClock, wall_s
from botfleet.adapters.system.kubernetes import KubernetesMachines
from botfleet.adapters.system.lanes import ThreadLanes
from botfleet.adapters.system.machines import DistantMachines, LocalMachines
from botfleet.adapters.system.patience import patiently
from botfleet.adapters.system.readiness import announce
from botfleet.application.call import Calling
from botfleet.application.connect import Connect
from botfleet.application.consult import consult
from botfleet.application.dismiss import Dismiss
from botfleet.application.enlist import Enlist
from botfleet.application.gather import Gatherer
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.machines import Machines
from botfleet.application.ports.market import Market
from botfleet.application.ports.restraint import LOGIN
from botfleet.application.press import Press
from botfleet.application.rebuild import Rebuilder
from botfleet.application.recollect import recollect
from botfleet.application.reconcile import Reconciler
from botfleet.application.recover import Recovery
from botfleet.application.reply import Reply
from botfleet.application.restrain import Restrain
from botfleet.application.seat import Seating
from botfleet.application.subscribe import Subscribe
from botfleet.application.sweep import Mender
from botfleet.application.trim import Nightly
from botfleet.application.work import Instance
from botfleet.config import Settings
from botfleet.domain.eastern import day_of
from botfleet.domain.fleet.seating import Shape
from botfleet.editor import Editor
from botfleet.errors import BotfleetError
from botfleet.stores import needed

#: Tells a supervisor that this process is ready.
announce_ready = announce
#: How long a fleet that begins waits for stores that do not answer, real seconds.
START_S = 5.0
#: The broker that is meant where none is named; the sandbox speaks its wire at its root.
BROKER = "tradier"


class Wiring(Editor):
    """One process's adapters, by the settings of its environment."""

    @cached_property
    def notifier(self) -> AppriseNotifier:
        """Who carries it there."""
        return AppriseNotifier(self.settings.schemes)

    @cached_property
    def reply(self) -> Reply:
        """Answering asks."""
        return Reply(self.asks, self.journal, self.batches, self.messages, self.clock)

    @cached_property
    def restrain(self) -> Restrain:
        """Setting and lifting switches."""
        return Restrain(self.switches, self.messages, self.clock)

    @cached_property
    def reconciler(self) -> Reconciler:
        """Holding accounts beside their brokers."""
        rebuilder = Rebuilder(self.rebuilds, self.batches, self.orders, self.pools)
        house = (self.passes, self.orders, self.brokers, self.pools, self.restrain)
        return Reconciler(*house, rebuilder, self.debts)

    @cached_property
    def recovery(self) -> Recovery:
        """Seeing that the database is older than what was here."""
        return Recovery(RedisHeights(self.redis), self.passes, self.batches, self.pools)

    @cached_property
    def seating(self) -> Seating:
        """Giving the fleet another shape while it runs."""
        return Seating(self.layouts, self.machines, self.messages)

    @property
    def machines(self) -> Machines:
        """What runs the instances: a cluster, this machine's supervisor, or each pod itself."""
        settings = self.settings
        if settings.stateful_set:
            url = str(settings.kubernetes_url).rstrip("/")
            return KubernetesMachines(settings.stateful_set, self._shape, url)
        if homes.found(settings.home) is not None:
            return LocalMachines(settings.home)
        return DistantMachines(self._shape)

    def _shape(self) -> Shape | None:
        """Give how large the fleet is now; others change it while this process lives."""
        return self.layouts.layout().shape

    @cached_property
    def enlist(self) -> Enlist:
        """Taking bots in."""
        return Enlist(self.roster, self.journal, self.clock, self.work, self.messages)

    @cached_property
    def subscribe(self) -> Subscribe:
        """Keeping and trying owners' channels."""
        return Subscribe(self.channels, self.notifier, self.clock)

    @cached_property
    def press(self) -> Press:
        """Pressing buttons."""
        return Press(self.journal, self.batches, self.work, self.messages, self.clock)

    @cached_property
    def dismiss(self) -> Dismiss:
        """Closing positions by hand."""
        return Dismiss(self.panels, self.journal, self.work, self.messages, self.clock)

    @cached_property
    def bell(self) -> Bell:
        """The bell a lockstep clock waits for."""
        return self.bell_named("done")

    def bell_named(self, name: str) -> Bell:
        """A bell of its own."""
        return Bell(self.redis, name)

    @cached_property
    def messages(self) -> CeleryMessages:
        """The queue."""
        ring: Callable[[], None] = self.bell.ring
        return CeleryMessages(self.app, ring if self.settings.clock == "lockstep" else _silence)

    @cached_property
    def mender(self) -> Mender:
        """What keeps Redis true to the ledger."""
        return Mender(self.pools, self.batches)

    @cached_property
    def nightly(self) -> Nightly:
        """What takes old days away."""
        return Nightly(self.past, self.settings.keep_days)

    @cached_property
    def market(self) -> Market:
        """The feed, over HTTP."""
        token = self.settings.market_token
        return HttpMarket(
            needed(self.settings.market_url, "BOTFLEET_MARKET_URL").rstrip("/") + "/v1",
            token.get_secret_value() if token else "",
            self.clock,
        )

    @cached_property
    def calendars(self) -> CalendarFile | None:
        """The operator's calendar of events, where there is one."""
        return CalendarFile(self.settings.calendar) if self.settings.calendar else None

    @cached_property
    def glanced_clock(self) -> Clock:
        """The fleet's clock, for whoever looks at it many times a request."""
        return GlancedClock(self.clock)

    @cached_property
    def sandbox_market(self) -> Market:
        """The feed the sandbox shows: simulated, or recorded and simulated where nothing is.

        Beside a live feed the sandbox is a paper broker: its orders fill against that feed.
        """
        if self.settings.market == "http":
            return self.market
        simulated = SimulatedMarket(self.settings.seed, self.glanced_clock)
        if self.settings.market != "recording":
            return simulated
        return BlendedMarket(self.recording, simulated)

    @cached_property
    def recording(self) -> RecordingMarket:
        """The recorded feed."""
        root = self.settings.recording or Path()
        return RecordingMarket(root, self.glanced_clock, models_of(self.settings))

    @cached_property
    def gatherer(self) -> Gatherer:
        """What answers questions."""
        return Gatherer(self.market, self.calendars, self.volatilities)

    @cached_property
    def instance(self) -> Instance:
        """What an instance works with."""
        return Instance(
            self.work,
            self.batches,
            self.pools,
            self.messages,
            self.gatherer,
            self.clock,
            self.volatilities,
            PostgresWatchlists(self.database),
        )

    @cached_property
    def calling(self) -> Calling:
        """Taking calls from outside."""
        return Calling(self.hooks, self.batches, self.messages, self.clock, wall_s)

    @cached_property
    def authorizations(self) -> Mapping[str, CodeFlow]:
        """Each broker's OAuth server, by its name."""
        return {
            name: CodeFlow(DIALECTS[name], registration, self.clock)
            for name, registration in self.registrations.items()
        }

    @cached_property
    def registrations(self) -> Mapping[str, Registration]:
        """This platform as each broker's client: at the sandbox, or at the brokers themselves."""
        settings = self.settings
        if not self._is_at_sandbox:
            return at_brokers(
                settings.credentials, self.callback_url, is_paper=settings.brokers_paper
            )
        secret = settings.oauth_client_secret
        return at_sandbox(
            needed(settings.broker_base_url, "BOTFLEET_BROKER_BASE_URL"),
            needed(settings.oauth_client_id, "BOTFLEET_OAUTH_CLIENT_ID"),
            secret.get_secret_value() if secret else "",
            self.callback_url,
        )

    @property
    def is_paper(self) -> bool:
        """Do orders fill on paper: at the sandbox, or in the brokers' own paper accounts?"""
        return self._is_at_sandbox or self.settings.brokers_paper

    @property
    def _is_at_sandbox(self) -> bool:
        return self.settings.broker_base_url is not None or self.settings.is_sandboxed

    @property
    def callback_url(self) -> str:
        """Where brokers send users back to, each to an address of its own below it."""
        return f"{self.public_url}/v1/connections/callback"

    @property
    def public_url(self) -> str:
        """Where browsers reach the API."""
        listens = f"http://{self.settings.api_host}:{self.settings.api_port}"
        return (self.settings.public_url or listens).rstrip("/")

    @cached_property
    def connect(self) -> Connect:
        """Connecting broker accounts."""
        consents = PostgresConsents(self.database, seal=self.vault.seal, unseal=self.vault.open)
        servers = self.authorizations
        return Connect(servers, consents, self.tokens, self.clock, self.restrain)

    @cached_property
    def brokers(self) -> WireBrokers:
        """Users' broker accounts."""
        lines = Lines(
            self.tokens,
            GlancedClock(self.clock, life_s=0.02),
            {name: one.hosts.api for name, one in self.registrations.items()},
            self.authorizations,
            threads=self.settings.orders_threads * ORDERS_A_MESSAGE,
            is_strict=not self.settings.is_sandboxed,
            gate=Gate(self.limits, self.clock, self._sheets, self.outages),
            lost=partial(self.restrain.reduce, reason="Its login has ended (E11).", by=LOGIN),
        )
        return WireBrokers(lines)

    @property
    def _sheets(self) -> Mapping[str, Sheet]:
        """The data sheets whose limits count: our own sandbox has none."""
        if self.settings.is_sandboxed:
            return {}
        return {name: dialect.sheet for name, dialect in DIALECTS.items()}

    @cached_property
    def lanes(self) -> ThreadLanes:
        """Calls to brokers side by side: as many as all the threads of an orders worker want."""
        return ThreadLanes(self.settings.orders_threads * ORDERS_A_MESSAGE)

    def begin(self, *, is_sized: bool = True) -> None:
        """Begin the fleet, sized as the settings say, or let it go on (see `prepare`)."""
        settings = self.settings
        consult(self.changes)
        session = played_session(settings)
        if session is None:
            self.fleet_row.found(self.clock.now(), None)
        else:
            ends_at = session.opens_at if settings.is_held else played_to(session)
            self.fleet_row.found(session.opens_at, ends_at)
            if is_sized or self.beat_lease.take() is not None:  # a clock that runs is its beat's
                self.replayed_clock.set(self.fleet_row.market_at(), speed=0)
        if is_sized or self.layouts.layout().shape is None:
            self._seat_users()
        self.recovery.look(self.clock.now())
        self.passes.recover()
        if settings.is_sandboxed:
            self._recollect(session.day if session else day_of(self.clock.now()))

    def _seat_users(self) -> None:
        """Size the fleet as the settings say; pods that were drained stay so."""
        settings, known = self.settings, self.layouts.layout().shape
        shape = Shape(settings.pods, settings.instances, settings.users_per_instance)
        if known is not None:
            stay = frozenset(pod for pod in known.drained if pod <= shape.pods)
            shape = replace(shape, drained=stay)
        self.layouts.arrange(shape, is_evened=known is not None and known != shape)

    def _recollect(self, today: date) -> None:
        """Let the fleet know the past of what is simulated; a recording has none but its day."""
        is_recorded = self.settings.market == "recording"
        simulated = SKETCHES.keys() - (self.recording.symbols() if is_recorded else ())
        told = SimulatedVolatilities(self.settings.seed)
        recollect(simulated, today, told=told, kept=self.volatilities)


def check_recording(settings: Settings) -> None:
    """See that a recording that is to be played is there, and holds that day.

    Raises:
        BadInput: it does not.
    """
    if settings.market == "recording" and settings.date is not None:
        RecordingMarket(settings.recording or Path(), RealClock()).check(settings.date)


def prepare(*, is_sized: bool = True) -> None:
    """Bring the database to this build's schema and begin the fleet: run once before its processes.

    A fleet that has begun is sized anew as the settings say; where not `is_sized`, it stays.

    Raises:
        BadInput: the database is of a newer build, a server may lose what it was given to keep or
            has another clock, or the settings name no session.
        StoreUnavailable: Postgres, the pool's Redis or the queue does not answer.
    """
    settings = Settings.read()
    upgrade(needed(settings.database_url, "BOTFLEET_DATABASE_URL"))
    with Wiring(settings) as wiring:
        wiring.trust()
        greet_queue(wiring.app)
        wiring.begin(is_sized=is_sized)


def prepare_or_exit() -> None:
    """Prepare, patiently; end this process with one sentence where it cannot be done.

    Everything else that begins is begun again by its supervisor; this is done once.
    """
    try:
        patiently(prepare, START_S, lambda why: sys.stderr.write(f"Trying again: {why}\n"))
    except BotfleetError as error:
        sys.exit(str(error))


def _silence() -> None:
    """Nobody waits for the bell of a clock that runs by itself."""
