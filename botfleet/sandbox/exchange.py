"""The exchange: takes orders, matches them against the market's quotes, keeps the book.

Nothing runs in the background. Live orders are matched when they arrive, when they are asked about,
and all together on the first request of each new second of the market clock (`sweep`); between two
requests nobody could have seen a fill. Orders are for the day: what is live at the close expires
there, and options past their close are booked away for cash.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal
from threading import RLock

from botfleet.application.ports.clock import Clock
from botfleet.application.ports.market import Market
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.calendar import is_open, session_at
from botfleet.domain.market.instruments import parse_occ
from botfleet.sandbox.book import Book, BookExecution, BookOrder, BookPosition, book_of
from botfleet.sandbox.holdings import after_fill, cash_value
from botfleet.sandbox.matching import ANYWAY, Match, Realism, Sides, depth, match
from botfleet.sandbox.orders import Wanted
from botfleet.sandbox.rules import objection
from botfleet.sandbox.shape import View
from botfleet.sandbox.store import Store

OCC_MIN = 10


@dataclass(frozen=True, slots=True)
class Objected:
    """The order was refused; it is in the book as rejected."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class There:
    """An order of this account has this own id already: it has number `id`."""

    id: int


class Exchange:
    """Thread-safe; every verb is one transaction on the book."""

    def __init__(self, market: Market, clock: Clock, store: Store, realism: Realism) -> None:
        self._market, self._clock, self._store = market, clock, store
        self._realism = realism
        self._feed = RLock()
        self._swept_at: int | None = None

    def place(
        self, account: str, wanted: Wanted, trick: str = "", *, fences: bool = False
    ) -> View | Objected | There:
        """Take an order or refuse it; both are written down before the answer.

        Where own ids are fenced, one that was ever used is refused for ever.
        """
        now = self._clock.now()
        market = self._sides({leg.symbol for leg in wanted.legs})
        with self._store.work():
            there = self._store.tagged(account, wanted.tag) if fences else None
            if there is not None:
                return There(there)
            order = _fresh(account, wanted, now, trick)
            reason = self._objection(order, market, now)
            if reason:
                refused = replace(order, status="rejected", reason=reason)
                return Objected(self._store.add(refused, "rejected").id, reason)
            order = self._store.add(order, "accepted")
            if trick == "reject_later":
                order = self._end(order, "rejected", now, "Rejected by the market center.")
            elif trick != "fill_after_cancel":
                order = self._match(order, market, now)
            return self._store.views([order])[0]

    def _objection(self, order: BookOrder, market: dict[str, Sides], now: datetime) -> str:
        if order.trick == "reject":
            return "Backoffice rejected override of the order."
        if not is_open(now):
            return "MarketIsClosed: The market is closed."
        held = {p.symbol: p.quantity for p in self._store.positions(order.account)}
        return objection(order, held, self._store.live(order.account), market)

    def order(self, account: str, number: int) -> BookOrder | None:
        """Show one order, as it is after the quotes of now."""
        now = self._clock.now()
        with self._store.work():
            order = self._store.order(account, number)
            if order is None or not order.is_live:
                return order
            market = self._sides({leg.symbol for leg in order.legs})
            return self._turn(order, market, now)

    def orders(self, account: str) -> list[BookOrder]:
        """List the orders of the market's day and those still live."""
        now = self._clock.now()
        since = instant(day_of(now), time())
        with self._store.work():
            return self._store.orders(account, since)

    def view(self, account: str, number: int) -> View | None:
        """Show one order with its fills and the limits it had."""
        with self._store.work():
            order = self.order(account, number)
            return self._store.views([order])[0] if order else None

    def views(self, account: str) -> list[View]:
        """List orders as `orders` does, each with its fills and the limits it had."""
        with self._store.work():
            return self._store.views(self.orders(account))

    def tagged(self, account: str, tag: str) -> int | None:
        """Find the number of an account's order by its own id."""
        with self._store.work():
            return self._store.tagged(account, tag)

    def cancel(self, account: str, number: int) -> bool | None:
        """Cancel an order: False where it has ended, None where there is none."""
        return self._change(account, number, self._cancelled)

    def _cancelled(self, order: BookOrder, now: datetime) -> None:
        if order.trick == "fill_after_cancel":
            market = self._sides({leg.symbol for leg in order.legs})
            if self._match(order, market, now, ANYWAY).executed:
                return
        self._end(order, "canceled", now)

    def reprice(self, account: str, number: int, limit: Decimal) -> bool | None:
        """Change a limit, > 0 paid: False where the order has ended, None where there is none."""

        def repriced(order: BookOrder, now: datetime) -> None:
            changed = self._store.save(replace(order, limit=limit, changed_at=now), "repriced")
            if order.trick != "fill_after_cancel":
                market = self._sides({leg.symbol for leg in order.legs})
                self._match(replace(changed, filled_at=None), market, now)

        return self._change(account, number, repriced)

    def _change(
        self, account: str, number: int, verb: Callable[[BookOrder, datetime], None]
    ) -> bool | None:
        now = self._clock.now()
        with self._store.work():
            order = self._store.order(account, number)
            if order is None:
                return None
            if order.is_live and (ends_at := _ends_at(order)) <= now:
                order = self._end(order, "expired", ends_at)
            if not order.is_live:
                return False
            verb(order, now)
            return True

    def positions(self, account: str) -> list[BookPosition]:
        """List what an account holds."""
        with self._store.work():
            return self._store.positions(account)

    def book(self) -> Book:
        """Show everything."""
        with self._store.work():
            return book_of(self._store.db)

    @property
    def is_due(self) -> bool:
        """Whether the market's clock shows another second than at the last sweep."""
        return int(self._clock.now().timestamp()) != self._swept_at

    def catch_up(self) -> None:
        """Sweep, if it is time to."""
        if self.is_due:
            self.sweep()

    def sweep(self) -> None:
        """Match every live order, end those past their close, book expired options away."""
        now = self._clock.now()
        with self._store.work():
            if int(now.timestamp()) == self._swept_at:
                return
            self._swept_at = int(now.timestamp())
            live = self._store.live()
            market = self._sides({leg.symbol for order in live for leg in order.legs})
            for order in live:
                self._turn(order, market, now)
            self._settle(now)

    def _turn(self, order: BookOrder, market: dict[str, Sides], now: datetime) -> BookOrder:
        if (ends_at := _ends_at(order)) <= now:
            return self._end(order, "expired", ends_at)
        if order.trick == "fill_after_cancel" or not is_open(now):
            return order
        return self._match(order, market, now)

    def _end(self, order: BookOrder, status: str, at: datetime, reason: str = "") -> BookOrder:
        ended = replace(order, status=status, changed_at=at, reason=reason or order.reason)
        return self._store.save(ended, status)

    def _match(
        self,
        order: BookOrder,
        market: dict[str, Sides],
        now: datetime,
        share: Decimal | None = None,
    ) -> BookOrder:
        """Fill what the quotes allow, at most once an instant."""
        is_on_its_way = share is None and now < order.changed_at + self._realism.latency
        if order.filled_at == now or is_on_its_way:
            return order
        found = match(order, market, self._realism.share if share is None else share)
        is_deep = share is not None or not self._realism.heeds_size
        units = order.units - order.executed if is_deep else depth(order, market) if found else 0
        if found is None or not units:
            return order
        filled = _filled(order, found, units, now)
        self._book(filled, found, now)
        return self._store.save(filled, "filled")

    def _book(self, order: BookOrder, found: Match, now: datetime) -> None:
        fill = (order.last_units, found.price, now, found.legs)
        self._store.record(BookExecution(0, order.id, order.account, *fill))
        held = {p.symbol: p for p in self._store.positions(order.account)}
        for leg, (symbol, price) in zip(order.legs, found.legs, strict=True):
            count = leg.quantity // order.units * order.last_units
            signed = count if leg.is_bought else -count
            self._store.put(after_fill(held.get(symbol), order.account, symbol, signed, price, now))

    def _settle(self, now: datetime) -> None:
        gone = [p for p in self._store.positions() if _is_past(p.symbol, now)]
        for position in gone:
            with self._feed:
                worth = cash_value(self._market, position, now)
            if worth is not None:
                self._store.settle(position, now, worth)

    def _sides(self, symbols: Iterable[str]) -> dict[str, Sides]:
        """Ask the feed once for every symbol; the feed need not be thread-safe."""
        wanted = sorted(symbols)
        options = [parse_occ(symbol) for symbol in wanted if is_contract(symbol)]
        shares = [symbol for symbol in wanted if not is_contract(symbol)]
        with self._feed:
            contracts = self._market.option_quotes(options) if options else {}
            stocks = self._market.quotes(shares) if shares else {}
        sides = {s: Sides(q.bid, q.ask) for s, q in stocks.items()}
        for symbol in wanted:
            if is_contract(symbol) and (quote := contracts.get(parse_occ(symbol))):
                sides[symbol] = Sides(quote.bid, quote.ask, quote.bid_size, quote.ask_size)
        return sides


