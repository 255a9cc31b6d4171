"""A tiny sound day, and each invariant broken once: a check that cannot fail proves nothing.

One bot with $1,000, two positions at once and two a day. In the morning it opens four long calls at
$1.00 ($400 at the worst), which fill in two parts; at noon it closes three; the last one stays.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal

import pytest

from botfleet.application.audit import Finding, audit
from botfleet.application.ports.ledgers import (
    BrokerBook,
    BrokerEvent,
    BrokerExecution,
    BrokerHolding,
    Ledger,
    LedgerBot,
    LedgerDraw,
    LedgerEntry,
    LedgerFill,
    LedgerOrder,
    LedgerPosition,
    LedgerRuns,
    LedgerWork,
)
from botfleet.domain.capital.drift import Kept
from botfleet.domain.capital.pool import Hold, Pool
from botfleet.domain.eastern import instant
from botfleet.domain.ids import BotId, DrawId, OrderId, PositionId, derive
from botfleet.domain.market.instruments import Leg, Option, Right, occ
from botfleet.domain.orders.order import Effect, OrderState
from botfleet.domain.positions.position import PositionState
from botfleet.domain.schedules.agenda import Kind
from botfleet.domain.trades.structures import Structure

DAY = date(2015, 12, 23)
CALL = Option("SPY", date(2016, 1, 15), Right.CALL, Decimal(205))
BOT, DRAW = BotId(derive("bot", 1)), DrawId(derive("draw", 1))
POSITION = PositionId(derive("position", 1))
DOLLAR = Decimal("1.00")


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return instant(DAY, time(hour, minute, second))


@dataclass(frozen=True)
class World:
    """Both witnesses."""

    book: BrokerBook
    ledger: Ledger

    def findings(self) -> dict[str, Finding]:
        return {finding.code: finding for finding in audit(self.book, self.ledger)}

    def broken(self) -> set[str]:
        return {code for code, finding in self.findings().items() if not finding.ok}


def order(number: int, effect: Effect, units: int, position: PositionId = POSITION) -> LedgerOrder:
    return LedgerOrder(
        OrderId(derive("order", number)),
        f"tag{number}",
        BOT,
        position,
        effect,
        OrderState.FILLED,
        was_sent=True,
        quantity=units,
        filled=units,
    )


def position(place: PositionId = POSITION, quantity: int = 1) -> LedgerPosition:
    legs = (Leg(CALL, 1),)
    return LedgerPosition(
        place, BOT, "SB1", "SPY", Structure.LONG_CALL, legs, quantity, PositionState.OPEN
    )


def event(  # one line of the broker's audit
    what: str,
    number: int,
    when: datetime,
    units: int,
    executed: int = 0,
    limit: Decimal | None = DOLLAR,
) -> BrokerEvent:
    return BrokerEvent(when, "SB1", number, f"tag{number}", what, limit, units, executed)


def sound() -> World:
    opening, closing = order(1, Effect.OPEN, 4), order(2, Effect.CLOSE, 3)
    book = BrokerBook(
        events=(
            event("accepted", 1, at(10), 4),
            event("filled", 1, at(10), 4, 3),
            event("repriced", 1, at(10, 1), 4, 3, Decimal("1.10")),
            event("filled", 1, at(10, 1), 4, 4, Decimal("1.10")),
            event("accepted", 2, at(12), 3, limit=Decimal("-1.20")),
            event("filled", 2, at(12), 3, 3, limit=Decimal("-1.20")),
        ),
        executions=(
            BrokerExecution(1, 3, DOLLAR),
            BrokerExecution(1, 1, Decimal("1.10")),
            BrokerExecution(2, 3, Decimal("-1.20")),
        ),
        holdings=(BrokerHolding("SB1", occ(CALL), 1),),
    )
    return World(book, _ledger(opening, closing))


def _ledger(opening: LedgerOrder, closing: LedgerOrder) -> Ledger:
    """Four drawn at $1.10 a piece: $440 held, $410 posted; the draw is freed with the last call."""
    pool = Pool(1, 100_000, 2, 2, DAY, 1, 1, {DRAW: Hold(4, 44_000, 1, 1, 11_000, DAY, 41_000)})
    entries = (("pend", 44_000), ("final", -44_000), ("post", 41_000), ("gain", 5_000))
    return Ledger(
        bots={BOT: LedgerBot(BOT, "ada, calls", 100_000, 41_000, 0, 5_000, 1, 0, 2, 2)},
        orders=(opening, closing),
        positions={POSITION: position()},
        draws=(LedgerDraw(DRAW, BOT, "posted", 44_000, 41_000),),
        entries=tuple(LedgerEntry(DRAW, BOT, kind, amount) for kind, amount in entries),
        fills=(
            LedgerFill(opening.order_id, 3, DOLLAR),
            LedgerFill(opening.order_id, 1, Decimal("1.10")),
            LedgerFill(closing.order_id, 3, Decimal("-1.20")),
        ),
        work=(
            LedgerWork(Kind.MARK, at(10), "done", 1),
            LedgerWork(Kind.WATCH, at(12), "done", 1),
            LedgerWork(Kind.SETTLE, at(16, 15), "done", 1),
        ),
        runs=(LedgerRuns(at(10), 2),),
        pools={BOT: Kept(pool, pool.committed, pool.pending)},
    )


def test_a_sound_day_is_found_sound_and_every_check_looked_at_something() -> None:
    findings = sound().findings()
    assert list(findings) == ["I1", "I2", "I3", "I3b", "I4", "I5", "I7", "I8", "I10", "I12", "I15"]
    assert all(finding.ok for finding in findings.values())
    assert not [one.code for one in findings.values() if "nothing" in one.detail]
    assert findings["I1"].detail == "1 acceptance of 1 bot"
    assert findings["I3"].detail == "3 executions, 7 units"


def test_what_an_owner_took_over_is_no_fault_of_the_bots() -> None:
    """Overridden, its capital and slot are free while the account may hold it, or not."""
    world = sound()
    positions = {
        name: replace(one, state=PositionState.OVERRIDDEN)
        for name, one in world.ledger.positions.items()
    }
    given = _ledger_with(world, positions=positions)
    assert "I3b" not in given.broken()
    sold = _book_with(given, holdings=[])
    assert "I3b" not in sold.broken()
    assert "I3b" in _book_with(world, holdings=[]).broken()


def test_a_check_that_looked_at_nothing_says_so() -> None:
    findings = audit(BrokerBook((), (), ()), Ledger({}, (), {}, (), (), (), (), ()))
    assert all(finding.detail.startswith("nothing to look at: 0") for finding in findings)


def _bot(world: World, **changes: int) -> World:
    bot = replace(world.ledger.bots[BOT], **changes)  # type: ignore[arg-type]
    return replace(world, ledger=replace(world.ledger, bots={BOT: bot}))


def _ledger_with(world: World, **changes: object) -> World:
    return replace(world, ledger=replace(world.ledger, **changes))  # type: ignore[arg-type]


def _book_with(world: World, **changes: object) -> World:
    return replace(world, book=replace(world.book, **changes))  # type: ignore[arg-type]


def _states(world: World, state: OrderState) -> World:
    first, *rest = world.ledger.orders
    return _ledger_with(world, orders=(replace(first, state=state), *rest))


def _more_events(world: World, *events: BrokerEvent) -> World:
    return _book_with(world, events=(*world.book.events, *events))


def _second_open(world: World, number: int, when: datetime, *, units: int = 1) -> World:
    """The broker accepts an opening order of another position, and it is gone again unfilled."""
    place = PositionId(derive("position", number))
    extra = replace(order(number, Effect.OPEN, units, place), filled=0, state=OrderState.EXPIRED)
    world = _ledger_with(
        world,
        orders=(*world.ledger.orders, extra),
        positions={
            **world.ledger.positions,
            place: replace(position(place, units), state=PositionState.DROPPED),
        },
    )
    return _more_events(world, event("accepted", number, when, units))


def overdrawn(world: World) -> World:
    """Of four calls for $410 one is left, $102.50: nine more at $1.00 are $2.50 too many."""
    return _second_open(world, 3, at(13), units=9)


def overdrawn_by_repricing(world: World) -> World:
    world = _second_open(world, 3, at(13), units=8)
    return _more_events(world, event("repriced", 3, at(13, 1), 8, limit=Decimal("1.13")))


def sent_at_the_market(world: World) -> World:
    world = _second_open(world, 3, at(13))
    return _more_events(world, event("repriced", 3, at(13, 1), 1, limit=None))


def accepted_twice(world: World) -> World:
    again = replace(event("accepted", 2, at(12, 1), 1), order=9)
    gone = replace(event("canceled", 2, at(12, 2), 1), order=9)
    return _more_events(world, again, gone)


def not_ours(world: World) -> World:
    return _more_events(world, event("accepted", 77, at(13), 1))


def never_sent(world: World) -> World:
    first, *rest = world.ledger.orders
    return _ledger_with(world, orders=(replace(first, was_sent=False), *rest))


def booked_twice(world: World) -> World:
    return _ledger_with(world, fills=(*world.ledger.fills, world.ledger.fills[0]))


def booked_at_another_price(world: World) -> World:
    first, *rest = world.ledger.fills
    return _ledger_with(world, fills=(replace(first, price=Decimal("1.01")), *rest))


def not_booked(world: World) -> World:
    return _ledger_with(world, fills=world.ledger.fills[:-1])


def executed_for_nobody(world: World) -> World:
    stranger = BrokerExecution(9, 1, DOLLAR)
    return _book_with(world, executions=(*world.book.executions, stranger))


def holds_more(world: World) -> World:
    return _book_with(world, holdings=(BrokerHolding("SB1", occ(CALL), 2),))


def left_due(world: World) -> World:
    return _ledger_with(world, work=(*world.ledger.work, LedgerWork(Kind.MARK, at(14), "due", 1)))


def judged_twice(world: World) -> World:
    return _ledger_with(world, repeated=("ada, calls",))


def too_many_at_once(world: World) -> World:
    return _bot(world, open_max=0)


def too_many_that_day(world: World) -> World:
    """A third position is one too many, though the second was given up unfilled only later."""
    return _second_open(_second_open(_bot(world, open_max=9), 3, at(13)), 4, at(14))


def balance_is_off(world: World) -> World:
    return _bot(world, gains=5_001)


def redis_is_off(world: World) -> World:
    pool = world.ledger.pools[BOT].pool
    assert pool is not None
    return _ledger_with(world, pools={BOT: Kept(replace(pool, holds={}), 0, 0)})


def sums_of_redis_are_off(world: World) -> World:
    kept = replace(world.ledger.pools[BOT], committed=40_999)
    return _ledger_with(world, pools={BOT: kept})


def redis_makes_no_sense(world: World) -> World:
    return _ledger_with(world, pools={BOT: Kept(None)})


def settled_twice(world: World) -> World:
    again = (LedgerEntry(DRAW, BOT, "final", 0),)
    return _ledger_with(world, entries=(*world.ledger.entries, *again))


def ended_without_an_entry(world: World) -> World:
    other = LedgerDraw(DrawId(derive("draw", 2)), BOT, "void", 100, 0)
    return _ledger_with(world, draws=(*world.ledger.draws, other))


def order_hangs(world: World) -> World:
    return _states(world, OrderState.UNKNOWN)


def draw_hangs(world: World) -> World:
    other = LedgerDraw(DrawId(derive("draw", 2)), BOT, "pending", 100, 0)
    return _ledger_with(world, draws=(*world.ledger.draws, other))


def position_hangs(world: World) -> World:
    closing = replace(position(), state=PositionState.CLOSING)
    return _ledger_with(world, positions={POSITION: closing})


def closes_too_much(world: World) -> World:
    extra = replace(order(3, Effect.CLOSE, 2), filled=0, state=OrderState.CANCELLED)
    world = _ledger_with(world, orders=(*world.ledger.orders, extra))
    return _more_events(world, event("accepted", 3, at(13), 2), event("canceled", 3, at(14), 2))


def rings_early(world: World) -> World:
    early = LedgerWork(Kind.MARK, at(9, 15), "missed", 1)
    return _ledger_with(world, work=(*world.ledger.work, early))


def settles_early(world: World) -> World:
    early = LedgerWork(Kind.SETTLE, at(15), "done", 1)
    return _ledger_with(world, work=(*world.ledger.work, early))


def runs_late(world: World) -> World:
    return _ledger_with(world, runs=(LedgerRuns(at(16), 1),))


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("I1", overdrawn),
        ("I1", overdrawn_by_repricing),
        ("I1", sent_at_the_market),
        ("I2", accepted_twice),
        ("I2", not_ours),
        ("I2", never_sent),
        ("I3", booked_twice),
        ("I3", booked_at_another_price),
        ("I3", not_booked),
        ("I3", executed_for_nobody),
        ("I3b", holds_more),
        ("I4", left_due),
        ("I4", judged_twice),
        ("I5", too_many_at_once),
        ("I5", too_many_that_day),
        ("I7", balance_is_off),
        ("I7", redis_is_off),
        ("I7", sums_of_redis_are_off),
        ("I7", redis_makes_no_sense),
        ("I8", settled_twice),
        ("I8", ended_without_an_entry),
        ("I10", order_hangs),
        ("I10", draw_hangs),
        ("I10", position_hangs),
        ("I12", closes_too_much),
        ("I15", rings_early),
        ("I15", settles_early),
        ("I15", runs_late),
    ],
)
def test_each_break_is_found_by_its_own_check(code: str, spoil: Callable[[World], World]) -> None:
    assert spoil(sound()).broken() == {code}


def test_within_the_limits_a_second_open_is_no_break() -> None:
    """$102.50 and eight at $1.00 make $902.50: the checks above fail for the excess only."""
    assert not _second_open(sound(), 3, at(13), units=8).broken()


def test_an_open_that_ended_unfilled_gives_its_slots_and_capital_back() -> None:
    world = _second_open(sound(), 3, at(13), units=8)
    world = _more_events(world, event("expired", 3, at(13, 30), 8))
    assert not _second_open(world, 4, at(14), units=8).broken()


def test_an_expired_holding_frees_capital_and_place() -> None:
    gone = BrokerEvent(at(15), "SB1", None, "", "settled", symbol=occ(CALL))
    world = _bot(_more_events(sound(), gone), open_max=1)
    assert not _second_open(world, 3, at(15, 1), units=10).broken()


def test_a_break_is_told_precisely_and_many_are_counted() -> None:
    assert overdrawn(sound()).findings()["I1"].detail == (
        "ada, calls held $1,002.50 of $1,000.00 at 13:00:00"
    )
    rows = tuple(LedgerWork(Kind.MARK, at(10 + hour), "claimed", 2) for hour in range(5))
    found = _ledger_with(sound(), work=rows).findings()["I4"]
    assert found.detail.startswith("2 mark rows of 10:00:00 claimed; ")
    assert found.detail.endswith("; and 2 more")
