"""A small fleet in one process over real Postgres and Valkey: what the verbs' tests work with.

The market and the broker answer as a test tells them; everything between is the real thing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Lock

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
from botfleet.application.ports.brokers import Holding, MayLeave, unbarred
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
from botfleet.application.work import Instance
from botfleet.domain.eastern import day_of
from botfleet.domain.fleet.seating import Shape
from botfleet.domain.ids import AccountId, BotId, OrderId, UserId, derive
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Option, Right
from botfleet.domain.market.quotes import Bar, MinuteBar, OptionQuote, Quote
from botfleet.domain.orders.order import (
    Accepted,
    Declined,
    Execution,
    HeldBack,
    OrderClass,
    OrderState,
    Report,
    Ticket,
    Unheard,
)
from botfleet.domain.positions.shortfalls import instrument
from botfleet.errors import BrokerUnavailable

D = Decimal
DAY = date(2026, 3, 10)
OPEN = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)
MARK = OPEN + timedelta(minutes=15)
EXPIRY = date(2026, 3, 13)
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


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.at = OPEN

    def now(self) -> datetime:
        return self.at


class Market:
    """SPY, QQQ, TLT and SPX at `last`; puts a dollar apart, 2 cents wide, worth a tenth of their
    distance above 480.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock, self.last, self.asked = clock, D(500), 0
        self.closes: dict[date, Decimal] = {}
        self.silent: set[str] = set()
        self.is_blind = False
        self.spread_is: tuple[Decimal, Decimal] | None = None  # middles of the 490 and other puts

    def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        self.asked += 1
        known = {"SPY", "QQQ", "TLT", "SPX"} - self.silent
        return {
            one: Quote(one, self.clock.at, self.last - D("0.01"), self.last + D("0.01"), self.last)
            for one in symbols
            if one in known
        }

    def option_quotes(self, options: Collection[Option]) -> Mapping[Option, OptionQuote]:
        return {} if self.is_blind else {option: self._option(option) for option in options}

    def _option(self, option: Option) -> OptionQuote:
        middle = max(D("0.02"), (option.strike - 480) / 10)
        if self.spread_is is not None:
            middle = self.spread_is[option.strike != 490]
        sides = (middle - D("0.01"), middle + D("0.01"))
        return OptionQuote(option, self.clock.at, *sides, delta=-0.3)

    def expirations(self, symbols: Collection[str]) -> Mapping[str, tuple[date, ...]]:
        return dict.fromkeys(symbols, (DAY, EXPIRY))

    def chains(self, wanted: Collection[tuple[str, date]]) -> Mapping[tuple[str, date], Chain]:
        return {one: self._chain(*one) for one in wanted}

    def _chain(self, symbol: str, day: date) -> Chain:
        strikes = [D(strike) for strike in range(480, 500)]
        puts = tuple(self._option(Option(symbol, day, Right.PUT, strike)) for strike in strikes)
        return Chain(symbol, day, self.clock.at, self.quotes([symbol])[symbol], (), puts)

    def minutes(self, symbols: Collection[str]) -> Mapping[str, tuple[MinuteBar, ...]]:
        return dict.fromkeys(symbols, ())

    def bars(self, symbols: Collection[str], count: int) -> Mapping[str, tuple[Bar, ...]]:
        days = [DAY - timedelta(days=n) for n in range(count, 0, -1)]
        days += [day for day in sorted(self.closes) if DAY <= day < day_of(self.clock.at)]
        sides = (D(500), D(501), D(499))
        bars = tuple(Bar(day, *sides, self.closes.get(day, D(500)), 1000) for day in days)
        return dict.fromkeys(symbols, bars)