def is_contract(symbol: str) -> bool:
    """Say whether a symbol names an option rather than shares."""
    return len(symbol) > OCC_MIN


def _is_past(symbol: str, now: datetime) -> bool:
    if not is_contract(symbol):
        return False
    day = parse_occ(symbol).expires_on
    session = session_at(now)
    if session is not None and session.day == day:
        return now >= session.closes_at
    return day < day_of(now)


def _ends_at(order: BookOrder) -> datetime:
    """Give until when a day's order lives: its session's close, which may move while it does."""
    session = session_at(order.expires_at)
    return session.closes_at if session else order.expires_at


def _fresh(account: str, wanted: Wanted, now: datetime, trick: str) -> BookOrder:
    session = session_at(now)
    expires_at = session.closes_at if session else now
    return BookOrder(
        0,
        account,
        wanted.tag,
        wanted.kind,
        wanted.symbol,
        wanted.type,
        wanted.limit,
        wanted.units,
        wanted.legs,
        status="open",
        created_at=now,
        changed_at=now,
        expires_at=expires_at,
        trick=trick,
    )


def _filled(order: BookOrder, found: Match, units: int, now: datetime) -> BookOrder:
    if order.trick == "partial_fill" and units > 1:
        units //= 2
    executed = order.executed + units
    average = (order.average * order.executed + found.price * units) / executed
    return replace(
        order,
        status="filled" if executed == order.units else "partially_filled",
        executed=executed,
        average=average,
        last_units=units,
        last_price=found.price,
        filled_at=now,
        changed_at=now,
        trick="",
    )


def only(orders: Sequence[BookOrder], page: int, limit: int) -> Sequence[BookOrder]:
    """Cut one page out of a listing; pages count from 1."""
    return orders[(page - 1) * limit : page * limit]
