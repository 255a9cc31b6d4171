"""Follow the broker's book, event by event, beside what the fleet meant by each order.

At every acceptance, change of price and fill it asks what RELIABILITY 6.1 demands at every prefix:
I1 capital, I5 position limits, I12 closes. Nothing here believes what the fleet says of its money;
it takes the limits, and which order belongs to which position of which bot.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from botfleet.application.ports.ledgers import (
    BrokerBook,
    BrokerEvent,
    Ledger,
    LedgerBot,
    LedgerOrder,
    LedgerPosition,
)
from botfleet.domain.eastern import day_of, wall
from botfleet.domain.ids import BotId, PositionId
from botfleet.domain.market.instruments import Leg, occ
from botfleet.domain.money import Money
from botfleet.domain.orders.order import Effect
from botfleet.domain.positions.position import GIVEN_AWAY
from botfleet.domain.trades.margin import worst_case
from botfleet.domain.trades.structures import (
    WITH_SHARES,
    Structure,
    multiplier,
    shares_in,
    strikes_of,
)
from botfleet.errors import Refusal


@dataclass(slots=True)
class Looked:
    """How often a rule was put to the proof, for how many bots, and where it broke."""

    count: int = 0
    bots: set[BotId] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)

    def at(self, bot: BotId) -> None:
        """Count one look."""
        self.count += 1
        self.bots.add(bot)


@dataclass(slots=True)
class _Live:
    """An order at the broker, in units; `limit` None is at the market."""

    order: LedgerOrder
    position: LedgerPosition
    limit: Decimal | None
    units: int
    executed: int = 0

    @property
    def remaining(self) -> int:
        return self.units - self.executed


@dataclass(slots=True)
class _Held:
    """An open position: its units and what they can lose, in cents."""

    position: LedgerPosition
    units: int = 0
    cost: int = 0


@dataclass(slots=True)
class _Stand:
    """A bot as the broker's book shows it; `opened` are the positions begun on `day`."""

    live: dict[int, _Live] = field(default_factory=dict)
    held: dict[PositionId, _Held] = field(default_factory=dict)
    day: date = date.min
    opened: set[PositionId] = field(default_factory=set)

    def orders(self, effect: Effect) -> Iterator[_Live]:
        return (live for live in self.live.values() if live.order.effect is effect)

    @property
    def places(self) -> set[PositionId]:
        """The positions that are open or being opened."""
        return self.held.keys() | {live.position.position_id for live in self.orders(Effect.OPEN)}


