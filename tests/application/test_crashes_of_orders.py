"""Killed with an order on its way: it is at the broker once or not at all, and its capital kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import Connection

from botfleet.adapters.postgres import switches
from botfleet.adapters.postgres.database import Database, execute
from botfleet.adapters.postgres.orders import PostgresOrderBook
from botfleet.application.note import Noter
from botfleet.application.resolve import resolve
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from botfleet.domain.ids import BotId
from tests.application.bots import UNIT, bot, scanner, spread
from tests.application.crashes import (
    Around,
    D,
    agree,
    crashes,
    die,
    expire_leases,
    go_on,
    mend,
    orders,
)
from tests.application.house import MARK, House
from tests.wires import Loss, Wire

QUARTER = timedelta(minutes=15)


def written(house: House, *more: str, units: int = 1, limits: str = "10000, 1, 1") -> BotId:
    """A bot that wants to open; its order is written and not sent."""
    size = f"{{contracts: {units}}}"
    named = house.add(bot(scanner(spread(size=size)), *more, limits=limits))
    house.run(MARK)
    return named


def losing(house: House, wire: Wire, far: Database, verb: str, lost: Loss) -> None:
    """Lose the commit of the next `verb` of the order book, or the word that it was done."""
    near, seen = house.orders, iter((True,))

    def once() -> None:
        if next(seen, False):
            wire.lose(lost, b"COMMIT")
        else:
            house.orders = near

    house.orders = Around(PostgresOrderBook(far), verb, before=once)  # type: ignore[assignment]


@pytest.mark.parametrize("lost", [Loss.QUESTION, Loss.ANSWER])
def test_who_does_not_hear_that_an_order_was_marked_does_not_send_it(
    house: House, wire: Wire, far: Database, lost: Loss
) -> None:  # 15, 16
    """Not marked, it was not sent, provably, and is, once; marked, it may have been."""
    named = written(house)
    handed, near = list(house.messages.orders), house.orders
    losing(house, wire, far, "begin_sending", lost)
    crashes(house.send)
    house.orders, house.messages.orders = near, handed * 2  # its message comes again
    assert house.broker.tickets == []
    assert orders(house) == ["sending" if lost is Loss.ANSWER else "pending"]
    go_on(house)
    if lost is Loss.QUESTION:
        assert (orders(house), len(house.broker.tickets)) == (["working"], 1)
        assert agree(house, named) == (0, UNIT)
        return
    assert orders(house) == ["unknown"]
    assert agree(house, named) == (0, UNIT)  # kept: whoever marked it may have sent it
    go_on(house, rounds=4, after_s=30)
    assert (orders(house), house.broker.tickets) == (["rejected"], [])
    assert agree(house, named) == (0, 0)


def test_killed_with_the_brokers_word_in_its_hand(house: House) -> None:  # 21
    """It was taken, and nobody here was told: found by its name, and booked once."""
    named = written(house)
    near = house.orders
    house.orders = Around(near, "record", before=die)  # type: ignore[assignment]
    crashes(house.send)
    house.orders = near
    assert (orders(house), len(house.broker.tickets)) == (["sending"], 1)
    assert house.look() == 0  # its sender's lease still runs
    go_on(house)
    assert (orders(house), len(house.broker.tickets)) == (["working"], 1)
    house.broker.fill("1", 1, "-0.50")
    go_on(house, after_s=30)
    assert agree(house, named) == (45_000, 0)


@pytest.mark.parametrize("mood", ["accept", "refuse", "hold back", "lose"])
@pytest.mark.parametrize("lost", [Loss.QUESTION, Loss.ANSWER])
def test_who_does_not_hear_that_the_brokers_word_was_written_down_sends_nothing_again(
    house: House, wire: Wire, far: Database, lost: Loss, mood: str
) -> None:  # 18, 21, 22
    """The message comes again as well: its worker could not acknowledge it."""
    named = written(house)
    handed, near = list(house.messages.orders), house.orders
    house.broker.mood = [mood]
    losing(house, wire, far, "record", lost)
    crashes(house.send)
    house.orders = near
    sent = len(house.broker.tickets)
    house.messages.orders = handed * 2
    if mood != "hold back" or lost is Loss.QUESTION:  # that one may go, for it did not leave
        assert house.send() == 0
        assert len(house.broker.tickets) == sent
        known = {"accept": "working", "refuse": "rejected", "lose": "unknown"}
        assert orders(house) == [known[mood] if lost is Loss.ANSWER else "sending"]
    go_on(house, rounds=8, after_s=15)
    pending = UNIT if mood == "accept" or (mood, lost) == ("hold back", Loss.ANSWER) else 0
    assert len(house.broker.tickets) == bool(pending)
    assert orders(house) == ["working" if pending else "rejected"]
    mend(house)
    assert agree(house, named) == (0, pending)


def test_an_order_that_works_is_watched_by_its_row_and_not_by_its_sender(
    house: House, schema: str
) -> None:  # 23
    """All that sent it is gone, messages too; another process finds the fill."""
    named = written(house)
    house.send()
    house.messages.orders.clear()
    house.database.close()
    other = Database(schema)
    house.broker.fill("1", 1, "-0.50")
    house.clock.at += timedelta(minutes=1)
    book = PostgresOrderBook(other)
    noter = Noter(book, house.pools, house.debts)
    assert resolve(house.clock.at, book=book, brokers=house.broker, noter=noter) == 1
    other.close()
    assert orders(house) == ["filled"]
    assert agree(house, named) == (45_000, 0)


@pytest.mark.parametrize("race", ["the cancel", "the fill", "the fill of a half"])
@pytest.mark.parametrize("hears", ["of both at once", "of the cancel, and long after of the fill"])
def test_killed_after_it_asked_for_a_cancel_that_raced_a_fill(
    house: House, race: str, hears: str
) -> None:  # 28
    """Whichever won at the broker, and in whichever order it is heard of, is what is booked."""
    named = written(house, units=2)
    house.send()
    for _ in range(4):
        house.look(after_s=10)
    near, house.orders = house.orders, Around(house.orders, "record", before=die)  # type: ignore[assignment]
    crashes(lambda: house.look(after_s=120))
    house.orders = near
    assert house.tally(named) == (0, 2 * UNIT)
    units = {"the cancel": 0, "the fill": 2, "the fill of a half": 1}[race]
    expire_leases(house)
    if hears != "of both at once":
        house.look(after_s=5)
        assert (orders(house), house.tally(named)) == (["cancelled"], (0, 0))
        assert not house.compare(after_s=1)  # an idle account, for now
    if units:
        house.broker.fill("1", units, "-0.48")
    with house.database.transaction() as connection:
        execute(connection, "UPDATE order_events SET at_real = at_real - interval '61 s'")
    assert house.compare(after_s=60) or hears == "of both at once"
    assert not house.compare(after_s=60) or units  # once is enough
    go_on(house)
    mend(house)
    assert agree(house, named) == (units * 45_200, 0)
    assert orders(house) == ["filled" if units == 2 else "cancelled"]


def test_killed_after_it_moved_a_limit_moves_it_to_the_same_place(house: House) -> None:  # 29
    """The rung it did not write down is asked for again; there is one order, and it is covered."""
    named = written(house)
    house.send()
    house.look(after_s=10)
    near = house.orders
    for _ in range(2):
        house.orders = Around(near, "record", before=die)  # type: ignore[assignment]
        crashes(lambda: house.look(after_s=30))
        house.orders = near
        expire_leases(house)
    assert house.broker.limits["1"] == [D("-0.50"), D("-0.49"), D("-0.49")]
    house.look()
    assert house.tally(named) == (0, UNIT)
    house.broker.fill("1", 1, str(house.broker.limits["1"][-1]))
    go_on(house, after_s=30)
    assert len(house.broker.tickets) == 1
    committed, pending = agree(house, named)
    assert pending == 0
    assert committed <= UNIT


class Paused:
    """A database whose transactions stand still before their commit until they may go on."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.stands, self.may_go_on = Event(), Event()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self._database.transaction() as connection:
            yield connection
            self.stands.set()
            assert self.may_go_on.wait(60)


