"""A small fleet in one process over real Postgres and Valkey: what the verbs' tests work with.

The market and the broker answer as a test tells them; everything between is the real thing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import redis

from botfleet.adapters.botfile import dump, load, read, version
from botfleet.adapters.postgres.batches import PostgresBatches
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.fleet import FleetRow
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.adapters.postgres.layouts import PostgresLayouts
from botfleet.adapters.postgres.orders import PostgresOrderBook
from botfleet.adapters.postgres.passes import PostgresPasses
from botfleet.adapters.postgres.rebuilds import PostgresRebuilds
from botfleet.adapters.postgres.roster import PostgresRoster
from botfleet.adapters.postgres.switches import PostgresSwitches
from botfleet.adapters.postgres.tokens import PostgresTokens
from botfleet.adapters.postgres.volatilities import PostgresVolatilities
from botfleet.adapters.postgres.watchlists import PostgresWatchlists
from botfleet.adapters.postgres.work import PostgresWorkBook
from botfleet.adapters.redis.heights import RedisHeights
from botfleet.adapters.redis.pools import RedisPools
from botfleet.adapters.system.lanes import ThreadLanes
from botfleet.application.gather import Gatherer
from botfleet.application.note import Noter
from botfleet.application.ports.roster import NewBot
from botfleet.application.ports.tokens import Connection, Tokens
from botfleet.application.ports.work import Pointer
from botfleet.application.react import react
from botfleet.application.rebuild import Rebuilder
from botfleet.application.reconcile import Reconciler
from botfleet.application.recover import Recovery
from botfleet.application.resolve import resolve
from botfleet.application.restrain import Restrain
from botfleet.application.route import route
from botfleet.application.submit import submit
from botfleet.application.sweep import Drift, Mender
from botfleet.application.work import Instance
from botfleet.domain.eastern import day_of
from botfleet.domain.fleet.seating import Shape
from botfleet.domain.ids import AccountId, BotId, OrderId, UserId, derive
from tests.application.broker import Broker
from tests.application.market import OPEN, Clock, Market

MARK = OPEN + timedelta(minutes=15)
#: Deletes the rows of all tables but the schema's own: of so few, far sooner done than TRUNCATE,
#: which makes each of hundreds of files anew.
_EMPTY = """DO $$ DECLARE one regclass; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT oid FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('alembic_version', 'served_schemas')
    LOOP EXECUTE 'DELETE FROM ' || one; END LOOP;
    PERFORM setval(oid, 1, false) FROM pg_class
    WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
