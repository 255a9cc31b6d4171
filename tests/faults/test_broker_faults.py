"""Each misbehaviour of a broker, over real HTTP: its own book, our ledger and the pool agree.

The sandbox's book is the judge. Verbs, Postgres and Valkey are the real ones; the sandbox trades on
the house's market and clock (RELIABILITY 6.2, F13 to F15).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from botfleet.adapters.memory.tokens import MemoryTokens
from botfleet.adapters.postgres.database import execute
from botfleet.application.sweep import sweep
from botfleet.domain.ids import BotId
from botfleet.domain.market.instruments import Leg, occ, parse_occ
from botfleet.domain.orders.order import OrderState, is_ended
from botfleet.domain.positions.shortfalls import Held, expected
from botfleet.domain.trades.margin import worst_case
from botfleet.domain.trades.structures import Structure, strikes_of
from botfleet.sandbox.app import create
from botfleet.sandbox.book import Book, read_book
from tests.application.bots import UNIT, bot, closer, scanner, spread
from tests.application.house import MARK, House
from tests.sandbox.running import HASTY, HOUSE, Sandbox, overheard, running

D = Decimal


@dataclass
class World:
    """A house whose account is at a sandbox."""

    house: House
    sandbox: Sandbox
    bot: BotId

    def begin(self, *mischief: str, count: int = 1) -> None:
        """Decide at the mark and send, with the broker misbehaving."""
        self.house.run(MARK)
        self.send(*mischief, count=count)

    def send(self, *mischief: str, count: int = 1) -> None:
        """Send, with the broker misbehaving; it has done so whole, even where nobody waited."""
        for one in mischief:
            self.sandbox.misbehave(one, count)
        patient, heard_out = self.house.broker, self.sandbox.heard_out
        if any(one.startswith("timeout") for one in mischief):
            self.house.broker = self.sandbox.brokers(timeouts=HASTY, is_strict=False)  # type: ignore[assignment]
        with heard_out():
            self.house.send()
        self.house.broker = patient

    def go_on(self, seconds: int = 200) -> None:
        """Look every two seconds of the market, repoint and compare, until everything has ended."""
        for _ in range(seconds // 2):
            self.house.look(after_s=2)
            with self.house.database.transaction() as connection:
                execute(connection, "UPDATE orders SET lease_until = 'epoch'")
            sweep(work=self.house.work, orders=self.house.orders, messages=self.house.messages)
            self.house.send()
        self.house.compare()

    def states(self) -> list[object]:
        return [row[0] for row in self.house.all("SELECT state FROM orders ORDER BY created_at")]

    def move(self, worth: str) -> None:
        """Let the put we sell be worth that."""
        self.house.market.spread_is = (D(worth), D("0.50"))

    def judge(self) -> Book:
        """Hold the broker's book, the ledger and the pool together; give the book."""
        book = read_book(self.sandbox.path)
        house = self.house
        accepted = Counter(row.tag for row in book.audit if row.event == "accepted")
        assert set(accepted.values()) <= {1}, "an order was taken twice"  # I2
        booked = {
            str(tag): filled for tag, filled in house.all("SELECT wire_id, filled FROM orders")
        }
        for order in book.orders:  # I3
            assert booked[order.tag] == order.executed, order
        held = {p.symbol: p.quantity for p in book.positions}
        assert held == expected(self.held())
        house.mend(self.bot)
        assert house.tally(self.bot) == (self.cost(book), 0)
        assert all(is_ended(OrderState(str(state))) for state in self.states())
        return book

    def held(self) -> list[Held]:
        return list(self.house.passes.held(self.house.account))

    def cost(self, book: Book) -> int:
        """What the open positions can lose, at the prices of the broker's executions."""
        return sum(_cost(book, one.id, one.executed) for one in book.orders if one.executed)


def _cost(book: Book, order: int, units: int) -> int:
    paid = sum((one.price * one.units for one in book.executions if one.order_id == order), D(0))
    legs = next(one.legs for one in book.orders if one.id == order)
    options = tuple(Leg(parse_occ(leg.symbol), 1 if leg.is_bought else -1) for leg in legs)
    return worst_case(Structure.SHORT_PUT_SPREAD, strikes_of(options), paid / units).cents * units


@pytest.fixture
def world(house: House, tmp_path: Path) -> Iterator[World]:
    path = tmp_path / "book.sqlite"
    tokens = MemoryTokens()
    sandbox = Sandbox("", house.clock, house.market, path, tokens=tokens)  # type: ignore[arg-type]
    with running(overheard(create(house.market, house.clock, path, HOUSE), sandbox)) as url:
        sandbox.url = url
        connection = sandbox.connected("ann")
        tokens.connect(replace(connection, account=house.account))
        house.broker = sandbox.brokers(is_strict=False)  # type: ignore[assignment]
        named = house.add(bot(scanner(spread(size="{contracts: 4}")), limits="10000, 1, 1"))
        yield World(house, sandbox, named)