def waits_for_a_lock(house: House) -> bool:
    return house.one("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted") == (True,)


def test_a_halt_waits_for_who_is_marking_an_order_and_then_knows_of_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:  # 38
    """It saw no switch and has not committed yet: the halt is not done before it has."""
    monkeypatch.setattr(switches, "_PATIENCE_MS", 60_000)
    named = written(house)
    happened, paused = list[str](), Paused(house.database)
    handed, book = list(house.messages.orders), PostgresOrderBook(paused)  # type: ignore[arg-type]

    def mark() -> None:
        book.begin_sending(handed, house.clock.at)
        happened.append("marked")

    def halt() -> None:
        reason = {"held_by": "operator", "reason": "a test", "set_by": "me"}
        house.restrain.impose(Scope.FLEET, FLEET, Mode.HALTED, **reason)
        happened.append("halted")

    threads = marking, halting = Thread(target=mark), Thread(target=halt)
    marking.start()
    assert paused.stands.wait(60)
    halting.start()
    while halting.is_alive() and not waits_for_a_lock(house):
        pass
    paused.may_go_on.set()
    for one in threads:
        one.join(60)
    assert happened == ["marked", "halted"]
    assert house.send() == 0  # nothing leaves after it
    assert house.broker.tickets == []
    assert orders(house) == ["sending"]  # it may have left: asked about, as any other
    assert agree(house, named) == (0, UNIT)
