"""Random schedules of everything that can go wrong, on the real verbs and stores; then peace.

A seed is a schedule. Workers die before and after their commits or sleep and wake, replies of Redis
are lost, Redis is flushed, lied to or goes back in time, messages are doubled, lost and reordered,
the broker hangs, refuses and forgets to answer, switches are thrown. The broker's book is checked
at every acceptance; when peace comes, everything must end, and the three books of capital must say
the same.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import time, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from botfleet.adapters.postgres.database import execute
from botfleet.application.ports.brokers import MayLeave, unbarred
from botfleet.application.ports.passes import BreakKind
from botfleet.application.ports.pools import Pools, Settlement
from botfleet.application.sweep import sweep
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope, bars
from botfleet.domain.capital.drift import Kept
from botfleet.domain.capital.pool import DrawRequest, Granted, Pool, Refused
from botfleet.domain.eastern import instant
from botfleet.domain.ids import BotId
from botfleet.domain.orders.order import Effect, OrderState, Ticket, is_ended
from botfleet.domain.trades.margin import worst_case
from botfleet.domain.trades.structures import Structure, strikes_of
from botfleet.errors import StoreUnavailable
from tests.application.bots import bot, closer, looped, scanner, spread
from tests.application.house import MARK, House
from tests.application.market import DAY

ALLOCATION = 1_000_000
LIMITS = (4, 9)  # open at once, a day: tight, so that races show
SEEDS, STEPS = 60, 140


#: What starts at set times, and whenever a position has opened or closed.
TIMES = ("09:50", "10:00", "11:11", "12:34", "14:00", "15:30")
EVENTS = [
    f"""
  - name: {name}
    lane: event
    trigger: {trigger}
    tree: {{notify: {name}}}
