"""What follows when orders end: the draw is posted or voided, the position opens, closes or stays.

Rows are locked in one order (positions with their draws, then pools), decided about in Python, and
written with one statement a table, however many orders end at once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import execute, rows
from botfleet.adapters.postgres.draws import add_entries
from botfleet.adapters.postgres.notices import add_notices, gone, opened
from botfleet.adapters.postgres.positions import promise_more
from botfleet.adapters.postgres.reactions import Booked, react
from botfleet.adapters.postgres.shapes import read_legs
from botfleet.application.ports.batches import Notice
from botfleet.application.ports.pools import Settlement
from botfleet.domain.bots.mishaps import Level, level_of
from botfleet.domain.orders.life import Draw
from botfleet.domain.orders.order import Effect, OrderState
from botfleet.domain.orders.rejections import classify
from botfleet.domain.positions.position import HOLDING
from botfleet.domain.schedules.events import Transition
from botfleet.domain.trades.margin import committed
from botfleet.domain.trades.structures import Structure, multiplier, strikes_of

_HELD = """
SELECT p.position_id, p.draw_id, p.user_id, p.bot_id, p.state, p.symbol, p.structure, p.legs,
       p.quantity,
       p.entry, p.closed_by, p.covered_by, d.state AS draw, d.amount, d.posted, d.day
FROM positions p JOIN draws d USING (draw_id)
WHERE p.position_id = ANY(%(positions)s::uuid[]) ORDER BY p.position_id FOR UPDATE
"""

_POSITIONS = """
UPDATE positions p SET state = v.state, quantity = v.quantity, entry = v.entry,
    realised = p.realised + v.gain,
    opened_at = CASE WHEN v.opened THEN %(now)s ELSE p.opened_at END,
    closed_at = CASE WHEN v.closed THEN %(now)s END,
    closed_by = CASE WHEN v.state = 'open' THEN '' ELSE p.closed_by END
FROM unnest(%(position)s::uuid[], %(state)s::text[], %(quantity)s::int[], %(entry)s::numeric[],
            %(gain)s::bigint[], %(opened)s::bool[], %(closed)s::bool[])
     AS v(position_id, state, quantity, entry, gain, opened, closed)
WHERE p.position_id = v.position_id
"""

_DRAWS = """
UPDATE draws d SET state = v.state, posted = v.posted
FROM unnest(%(draw)s::uuid[], %(state)s::text[], %(posted)s::bigint[]) AS v(draw_id, state, posted)
WHERE d.draw_id = v.draw_id
"""

#: Shares that cover a call are locked before it: a commit takes them, then the pool.
_LOCK_COVERS = """
SELECT FROM positions WHERE position_id IN
    (SELECT covered_by FROM positions WHERE position_id = ANY(%(positions)s::uuid[]))
ORDER BY position_id FOR UPDATE
"""

_LOCK_POOLS = "SELECT FROM pools WHERE bot_id = ANY(%(bots)s::uuid[]) ORDER BY bot_id FOR UPDATE"

_POOLS = """
UPDATE pools p SET pending = p.pending + v.pending, pending_n = p.pending_n + v.pending_n,
    committed = p.committed + v.committed, open_n = p.open_n + v.open_n, gains = p.gains + v.gains,
    day_n = greatest(0, p.day_n + coalesce(
        (SELECT sum(n) FROM unnest(%(day_bot)s::uuid[], %(day)s::date[], %(day_n)s::int[])
                            AS w(bot_id, day, n)
         WHERE w.bot_id = p.bot_id AND w.day = p.day), 0))
FROM unnest(%(bot)s::uuid[], %(pending)s::bigint[], %(pending_n)s::int[], %(committed)s::bigint[],
            %(open_n)s::int[], %(gains)s::bigint[])
     AS v(bot_id, pending, pending_n, committed, open_n, gains)
