"""Plug in what keeps things: Postgres, Redis, the queue and the clock, made when first needed."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Self

import celery
import redis

from botfleet.adapters.botfile.reading import load
from botfleet.adapters.celery.app import make_app
from botfleet.adapters.postgres import promises
from botfleet.adapters.postgres.asks import PostgresAsks
from botfleet.adapters.postgres.batches import PostgresBatches
from botfleet.adapters.postgres.changes import PostgresChanges
from botfleet.adapters.postgres.channels import PostgresChannels
from botfleet.adapters.postgres.database import Database
from botfleet.adapters.postgres.fleet import FleetRow
from botfleet.adapters.postgres.hooks import PostgresHooks
from botfleet.adapters.postgres.hours import PostgresAccountHours
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.adapters.postgres.layouts import PostgresLayouts
from botfleet.adapters.postgres.lease import PostgresLease, beat_lease, stand_in_lease
from botfleet.adapters.postgres.logins import PostgresLogins
from botfleet.adapters.postgres.news import PostgresNewsroom
from botfleet.adapters.postgres.orders import PostgresOrderBook
from botfleet.adapters.postgres.outages import PostgresOutages
from botfleet.adapters.postgres.panels import PostgresPanels
from botfleet.adapters.postgres.passes import PostgresPasses
from botfleet.adapters.postgres.past import PostgresPast
from botfleet.adapters.postgres.prints import PostgresPrints
from botfleet.adapters.postgres.rebuilds import PostgresRebuilds
from botfleet.adapters.postgres.roster import PostgresRoster
from botfleet.adapters.postgres.signins import PostgresSignins
from botfleet.adapters.postgres.slots import PostgresSlots
from botfleet.adapters.postgres.switches import PostgresSwitches
from botfleet.adapters.postgres.tokens import PostgresTokens
from botfleet.adapters.postgres.volatilities import PostgresVolatilities
from botfleet.adapters.postgres.work import PostgresWorkBook
from botfleet.adapters.redis import pools
from botfleet.adapters.redis.clock import ReplayedClock
from botfleet.adapters.redis.limits import RedisLimits
from botfleet.adapters.redis.loads import RedisLoads
from botfleet.adapters.redis.pools import RedisPools, connect
from botfleet.adapters.system.clock import RealClock, keep_step, wall_s
from botfleet.adapters.system.debts import ThreadDebts
from botfleet.adapters.system.places import process_name
from botfleet.adapters.vault.envelope import KeyFile
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.limits import Allowance
from botfleet.config import Settings
from botfleet.errors import BadInput, StoreUnavailable


class Stores:
    """One process's stores, by the settings of its environment."""

    def __init__(
        self, settings: Settings, *, connections: int = 2, role: str | None = None
    ) -> None:
        self.settings, self._connections, self._role = settings, connections, role

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give back what connections were opened."""
        for name in ("debts", "database", "redis"):
            if name in self.__dict__:
                getattr(self, name).close()

    def keep_step(self) -> None:
        """See that this machine's clock is the stores'.

        Raises:
            BadInput: one is off.
            StoreUnavailable: one does not answer.
        """
        keep_step("Postgres", lambda: promises.clock_s(self.database))
        keep_step("The pool's Redis", lambda: pools.clock_s(self.redis))

    def unsafe(self) -> Sequence[str]:
        """Name every setting with which a store may lose what it was given to keep.

        Raises:
            StoreUnavailable: one does not answer.
        """
        return (*promises.unsafe(self.database), *pools.unsafe(self.redis))

    def trust(self) -> None:
        """See that the stores keep what they are given, and that their clocks are this machine's.

        Raises:
            BadInput: naming every setting with which one may not, or the clock that is off.
            StoreUnavailable: one does not answer.
        """
        self.keep_step()
        if faults := self.unsafe():
            raise BadInput("; ".join(faults) + ".")

    @cached_property
    def database(self) -> Database:
        """Postgres."""
        door = self.settings.door_url if self._role else None
        url = door or needed(self.settings.database_url, "BOTFLEET_DATABASE_URL")
        return Database(url, connections=self._connections, role=self._role)

    @cached_property
    def redis(self) -> "redis.Redis":
        """The pool's Redis."""
        return connect(needed(self.settings.pool_url, "BOTFLEET_POOL_URL"))

    @cached_property
    def loads(self) -> RedisLoads:
        """What instances say they weigh."""
        return RedisLoads(self.redis)

    @cached_property
    def app(self) -> celery.Celery:
        """Celery."""
        return make_app(needed(self.settings.broker_url, "BOTFLEET_BROKER_URL"))

    @cached_property
    def clock(self) -> Clock:
        """The fleet's clock."""
        return RealClock() if self.settings.clock == "real" else self.replayed_clock

    @cached_property
    def replayed_clock(self) -> ReplayedClock:
        """The clock of a past session."""
        knows = self.settings.database_url or (self._role and self.settings.door_url)
        recall = self.fleet_row.market_at if knows else _forgotten
        return ReplayedClock(self.redis, wall_s=wall_s, recall=recall)

    @cached_property
    def fleet_row(self) -> FleetRow:
        """The fleet's own row."""
        return FleetRow(self.database)

    @cached_property
    def beat_lease(self) -> PostgresLease:
        """This process's claim to be the metronome that leads."""
        return beat_lease(self.database, process_name())

    @cached_property
    def stand_in_lease(self) -> PostgresLease:
        """This process's claim to ring for want of a metronome."""
        return stand_in_lease(self.database, process_name())

    @cached_property
    def debts(self) -> ThreadDebts:
        """What a store that was away kept this process from writing."""
        return ThreadDebts()

    @cached_property
    def work(self) -> PostgresWorkBook:
        """The work book."""
        return PostgresWorkBook(self.database)

    @cached_property
    def changes(self) -> PostgresChanges:
        """The operator's changes to the exchange calendar."""
        return PostgresChanges(self.database)

    @cached_property
    def slots(self) -> PostgresSlots:
        """The slot ledger."""
        return PostgresSlots(self.database)

    @cached_property
    def batches(self) -> PostgresBatches:
        """Batches."""
        return PostgresBatches(self.database, load)

    @cached_property
    def orders(self) -> PostgresOrderBook:
        """The order book."""
        return PostgresOrderBook(self.database)

    @cached_property
    def asks(self) -> PostgresAsks:
        """Actions that wait for a yes."""
        return PostgresAsks(self.database)

    @cached_property
    def newsroom(self) -> PostgresNewsroom:
        """What owners are told."""
        return PostgresNewsroom(self.database)

    @cached_property
    def switches(self) -> PostgresSwitches:
        """Switches over the fleet and its parts."""
        return PostgresSwitches(self.database)

    @cached_property
    def logins(self) -> PostgresLogins:
        """Logins that end soon."""
        return PostgresLogins(self.database)

    @cached_property
    def outages(self) -> PostgresOutages:
        """Brokers that do not answer."""
        return PostgresOutages(self.database)

    @cached_property
    def rebuilds(self) -> PostgresRebuilds:
        """Orders that are written again."""
        return PostgresRebuilds(self.database)

    @cached_property
    def passes(self) -> PostgresPasses:
        """Passes over broker accounts."""
        return PostgresPasses(self.database)

    @cached_property
    def panels(self) -> PostgresPanels:
        """What owners change of exits by hand."""
        return PostgresPanels(self.database, self.settings.bounds)

    @cached_property
    def hours(self) -> PostgresAccountHours:
        """When accounts let their bots run."""
        return PostgresAccountHours(self.database)

    @cached_property
    def roster(self) -> PostgresRoster:
        """Users and bots."""
        return PostgresRoster(self.database, self.settings.bounds)

    @cached_property
    def signins(self) -> PostgresSignins:
        """Browsers that are signed in."""
        return PostgresSignins(self.database)

    @cached_property
    def layouts(self) -> PostgresLayouts:
        """How large the fleet is, and who sits where."""
        return PostgresLayouts(self.database)

    @cached_property
    def journal(self) -> PostgresJournal:
        """What doors show."""
        return PostgresJournal(self.database)

    @cached_property
    def vault(self) -> KeyFile:
        """What seals tokens."""
        return KeyFile(self.settings.vault_key_file or self.settings.home / "vault.json")

    @property
    def _sealing(self) -> dict[str, Any]:
        """What a store of sealed things takes: a seal, and how many one user may keep."""
        bounds = self.settings.bounds
        return {"seal": self.vault.seal, "unseal": self.vault.open, "bounds": bounds}

    @cached_property
    def tokens(self) -> PostgresTokens:
        """Broker connections."""
        return PostgresTokens(self.database, **self._sealing)

    @cached_property
    def hooks(self) -> PostgresHooks:
        """Who may call from outside."""
        return PostgresHooks(self.database, **self._sealing)

    @cached_property
    def channels(self) -> PostgresChannels:
        """Where owners are told outside."""
        return PostgresChannels(self.database, **self._sealing)

    @cached_property
    def pools(self) -> RedisPools:
        """The arbiter of capital."""
        return RedisPools(self.redis)

    @cached_property
    def limits(self) -> RedisLimits:
        """What is counted of brokers' limits, and of users' requests."""
        return RedisLimits(self.redis)

    @property
    def requests_allowed(self) -> Allowance:
        """How often a user may ask the API."""
        return Allowance(burst=self.settings.api_burst, per_s=self.settings.api_per_s)

    @cached_property
    def past(self) -> PostgresPast:
        """What is past."""
        return PostgresPast(self.database)

    @cached_property
    def prints(self) -> PostgresPrints:
        """Fingerprints of bots."""
        return PostgresPrints(self.database)

    @cached_property
    def volatilities(self) -> PostgresVolatilities:
        """The daily record of implied volatility."""
        return PostgresVolatilities(self.database)


def _forgotten() -> datetime:
    """Answer for a process that is not told where the database is."""
    raise StoreUnavailable("Redis has forgotten the clock; the metronome sets it again.")


def needed(value: str | None, name: str) -> str:
    """Give a setting that must be there.

    Raises:
        BadInput: it is not.
    """
    if not value:
        raise BadInput(f"{name} is not set; `botfleet up` sets it for the processes it starts.")
    return value