"""
    for name, trigger in (
        ("Opened", "{position_opened: short_put_spread}"),
        ("Closed", "{position_closed: any}"),
        *((f"At {at}", f"{{every: day, at: '{at}'}}") for at in TIMES),
    )
]


class Dies(Exception):
    """The worker is killed here, or paused for long: nothing of it goes on."""


class FlakyPools:
    """Redis whose replies get lost: the verb was done, or was not, and nobody is told."""

    def __init__(self, pools: Pools, chance: Callable[[float], bool]) -> None:
        self._pools, self._chance = pools, chance

    def _lost(self, verb: Callable[[], Any]) -> Any:
        if self._chance(0.06):
            raise StoreUnavailable
        answer = verb()
        if self._chance(0.06):
            raise StoreUnavailable
        return answer

    def reserve(self, asks: Sequence[DrawRequest]) -> Sequence[Granted | Refused]:
        answer: Sequence[Granted | Refused] = self._lost(lambda: self._pools.reserve(asks))
        return answer

    def settle(self, ends: Sequence[Settlement]) -> None:
        self._lost(lambda: self._pools.settle(ends))

    def load(self, pools: Mapping[BotId, Pool]) -> None:
        self._lost(lambda: self._pools.load(pools))

    def read(self, bots: Collection[BotId]) -> Mapping[BotId, Pool]:
        return self._pools.read(bots)

    def kept(self, bots: Collection[BotId]) -> Mapping[BotId, Kept]:
        return self._pools.kept(bots)


class Flaky:
    """A port whose `verbs` die before or after they were done, or are done much later."""

    def __init__(self, port: Any, world: "World", *verbs: str) -> None:
        self._port, self._world, self._chance, self._verbs = port, world, world.chance, verbs

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._port, name)
        return self._killed(verb) if name in self._verbs else verb

    def _killed(self, verb: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **given: Any) -> Any:
            if self._chance(0.06):
                raise Dies
            if self._chance(0.06):  # sleeps, and does it when everybody thinks it dead
                self._world.sleepers.append(lambda: verb(*args, **given))
                raise Dies
            answer = verb(*args, **given)
            if self._chance(0.08):
                raise Dies
            return answer

        return call


class World:
    """One schedule."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.random, self.is_peace = house, Random(seed), False
        self.seen: Counter[str] = Counter()
        held, daily = LIMITS
        size = "{percent: 45%, of: net_liquidation}"
        few = "{contracts: 4}"
        automations = [looped(spread("$symbol", size)), scanner(spread("QQQ", few))]
        if self.random.random() < 0.5:
            automations.append(closer())
        automations += EVENTS
        self.bot = house.add(bot(*automations, limits=f"10000, {daily}, {held}"))
        self.real = (house.pools, house.batches, house.orders)
        house.pools = FlakyPools(house.pools, self.chance)  # type: ignore[assignment]
        self.sleepers: list[Callable[[], object]] = []
        house.batches = Flaky(house.batches, self, "commit", "renew")  # type: ignore[assignment]
        verbs = ("begin_sending", "record")
        house.orders = Flaky(house.orders, self, *verbs)  # type: ignore[assignment]
        self.submit, house.broker.submit = house.broker.submit, self.accept  # type: ignore[method-assign]
        self.at, self.handed, self.old = MARK, [], {}  # type: ignore[var-annotated]
        self.mode = Mode.ACTIVE

    def chance(self, share: float) -> bool:
        return not self.is_peace and self.random.random() < share

    def accept(self, ticket: Ticket, may_leave: MayLeave = unbarred) -> Any:
        """Answer a submit in some mood; the book is checked at every acceptance (I1, I2, I5)."""
        moods = ("accept", "accept", "accept", "refuse", "lose", "accept and hang")
        mood = "accept" if self.is_peace else self.random.choice(moods)
        self.house.broker.mood = [mood]
        assert not bars(self.mode, ticket.effect), f"{ticket.effect} was sent while {self.mode}"
        answer = self.submit(ticket, may_leave)
        self.check_book()
        return answer

    def check_book(self) -> None:
        broker = self.house.broker
        named = Counter(ticket.wire_id for ticket in broker.tickets)
        assert max(named.values(), default=0) <= 1, "an order was sent twice"
        closed = {t.symbol: 0 for t in broker.tickets}
        worst = held = 0
        for n, ticket in enumerate(broker.tickets, 1):
            report = broker.reports[str(n)]
            filled = sum(one.quantity for one in report.executions)
            if ticket.effect is Effect.CLOSE:
                closed[ticket.symbol] += filled
                continue
            units = filled if is_ended(report.state) else ticket.quantity
            strikes = strikes_of(ticket.legs)
            limit = min(broker.limits[str(n)][-1], ticket.limit)
            worst += worst_case(Structure.SHORT_PUT_SPREAD, strikes, limit).cents * units
            held += bool(units)
        if not any(closed.values()):  # while nothing was closed the sum is the whole truth
            assert worst <= ALLOCATION
            assert held <= LIMITS[0]

    def step(self) -> None:
        moves: list[Callable[[], object]] = [
            self.mark, self.mark, self.work, self.work, self.work, self.send, self.send,
            self.look, self.look, self.trade, self.trade, self.sweep, self.mend, self.wait,
            self.wake, self.break_redis, self.switch, self.compare,
        ]  # fmt: skip
        move = self.random.choice(moves)
        try:
            move()
        except (Dies, StoreUnavailable, OperationalError):
            self.seen["died"] += 1
        self.seen[move.__name__] += 1

    def mark(self) -> None:
        self.at += timedelta(minutes=self.random.choice((1, 15)))
        self.house.clock.at = max(self.at, self.house.clock.at)
        self.handed += self.house.route(self.house.clock.at)

    def work(self) -> None:
        self.handed += self.house.messages.pointers
        self.house.messages.pointers.clear()
        if not self.handed:
            return
        place = self.random.randrange(len(self.handed))
        pointer = self.handed[place] if self.chance(0.3) else self.handed.pop(place)
        self.house.instance.do(pointer.work_id)

    def send(self) -> None:
        orders = self.house.messages.orders
        if self.chance(0.2):
            orders.clear()  # the message is lost
        elif self.chance(0.2):
            orders += orders  # and here it comes twice
        self.house.send()

    def look(self) -> None:
        self.house.broker.is_deaf = self.chance(0.2)
        self.house.look(after_s=self.random.choice((0, 5, 10, 60)))

    def trade(self) -> None:
        """Fill, part or whole, or cancel something that works."""
        broker = self.house.broker
        working = [n for n, report in broker.reports.items() if not is_ended(report.state)]
        if not working:
            return
        named = self.random.choice(working)
        report = broker.reports[named]
        rest = report.quantity - sum(one.quantity for one in report.executions)
        price = broker.limits[named][-1]
        if self.chance(0.2):
            broker.cancel(named)
        else:
            units = self.random.randint(1, rest)
            broker.fill(named, units, str(price), ends=self.random.random() < 0.3)

    def break_redis(self) -> None:
        client = self.house.redis
        keys = sorted(client.scan_iter(f"bf:{{{self.bot}}}*"))
        choice = self.random.random()
        if choice < 0.2:
            client.flushall()
        elif choice < 0.5 and keys:  # somebody writes into the pool: it forgets what is drawn
            lies = ["pending", "0", "committed", "0", "allocation", "9999999", "open_max", "99"]
            client.hset(f"bf:{{{self.bot}}}:pool", items=lies)
        elif choice < 0.7:
            self.old = {key: client.dump(key) for key in keys}
        elif self.old:  # an old replica is promoted
            client.delete(*keys) if keys else None
            for key, value in self.old.items():
                client.restore(key, 0, value, replace=True)

    def sweep(self) -> None:
        house = self.house
        if self.random.random() < 0.5:
            with house.database.transaction() as connection:
                execute(connection, "UPDATE work SET lease_until = 'epoch', told_real = 'epoch'")
                execute(connection, "UPDATE orders SET lease_until = 'epoch'")
        sweep(work=house.work, orders=house.orders, messages=house.messages)

    def mend(self) -> None:
        self.house.mend(self.bot)

    def switch(self) -> None:
        """Throw the fleet's switch, this way or that; from then on orders obey it (I11)."""
        mode = self.random.choice((Mode.ACTIVE, Mode.ACTIVE, Mode.REDUCING, Mode.HALTED))
        self.throw(mode)

    def throw(self, mode: Mode) -> None:
        self.house.restrain.impose(
            Scope.FLEET, FLEET, mode, held_by="operator", reason="chance", set_by="seed"
        )
        self.mode = mode

    def compare(self) -> None:
        """A pass of reconciliation, at any moment, with the broker deaf or not."""
        self.house.broker.is_deaf = self.chance(0.2)
        self.house.compare()

    def wake(self) -> None:
        """A paused worker goes on with what it was about to do."""
        if self.sleepers:
            self.sleepers.pop(self.random.randrange(len(self.sleepers)))()

    def wait(self) -> None:
        self.house.clock.at += timedelta(seconds=30)

    def peace(self) -> None:
        """Nothing fails any more: everything must come to its end."""
        self.is_peace = True
        house = self.house
        self.throw(Mode.ACTIVE)
        while self.sleepers:
            self.wake()
        house.broker.is_deaf = False
        house.pools, house.batches, house.orders = self.real
        for _ in range(12):
            with house.database.transaction() as connection:
                execute(connection, "UPDATE work SET lease_until = 'epoch', told_real = 'epoch'")
                execute(connection, "UPDATE orders SET lease_until = 'epoch'")
            sweep(work=house.work, orders=house.orders, messages=house.messages)
            while house.messages.pointers:
                house.instance.do(house.messages.pointers.pop().work_id)
            house.send()
            house.look(after_s=60)
            house.compare()
        for key in house.redis.scan_iter("*:leases"):
            for member, _ in house.redis.zscan_iter(key):
                house.redis.zadd(key, {member: 1})
        for _ in range(2):
            house.mend(self.bot)