def test_nothing_wrong(world: World) -> None:
    world.begin()
    world.go_on()
    assert world.states() == ["filled"]
    assert [one.status for one in world.judge().orders] == ["filled"]


@pytest.mark.parametrize("lost", ["timeout_after", "error_after", "html", "truncated"])
def test_accepted_and_the_answer_lost(world: World, lost: str) -> None:
    world.begin(lost)
    assert world.states() == ["unknown"]
    assert world.house.tally(world.bot) == (0, 4 * UNIT)
    world.go_on()
    assert world.states() == ["filled"]
    assert len(world.judge().orders) == 1


@pytest.mark.parametrize("lost", ["timeout_before", "error_before"])
def test_never_accepted(world: World, lost: str) -> None:
    world.begin(lost)
    assert world.states() == ["unknown"]
    world.go_on(seconds=50)
    assert world.house.tally(world.bot) == (0, 4 * UNIT)  # silence is not an answer
    world.go_on()
    assert world.states() == ["rejected"]
    assert world.judge().orders == ()


def test_accepted_and_rejected_later(world: World) -> None:
    world.begin("reject_later")
    world.go_on()
    assert world.states() == ["rejected"]
    world.judge()


def test_part_filled_then_cancelled(world: World) -> None:
    world.house.run(MARK)
    world.house.market.spread_is = (D("1.01"), D("0.50"))  # a cent better than asked: it fills
    world.sandbox.misbehave("partial_fill")
    world.house.send()
    world.move("0.80")  # and now nobody buys at our price
    world.go_on()
    assert world.states() == ["cancelled"]
    book = world.judge()
    assert [(one.status, one.executed, one.units) for one in book.orders] == [("canceled", 2, 4)]
    assert world.house.one("SELECT state, quantity FROM positions") == ("open", 2)


def test_filled_as_it_is_cancelled(world: World) -> None:
    world.begin("fill_after_cancel")
    world.go_on()
    assert world.states() == ["filled"]
    assert [one.status for one in world.judge().orders] == ["filled"]


def test_a_storm_of_429(world: World) -> None:
    world.begin("rate_limit", count=30)
    assert world.states() == ["pending"]  # held back: it was not taken, provably
    assert world.house.tally(world.bot) == (0, 4 * UNIT)
    world.go_on()
    assert world.states() == ["filled"]
    assert len(world.judge().orders) == 1


def test_the_token_dies_in_mid_order(world: World) -> None:
    world.begin()
    assert world.states() == ["working"]
    world.sandbox.misbehave("expire_tokens")
    world.go_on()
    assert world.states() == ["filled"]
    world.judge()


def test_the_login_dies_in_mid_order_and_the_owner_comes_back(world: World) -> None:
    """Nothing is guessed while nobody may ask; at the next login all of it is booked."""
    world.begin()
    tokens = world.sandbox.tokens
    before = tokens.connection(world.house.account)
    tokens.disconnect(world.house.account)
    world.go_on(seconds=60)
    assert world.states() == ["working"]
    assert world.house.tally(world.bot) == (0, 4 * UNIT)
    tokens.connect(before)
    world.go_on()
    assert world.states() == ["filled"]
    world.judge()


@pytest.mark.parametrize("fault", ["stale_listing", "html", "truncated", "rate_limit"])
def test_a_listing_that_lies_or_fails_changes_nothing(world: World, fault: str) -> None:
    world.begin("timeout_after")
    for _ in range(10):
        world.sandbox.misbehave(fault)
        world.house.look(after_s=2)
    assert world.states()[0] in ("unknown", "working", "filled")
    world.go_on()
    assert world.states() == ["filled"]
    world.judge()


def test_closing_is_judged_too(world: World) -> None:
    named = world.house.add(
        bot(scanner(spread(size="{contracts: 2}")), closer(), limits="10000, 1, 1", name="Closes")
    )
    world.begin()
    world.go_on()
    world.bot = named
    world.house.run(MARK.replace(hour=14, minute=15))
    world.send("timeout_after")
    world.go_on()
    assert set(world.states()) == {"filled"}
    held = {p.symbol: p.quantity for p in read_book(world.sandbox.path).positions}
    assert held == expected(world.held())
    world.house.mend(named)
    assert world.house.tally(named) == (0, 0)


def test_an_instrument_is_named_as_the_broker_names_it(world: World) -> None:
    world.begin()
    world.go_on()
    named = {p.symbol for p in read_book(world.sandbox.path).positions}
    legs = [leg for one in world.held() for leg in one.legs]
    assert named == {occ(leg.option) for leg in legs if leg.option}
