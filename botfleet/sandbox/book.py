"""The broker's own book, as values: what an independent checker reads, never the fleet's claims.

Source: RELIABILITY 6.1 (the checker reads the broker's book). `audit` holds every change of state
in order, so the worst case of live orders plus the cost of open positions can be replayed at every
acceptance. Prices are net US dollars a share of one unit: > 0 paid, < 0 received.
"""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

#: The states of an order that can still fill.
LIVE = ("open", "partially_filled")

#: The fields of an order that its row holds as they are.
PLAIN: tuple[str, ...] = (
    *("id", "account", "tag", "kind", "symbol", "type", "units", "status"),
    *("executed", "last_units", "reason", "trick"),
)


class BookLeg(NamedTuple):
    """One leg: `symbol` an OCC symbol or a ticker, `quantity` of the whole order."""

    symbol: str
    side: str
    quantity: int

    @property
    def is_bought(self) -> bool:
        """Whether this leg pays."""
        return self.side.startswith("buy")

    @property
    def opens(self) -> bool:
        """Whether this leg makes a holding (shares: a purchase)."""
        return self.side in ("buy", "buy_to_open", "sell_to_open")


#: The classes of orders that have several legs.
JOINED = frozenset({"multileg", "combo"})


@dataclass(frozen=True, slots=True)
class BookOrder:
    """An order: `limit` None is at the market; `executed` of `units` at `average`.

    `trick` is misbehaviour that was asked of this order, empty for an honest one.
    """

    id: int
    account: str
    tag: str
    kind: str
    symbol: str
    type: str
    limit: Decimal | None
    units: int
    legs: tuple[BookLeg, ...]
    status: str
    created_at: datetime
    changed_at: datetime
    expires_at: datetime
    executed: int = 0
    average: Decimal = Decimal(0)
    last_units: int = 0
    last_price: Decimal = Decimal(0)
    filled_at: datetime | None = None
    reason: str = ""
    trick: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it can still fill."""
        return self.status in LIVE

    @property
    def is_buying(self) -> bool:
        """Whether the order as a whole pays (a single sold leg does not)."""
        return len(self.legs) > 1 or self.legs[0].is_bought


@dataclass(frozen=True, slots=True)
class BookExecution:
    """A fill of `units` at `price`; `legs` pairs each symbol with its price a share."""

    id: int
    order_id: int
    account: str
    units: int
    price: Decimal
    at: datetime
    legs: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class BookPosition:
    """A holding: `quantity` < 0 is short; `cost` in dollars, < 0 received."""

    account: str
    symbol: str
    quantity: int
    cost: Decimal
    acquired_at: datetime


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One change of state, as it is after it.

    `event` is one of accepted, rejected, repriced, filled, canceled, expired, settled. An expired
    option is settled: no order, `limit` the dollars it brought, `units` the holding it was, and
    `detail` its symbol and cost.
    """

    seq: int
    at: datetime
    account: str
    order_id: int | None
    tag: str
    event: str
    status: str
    limit: Decimal | None
    units: int
    executed: int
    detail: str


@dataclass(frozen=True, slots=True)
class Book:
    """Everything at one moment; orders, executions and audit by rising number."""

    orders: tuple[BookOrder, ...]
    executions: tuple[BookExecution, ...]
    positions: tuple[BookPosition, ...]
    audit: tuple[AuditRow, ...]


def read_book(path: Path) -> Book:
    """Read the book's file as it is now, while the sandbox may be writing it.

    Raises:
        sqlite3.OperationalError: there is no such file.
    """
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        db.execute("BEGIN")
        return book_of(db)


def book_of(db: sqlite3.Connection) -> Book:
    """Read everything inside the transaction that `db` is in."""
    return Book(
        tuple(map(order_of, db.execute("SELECT * FROM orders ORDER BY id"))),
        tuple(map(execution_of, db.execute("SELECT * FROM executions ORDER BY id"))),
        tuple(map(position_of, db.execute("SELECT * FROM positions ORDER BY account, symbol"))),
        tuple(map(audit_of, db.execute("SELECT * FROM audit ORDER BY seq"))),
    )


def order_of(row: sqlite3.Row) -> BookOrder:
    """Read one row of `orders`."""
    return BookOrder(
        **{name: row[name] for name in PLAIN},
        limit=_price(row["price"]),
        legs=tuple(BookLeg(*leg) for leg in json.loads(row["legs"])),
        average=Decimal(row["average"]),
        last_price=Decimal(row["last_price"]),
        created_at=_at(row["created_at"]),
        changed_at=_at(row["changed_at"]),
        expires_at=_at(row["expires_at"]),
        filled_at=_at(row["filled_at"]) if row["filled_at"] else None,
    )


def execution_of(row: sqlite3.Row) -> BookExecution:
    """Read one row of `executions`."""
    legs = tuple((symbol, Decimal(price)) for symbol, price in json.loads(row["legs"]))
    price, at = Decimal(row["price"]), _at(row["at"])
    return BookExecution(row["id"], row["order_id"], row["account"], row["units"], price, at, legs)


def position_of(row: sqlite3.Row) -> BookPosition:
    """Read one row of `positions`."""
    cost, at = Decimal(row["cost"]), _at(row["acquired_at"])
    return BookPosition(row["account"], row["symbol"], row["quantity"], cost, at)


def audit_of(row: sqlite3.Row) -> AuditRow:
    """Read one row of `audit`."""
    given: dict[str, Any] = dict(row)
    given["limit"] = _price(given.pop("price"))
    given["at"] = _at(given["at"])
    return AuditRow(**given)


def plain(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Show values as JSON objects: decimals and instants as text."""
    return [{name: _plain(getattr(row, name)) for name in row.__dataclass_fields__} for row in rows]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _price(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