def check_peace(world: World) -> None:
    house = world.house
    live = "('pending', 'sending', 'unknown', 'working', 'partial')"
    assert house.all(f"SELECT order_id, state FROM orders WHERE state IN {live}") == []
    assert house.all("SELECT work_id, kind FROM work WHERE state IN ('due', 'claimed')") == []
    assert house.all("SELECT draw_id FROM draws WHERE state = 'pending'") == []
    house.tally(world.bot)
    twice = "SELECT draw_id FROM entries WHERE kind = 'final' GROUP BY 1 HAVING count(*) > 1"
    assert house.all(twice) == []
    booked = {str(row[0]): row[1] for row in house.all("SELECT wire_id, filled FROM orders")}
    for report in house.broker.reports.values():
        filled = sum(one.quantity for one in report.executions)
        assert booked[report.wire_id] == filled, report
        assert report.state is not OrderState.PARTIAL
    standing = {one.kind for one in house.passes.breaks()}
    assert standing <= {BreakKind.LATE, BreakKind.REVIVED}, standing
    check_events(world)
    counts = house.one("SELECT open_n, pending_n FROM pools")
    assert counts == house.one(
        "SELECT count(*), 0 FROM positions WHERE state IN ('open', 'closing')"
    )


def check_events(world: World) -> None:
    """Each time of the day has one row, and each position one for its opening and its end (I4)."""
    house = world.house
    (routed_at,) = house.one("SELECT routed_at FROM fleet")
    times = [instant(DAY, time.fromisoformat(at)) for at in TIMES]
    due = house.all("SELECT due_at FROM work WHERE kind = 'event' ORDER BY due_at")
    assert due == [(at,) for at in times if at <= routed_at]  # type: ignore[operator]
    started = house.all("SELECT detail->>'cause' FROM work WHERE kind = 'resultant' ORDER BY 1")
    held = "SELECT position_id FROM positions WHERE state IN ('open', 'closing', 'closed')"
    ended = "SELECT position_id FROM positions WHERE state = 'closed'"
    causes = [f"opened/{one}" for (one,) in house.all(held)]
    causes += [f"closed/{one}" for (one,) in house.all(ended)]
    assert started == [(cause,) for cause in sorted(causes)]
    ran = """SELECT w.state, count(r.run_id) FROM work w LEFT JOIN runs r USING (work_id)
             WHERE w.kind IN ('event', 'resultant') GROUP BY w.work_id, w.state"""
    assert set(house.all(ran)) <= {("done", 1), ("missed", 0)}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_in_between_the_books_agree_in_the_end(house: House, seed: int) -> None:
    world = World(house, seed)
    for _ in range(STEPS):
        world.step()
    world.peace()
    world.check_book()
    check_peace(world)