WHERE p.bot_id = v.bot_id
"""


@dataclass(frozen=True, slots=True)
class Ending:
    """An order that ended, or filled after its end; `was_*` is what an earlier end had counted."""

    position_id: UUID
    user_id: UUID
    bot_id: UUID
    run_id: UUID
    effect: Effect
    state: OrderState
    draw: Draw
    filled: int
    paid: Decimal
    was_filled: int
    was_paid: Decimal
    reason: str
    was_withdrawn: bool = False


@dataclass(slots=True)
class _Books:
    """What is to be written; one entry an order that ended."""

    positions: list[dict[str, Any]] = field(default_factory=list)
    promises: list[tuple[UUID, int]] = field(default_factory=list)
    draws: list[tuple[UUID, str, int]] = field(default_factory=list)
    pools: dict[UUID, Counter[str]] = field(default_factory=dict)
    days: list[tuple[UUID, date, int]] = field(default_factory=list)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    booked: list[Booked] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)

    def pool(self, bot: UUID, **changes: int) -> None:
        counts = self.pools.setdefault(bot, Counter())
        for name, change in changes.items():
            counts[name] += change

    def entry(self, held: Mapping[str, Any], kind: str, ref: str, amount: int) -> None:
        self.entries.append((held["draw_id"], kind, ref, held["user_id"], held["bot_id"], amount))

    def position(self, held: Mapping[str, Any], state: str, **changes: Any) -> None:
        if held["covered_by"] is not None:
            more = _units(state, changes.get("quantity", held["quantity"])) - _units(**held)
            self.promises.append((held["covered_by"], more))
        same = {"quantity": held["quantity"], "entry": held["entry"], "gain": 0}
        flags = {"opened": False, "closed": False}
        self.positions.append(
            {"position": held["position_id"], "state": state, **same, **flags, **changes}
        )

    def start(self, transition: Transition, ended: Ending, held: Mapping[str, Any]) -> None:
        owner = (ended.user_id, ended.bot_id)
        named = (held["position_id"], held["structure"], *owner, ended.run_id)
        self.booked.append(Booked(transition, *named))  # type: ignore[arg-type]

    def tell(self, ended: Ending, code: str, message: str, level: Level | None = None) -> None:
        cause = f"{ended.position_id}/{code}/{ended.run_id}"
        level = level or level_of(code)
        self.notices.append(Notice(ended.user_id, ended.bot_id, level, code, message, cause))  # type: ignore[arg-type]

    def tell_rejected(self, ended: Ending, code: str) -> None:
        kind = classify(ended.reason)
        self.tell(ended, f"{code}:{kind}" if kind else code, ended.reason)


def _units(state: str, quantity: int, **_: object) -> int:
    """Count the units that stand on what covers them."""
    return quantity if state in HOLDING else 0


def end(connection: Connection, ended: Sequence[Ending], now: datetime) -> Sequence[Settlement]:
    """Book how orders ended, in this transaction; give how pools are to be settled."""
    settlements: list[Settlement] = []
    while ended:  # a position twice among them is two turns
        once = {one.position_id: one for one in reversed(ended)}
        settlements += _end(connection, list(once.values()), now)
        ended = [one for one in ended if once[one.position_id] is not one]
    return settlements


def _end(connection: Connection, ended: Sequence[Ending], now: datetime) -> Sequence[Settlement]:
    held = {row["position_id"]: row for row in _held(connection, ended)}
    books = _Books()
    for one in ended:
        if one.effect is Effect.OPEN:
            _end_open(books, one, held[one.position_id])
        else:
            _end_close(books, one, held[one.position_id])
    _write(connection, books, now)
    return books.settlements


def _held(connection: Connection, ended: Sequence[Ending]) -> Iterator[Mapping[str, Any]]:
    positions = [one.position_id for one in ended]
    execute(connection, _LOCK_COVERS, positions=positions)
    found = rows(connection, _HELD, positions=positions)
    yield from found
    bots = list({row["bot_id"] for row in found})
    execute(connection, _LOCK_POOLS, bots=bots)


def _end_open(books: _Books, ended: Ending, held: Mapping[str, Any]) -> None:
    if ended.draw is Draw.CHARGED:
        _charge_late(books, ended, held)
    elif ended.filled:
        entry = ended.paid / ended.filled
        books.position(held, "open", quantity=ended.filled, entry=entry, opened=True)
        books.start(Transition.OPENED, ended, held)
        _post(books, ended, held)
        books.tell(ended, "opened", opened(held, ended.filled, entry), Level.OPEN)
    else:
        refused = ended.state is OrderState.REJECTED
        books.position(held, "error" if refused else "dropped", opened=True, closed=True)
        _void(books, held)
        if refused:
            books.tell_rejected(ended, "rejected")
        elif ended.was_withdrawn:
            books.tell(ended, "withdrawn", ended.reason)


def _post(books: _Books, ended: Ending, held: Mapping[str, Any]) -> None:
    """Commit what filled; the rest of what was drawn is free again (R22)."""
    cost = _cost(ended, held)
    books.draws.append((held["draw_id"], "posted", cost))
    books.pool(held["bot_id"], pending=-held["amount"], pending_n=-1, committed=cost, open_n=1)
    books.entry(held, "final", "", -held["amount"])
    books.entry(held, "post", "", cost)
    books.settlements.append(Settlement(held["bot_id"], held["draw_id"], cost))


def _void(books: _Books, held: Mapping[str, Any]) -> None:
    """Nothing came of it: its money and both its slots are free again."""
    books.draws.append((held["draw_id"], "void", 0))
    books.pool(held["bot_id"], pending=-held["amount"], pending_n=-1)
    books.days.append((held["bot_id"], held["day"], -1))
    books.entry(held, "final", "", -held["amount"])
    books.settlements.append(Settlement(held["bot_id"], held["draw_id"]))


def _charge_late(books: _Books, ended: Ending, held: Mapping[str, Any]) -> None:
    """Take in what filled after the end: it is there, whatever the pool has room for.

    What filled of a position that is gone by now stays unbooked, and its owner is told.
    """
    more, paid = ended.filled - ended.was_filled, ended.paid - ended.was_paid
    was_void = held["draw"] == "void"
    if held["draw"] not in ("void", "posted"):
        words = f"{more} more filled at the broker after this position was closed; see to them."
        books.tell(ended, "filled_late", words)
        return
    there = 0 if was_void else held["quantity"]
    entry = (held["entry"] * there + paid) / (there + more)
    state = "open" if was_void else held["state"]
    books.position(held, state, quantity=there + more, entry=entry, opened=was_void)
    cost = _cost(ended, held)
    books.draws.append((held["draw_id"], "posted", cost))
    books.pool(held["bot_id"], committed=cost - held["posted"], open_n=int(was_void))
    if was_void:
        books.days.append((held["bot_id"], held["day"], 1))
        books.start(Transition.OPENED, ended, held)
    books.entry(held, "post", f"late/{ended.filled}", cost - held["posted"])
    books.tell(ended, "filled_late", f"{more} filled after the order had ended; they are booked.")


def _end_close(books: _Books, ended: Ending, held: Mapping[str, Any]) -> None:
    units, paid = ended.filled - ended.was_filled, ended.paid - ended.was_paid
    if held["draw"] != "posted" or units > held["quantity"]:
        words = f"{units} were closed at the broker of a position that is {held['state']} here."
        books.tell(ended, "filled_late", words)
        return
    shares = multiplier(Structure(held["structure"]))
    gain = round(-(held["entry"] * units + paid) * shares * 100)
    if units == held["quantity"]:
        books.position(held, "closed", gain=gain, closed=True)
        books.start(Transition.CLOSED, ended, held)
        _release(books, held, gain)
        books.tell(ended, "closed", gone("Closed", held, gain, held["closed_by"]), Level.CLOSE)
        return
    state = held["state"] if ended.draw is Draw.CHARGED else "open"
    books.position(held, state, quantity=held["quantity"] - units, gain=gain)
    if units:
        _earn(books, held, f"{ended.run_id}/{ended.filled}", gain)
    if ended.state is OrderState.REJECTED:
        books.tell_rejected(ended, "close_rejected")


def _release(books: _Books, held: Mapping[str, Any], gain: int) -> None:
    """Free what a position that is gone had committed, and book its gain (cents)."""
    posted = held["posted"]
    books.draws.append((held["draw_id"], "released", posted))
    books.pool(held["bot_id"], committed=-posted, open_n=-1)
    books.entry(held, "close", "", -posted)
    _earn(books, held, str(held["position_id"]), gain)
    books.settlements.append(Settlement(held["bot_id"], held["draw_id"], is_release=True))


def _earn(books: _Books, held: Mapping[str, Any], ref: str, gain: int) -> None:
    """Book what was gained (cents) for a cause of its own: a part of a position, or its end."""
    books.pool(held["bot_id"], gains=gain)
    books.entry(held, "gain", ref, gain)


def _cost(ended: Ending, held: Mapping[str, Any]) -> int:
    strikes = strikes_of(read_legs(held["legs"]))
    structure = Structure(held["structure"])
    return committed(structure, strikes, ended.filled, ended.paid, held["amount"])


def _write(connection: Connection, books: _Books, now: datetime) -> None:
    if books.positions:
        columns = {name: [one[name] for one in books.positions] for name in books.positions[0]}
        execute(connection, _POSITIONS, now=now, **columns)
    for cover, contracts in books.promises:
        promise_more(connection, cover, contracts)
    if books.draws:
        draw, state, posted = map(list, zip(*books.draws, strict=True))
        execute(connection, _DRAWS, draw=draw, state=state, posted=posted)
    if books.pools:
        _write_pools(connection, books)
    if books.entries:
        add_entries(connection, books.entries, now)
    if books.notices:
        add_notices(connection, books.notices, now)
    react(connection, books.booked, now)


def _write_pools(connection: Connection, books: _Books) -> None:
    names = ("pending", "pending_n", "committed", "open_n", "gains")
    execute(
        connection,
        _POOLS,
        bot=list(books.pools),
        **{name: [counts[name] for counts in books.pools.values()] for name in names},
        day_bot=[bot for bot, _, _ in books.days],
        day=[day for _, day, _ in books.days],
        day_n=[n for _, _, n in books.days],
    )