@dataclass
class Broker:
    """One account. `mood` says what the next submits come to; orders fill when `fill` is called."""

    clock: Clock
    mood: list[str] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)
    limits: dict[str, list[Decimal]] = field(default_factory=dict)
    is_deaf: bool = False
    fills_on_cancel: str = ""
    is_strict: bool = False
    order_class: OrderClass = OrderClass.FOUND
    elsewhere: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    desk: Lock = field(default_factory=Lock)

    def account(self, _account: AccountId) -> "Broker":
        return self

    def submit(
        self, ticket: Ticket, may_leave: MayLeave = unbarred
    ) -> Accepted | Declined | HeldBack | Unheard:
        if not may_leave():
            return HeldBack("It may not leave.", 0.0)
        with self.desk:
            return self._submit(ticket)

    def _submit(self, ticket: Ticket) -> Accepted | Declined | HeldBack | Unheard:
        mood = self.mood.pop(0) if self.mood else "accept"
        if mood.startswith("refuse"):
            return Declined(mood.partition(": ")[2] or "The broker said no.")
        if mood == "hold back":
            return HeldBack("The broker's limit is used up.", 1.0)
        if mood == "lose":
            return Unheard("timed out")
        self.tickets.append(ticket)
        named = str(len(self.tickets))
        working = OrderState.WORKING
        self.reports[named] = self._shown(named, ticket, working)
        self.limits[named] = [ticket.limit]
        if mood == "name another":
            return Accepted("1")
        return Unheard("timed out") if mood == "accept and hang" else Accepted(named)

    def fill(self, named: str, units: int, price: str, *, ends: bool = True) -> None:
        """Fill `units` more; the order ends filled, or goes on, or (`ends` short) is cancelled."""
        report = self.reports[named]
        n = len(report.executions) + 1
        executions = (*report.executions, Execution(f"{named}/{n}", units, D(price), self.clock.at))
        done = sum(one.quantity for one in executions) == report.quantity
        state = OrderState.FILLED if done else OrderState.PARTIAL
        if ends and not done:
            state = OrderState.CANCELLED
        self.reports[named] = replace(report, state=state, executions=executions)

    def cancel(self, named: str) -> bool:
        report = self.reports[named]
        if self.fills_on_cancel:
            self.fill(named, report.quantity, self.fills_on_cancel)
            return True
        self.calls.append("cancel")
        self.reports[named] = replace(report, state=OrderState.CANCELLED)
        return True

    def replace(self, named: str, *, limit: Decimal, may_leave: MayLeave = unbarred) -> bool:
        if not may_leave():
            raise BrokerUnavailable
        self.limits[named].append(limit)
        return True

    def order(self, named: str) -> Report:
        if self.is_deaf:
            raise BrokerUnavailable
        return self.reports[named]

    def orders(self) -> Sequence[Report]:
        self.calls.append("orders")
        if self.is_deaf:
            raise BrokerUnavailable
        return list(self.reports.values())

    def _shown(self, named: str, ticket: Ticket, state: OrderState) -> Report:
        is_blind = self.order_class is OrderClass.BLIND
        about = {"legs": ticket.legs, "symbol": ticket.symbol, "limit": ticket.limit}
        own = "" if is_blind else ticket.wire_id
        at = self.clock.at
        return Report(named, own, state, ticket.quantity, (), **about, entered_at=at)  # type: ignore[arg-type]

    def positions(self) -> Sequence[Holding]:
        """What filled, and what is held or missing of other causes."""
        self.calls.append("positions")
        sums = dict(self.elsewhere)
        for n, ticket in enumerate(self.tickets, 1):
            for leg in ticket.legs:
                name = instrument(ticket.symbol, leg)
                sums[name] = sums.get(name, 0) + leg.ratio * self.reports[str(n)].filled
        return [Holding(name, count) for name, count in sums.items() if count]


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


class House:
    """One user, one account, one instance."""

    def __init__(self, postgres_url: str, client: "redis.Redis") -> None:
        self.database, self.redis = Database(postgres_url), client
        client.flushall()
        self.clock = Clock()
        self.market, self.broker, self.messages = Market(self.clock), Broker(self.clock), Messages()
        self.work = PostgresWorkBook(self.database)
        self.batches = PostgresBatches(self.database, load)
        self.orders = PostgresOrderBook(self.database)
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
            pools=self.pools,
            clock=self.clock,
            lanes=ThreadLanes(8),
        )

    @property
    def restrain(self) -> Restrain:
        """Switches over what there is."""
        return Restrain(self.switches, self.messages, self.clock)

    def look(self, after_s: float = 0) -> int:
        """Move the clock, and look at every due order."""
        self.clock.at += timedelta(seconds=after_s)
        looked = 0
        while some := resolve(
            self.clock.at, book=self.orders, brokers=self.broker, pools=self.pools
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
        return Reconciler(*house).next(self.clock.at)

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