END $$"""


class Messages:
    """Keeps what would travel."""

    def __init__(self) -> None:
        self.pointers: list[Pointer] = []
        self.orders: list[OrderId] = []

    def work(self, pointers: Sequence[Pointer]) -> None:
        self.pointers += pointers

    def submit(self, orders: Sequence[OrderId]) -> None:
        self.orders += orders

    def resolve(self) -> None:
        return

    def done(self) -> None:
        return


class Debts:
    """Keeps what is owed until `pay` is called."""

    def __init__(self) -> None:
        self.owed: list[Callable[[], None]] = []

    def owe(self, pay: Callable[[], None], within_s: float) -> None:
        assert within_s > 0
        self.owed.append(pay)

    def pay(self) -> None:
        owed, self.owed = self.owed, []
        for pay in owed:
            pay()


class House:
    """One user, one account, one instance."""

    def __init__(self, postgres_url: str, client: "redis.Redis") -> None:
        self.database, self.redis = Database(postgres_url), client
        client.flushall()
        self.clock = Clock()
        self.market, self.broker, self.messages = Market(self.clock), Broker(self.clock), Messages()
        self.debts = Debts()
        self.work = PostgresWorkBook(self.database)
        self.batches = PostgresBatches(self.database, load)
        self.orders = PostgresOrderBook(self.database, lambda: 0.0)  # who has looked leaves at once
        self.watchlists = PostgresWatchlists(self.database)
        self.pools = RedisPools(client)
        self.volatilities = PostgresVolatilities(self.database)
        self.roster = PostgresRoster(self.database)
        self.layouts = PostgresLayouts(self.database)
        self.passes = PostgresPasses(self.database)
        self.switches = PostgresSwitches(self.database)
        self._empty()

    def _empty(self) -> None:
        with self.database.transaction() as connection:
            execute(connection, _EMPTY)
        FleetRow(self.database).found(OPEN, None)
        self.roster.add_users(["ann"], OPEN)
        user = self.roster.users()[0].user_id
        self.account = AccountId(derive("account", "ann"))
        later = Tokens("secret", None, OPEN + timedelta(days=1))
        store = PostgresTokens(self.database, seal=lambda b, _: b, unseal=lambda b, _: b)
        store.connect(Connection(self.account, user, "tradier", "A1", later))
        self.layouts.arrange(Shape(1, 1, 10))
        self.user = user

    @property
    def instance(self) -> Instance:
        """A fresh instance: nothing remembered, as after a restart."""
        gatherer = Gatherer(self.market, volatilities=self.volatilities)
        return Instance(
            self.work,
            self.batches,
            self.pools,
            self.messages,
            gatherer,
            self.clock,
            self.volatilities,
            self.watchlists,
        )

    def add(self, text: str, user: UserId | None = None, at: datetime = OPEN) -> BotId:
        definition = read(text)
        bot = NewBot(
            user or self.user,
            self.account,
            definition,
            dump(definition),
            version(definition),
            is_on=True,
        )
        return self.roster.add_bots([bot], at)[0]

    def route(self, at: datetime) -> list[Pointer]:
        """Put the clock to `at` and route; give the new rows."""
        self.clock.at = at
        self.messages.pointers.clear()
        route(at, work=self.work, messages=self.messages)
        return list(self.messages.pointers)

    def run(self, at: datetime) -> None:
        """Route up to `at` and do all of it."""
        for pointer in self.route(at):
            self.instance.do(pointer.work_id)

    def send(self) -> int:
        """Submit what was handed over."""
        orders, self.messages.orders = self.messages.orders, []
        return submit(
            orders,
            book=self.orders,
            brokers=self.broker,
            noter=self.noter,
            clock=self.clock,
            lanes=ThreadLanes(8),
        )

    @property
    def noter(self) -> Noter:
        """Writing down what was learned of orders."""
        return Noter(self.orders, self.pools, self.debts)

    @property
    def restrain(self) -> Restrain:
        """Switches over what there is."""
        return Restrain(self.switches, self.messages, self.clock)

    def look(self, after_s: float = 0) -> int:
        """Move the clock, and look at every due order."""
        self.clock.at += timedelta(seconds=after_s)
        looked = 0
        while some := resolve(
            self.clock.at, book=self.orders, brokers=self.broker, noter=self.noter
        ):
            looked += some
            if looked > 50:
                raise AssertionError("looking never ends")
        react(self.work, self.messages)
        return looked

    def compare(self, after_s: float = 0) -> bool:
        """Move the clock, and make a pass of an account that is due."""
        self.clock.at += timedelta(seconds=after_s)
        with self.database.transaction() as connection:
            execute(connection, "UPDATE passes SET begun_real = 'epoch'")
        rebuilds = PostgresRebuilds(self.database)
        rebuilder = Rebuilder(rebuilds, self.batches, self.orders, self.pools)
        house = (self.passes, self.orders, self.broker, self.pools, self.restrain, rebuilder)
        return Reconciler(*house, self.debts).next(self.clock.at)

    def mend(self, bot: BotId) -> Drift:
        """Have the sweep look at a bot's pool twice; give what the second look reloaded."""
        mender = Mender(self.pools, self.batches)
        mender.mend([bot], day_of(self.clock.at))
        return mender.mend([bot], day_of(self.clock.at))

    @property
    def recovery(self) -> Recovery:
        """Looking whether the database was restored."""
        return Recovery(RedisHeights(self.redis), self.passes, self.batches, self.pools)

    def all(self, sql: str) -> list[tuple[object, ...]]:
        """Ask Postgres."""
        with self.database.transaction() as connection:
            return [tuple(row.values()) for row in rows(connection, sql)]

    def one(self, sql: str) -> tuple[object, ...]:
        """Ask Postgres for one row."""
        (row,) = self.all(sql)
        return row

    def tally(self, bot: BotId) -> tuple[int, int]:
        """Committed and pending cents; the ledger, the balance and Redis must say the same."""
        ledger = self.batches.ledger([bot])[bot]
        memory = self.pools.read([bot]).get(bot, ledger)
        kept = self.one(f"SELECT committed, pending FROM pools WHERE bot_id = '{bot}'")
        entries = self.one(
            f"""SELECT coalesce(sum(amount) FILTER (WHERE kind IN ('pend', 'final')), 0)::bigint
                           AS pending,
                       coalesce(sum(amount) FILTER (WHERE kind IN ('post', 'close')), 0)::bigint
                           AS committed
                FROM entries WHERE bot_id = '{bot}'"""
        )
        assert kept == (ledger.committed, ledger.pending) == (memory.committed, memory.pending)
        assert kept == entries[::-1]
        return ledger.committed, ledger.pending


def rename(house: House, bot: BotId, name: str) -> None:
    """Give a bot another name, as its owner does."""
    line = PostgresJournal(house.database).bot(None, str(bot))
    kept = replace(house.batches.definition(line.version), name=name)
    house.roster.rename(bot, name, dump(kept), version(kept))