class Follower:
    """The rules that hold at every prefix of the book."""

    def __init__(self, ledger: Ledger) -> None:
        self._bots: dict[BotId, LedgerBot] = dict(ledger.bots)
        self._orders = {order.wire_id: order for order in ledger.orders}
        self._positions = ledger.positions
        self._stands: dict[BotId, _Stand] = defaultdict(_Stand)
        self._prices: dict[int, Iterator[Decimal]] = {}
        self.capital, self.slots, self.closes = Looked(), Looked(), Looked()

    def follow(self, book: BrokerBook) -> None:
        """Go through the whole book."""
        prices: dict[int, list[Decimal]] = defaultdict(list)
        for execution in book.executions:
            prices[execution.order].append(execution.price)
        self._prices = {order: iter(of_order) for order, of_order in prices.items()}
        for event in book.events:
            self._step(event)

    def _step(self, event: BrokerEvent) -> None:
        order = self._orders.get(event.tag)
        if event.what == "settled":
            self._settle(event.account, event.symbol)
        elif order is not None and event.order is not None and not self._is_given_away(order):
            self._turn(event, event.order, order)

    def _is_given_away(self, order: LedgerOrder) -> bool:
        """Say whether its position is its owner's now: what is left of it the book cannot tell."""
        return self._positions[order.position_id].state in GIVEN_AWAY

    def _turn(self, event: BrokerEvent, number: int, order: LedgerOrder) -> None:
        stand = self._stands[order.bot_id]
        if event.what == "accepted":
            position = self._positions[order.position_id].as_opened
            stand.live[number] = _Live(order, position, event.limit, event.units)
            self._admit(stand, stand.live[number], event.at)
        elif number in stand.live:
            live = stand.live[number]
            live.limit = event.limit
            if event.what == "filled":
                self._fill(stand, live, event.executed - live.executed, number, event.at)
            elif event.what != "repriced":
                _end(stand, number)
            if live.remaining == 0:
                _end(stand, number)
            if order.effect is Effect.OPEN:
                self._weigh(stand, order.bot_id, event.at)

    def _admit(self, stand: _Stand, live: _Live, at: datetime) -> None:
        bot = live.order.bot_id
        if live.order.effect is Effect.CLOSE:
            self.closes.at(bot)
            self._check_close(stand, live.position, at)
            return
        if stand.day != day_of(at):
            stand.day, stand.opened = day_of(at), set()
        stand.opened.add(live.position.position_id)
        self.capital.at(bot)
        self.slots.at(bot)
        self._weigh(stand, bot, at)
        self._count(stand, bot, at)

    def _weigh(self, stand: _Stand, bot: BotId, at: datetime) -> None:
        """I1: what live opens may cost and open positions did cost is within the allocation."""
        try:
            live = sum(_worst(one.position, one.limit, one.remaining) for one in _opens(stand))
        except Refusal as why:
            self.capital.broken.append(f"{self._name(bot)} at {_clock(at)}: {why}")
            return
        held, most = sum(one.cost for one in stand.held.values()), self._bots[bot].allocation
        if live + held > most:
            used = f"{Money(live + held)} of {Money(most)}"
            self.capital.broken.append(f"{self._name(bot)} held {used} at {_clock(at)}")

    def _count(self, stand: _Stand, bot: BotId, at: datetime) -> None:
        """I5: positions at once, and opened in the session day."""
        limits = self._bots[bot]
        counts = (
            (len(stand.places), limits.open_max, "positions at once"),
            (len(stand.opened), limits.day_max, "positions opened that day"),
        )
        for count, most, what in counts:
            if count > most:
                words = f"{self._name(bot)} had {count} of {most} {what} at {_clock(at)}"
                self.slots.broken.append(words)

    def _check_close(self, stand: _Stand, position: LedgerPosition, at: datetime) -> None:
        """I12: live closes of a position together do not pass what of it is open."""
        closing = sum(
            one.remaining
            for one in stand.orders(Effect.CLOSE)
            if one.position.position_id == position.position_id
        )
        held = stand.held.get(position.position_id)
        there = held.units if held else 0
        if closing > there:
            name = self._name(position.bot_id)
            words = f"{name}: {closing} {position.symbol} closing, {there} open at {_clock(at)}"
            self.closes.broken.append(words)

    def _fill(self, stand: _Stand, live: _Live, units: int, number: int, at: datetime) -> None:
        live.executed += units
        price = next(self._prices.get(number, iter(())), live.limit)
        if live.order.effect is Effect.OPEN:
            self._take(stand, live.position, units, price, at)
        else:
            self._give(stand, live.position, units, at)

    def _take(
        self,
        stand: _Stand,
        position: LedgerPosition,
        units: int,
        price: Decimal | None,
        at: datetime,
    ) -> None:
        held = stand.held.setdefault(position.position_id, _Held(position))
        held.units += units
        try:
            held.cost += _worst(position, price, units)
        except Refusal as why:
            self.capital.broken.append(f"{self._name(position.bot_id)} at {_clock(at)}: {why}")

    def _give(self, stand: _Stand, position: LedgerPosition, units: int, at: datetime) -> None:
        held = stand.held.get(position.position_id)
        there = held.units if held else 0
        if held is None or units > there:
            name = self._name(position.bot_id)
            words = f"{name}: {units} {position.symbol} closed, {there} open at {_clock(at)}"
            self.closes.broken.append(words)
        if held is None or units >= there:
            stand.held.pop(position.position_id, None)
            return
        held.cost -= held.cost * units // held.units
        held.units -= units

    def _settle(self, account: str, symbol: str) -> None:
        """Let go of what held the contract that was booked away: its legs all end that day.

        Shares held beside it stay.
        """
        for stand in self._stands.values():
            gone = [
                key
                for key, held in stand.held.items()
                if held.position.account == account and symbol in symbols_of(held.position)
            ]
            for key in gone:
                if stand.held[key].position.structure in WITH_SHARES:
                    stand.held[key] = _kept(stand.held[key])
                else:
                    del stand.held[key]

    def _name(self, bot: BotId) -> str:
        return self._bots[bot].name


def _kept(held: _Held) -> _Held:
    """Give the shares that a covered call leaves behind, at its cost."""
    shares = replace(held.position, structure=Structure.LONG_EQUITY, legs=(Leg(None, 1),))
    return _Held(shares, held.units * multiplier(held.position.structure), held.cost)


def symbols_of(position: LedgerPosition) -> dict[str, int]:
    """Give the instruments of one unit as the broker names them, < 0 sold."""
    return {
        occ(leg.option) if leg.option else position.symbol: leg.ratio
        * shares_in(position.structure, leg)
        for leg in position.legs
    }


def _opens(stand: _Stand) -> Iterator[_Live]:
    return stand.orders(Effect.OPEN)


def _worst(position: LedgerPosition, price: Decimal | None, units: int) -> int:
    """Give what `units` taken on at `price` can lose, in cents.

    Raises:
        Refusal: at that price, or at the market, there is no bound.
    """
    if price is None:
        raise Refusal("an order at the market has no worst case")
    return worst_case(position.structure, strikes_of(position.legs), price).cents * units


def _end(stand: _Stand, number: int) -> None:
    """Forget an order that ended; an open of which nothing filled gives its slots back (R22)."""
    live = stand.live.pop(number, None)
    if live is not None and live.order.effect is Effect.OPEN and not live.executed:
        stand.opened.discard(live.position.position_id)


def _clock(at: datetime) -> str:
    return f"{wall(at):%H:%M:%S}"
