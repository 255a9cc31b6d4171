"""The book's file: SQLite in WAL mode, one writer, one transaction a change.

A killed process loses nothing that was answered: each answer follows its commit.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import RLock

from botfleet.sandbox.book import (
    LIVE,
    PLAIN,
    BookExecution,
    BookOrder,
    BookPosition,
    execution_of,
    order_of,
    position_of,
)
from botfleet.sandbox.shape import View

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS accounts (
    number TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, salt BLOB NOT NULL,
    secret BLOB NOT NULL, opened_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS grants (
    digest TEXT PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, client TEXT NOT NULL,
    scope TEXT NOT NULL, expires_at TEXT, family TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL, is_spent INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX IF NOT EXISTS grants_by_family ON grants (family);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, tag TEXT NOT NULL,
    kind TEXT NOT NULL, symbol TEXT NOT NULL, type TEXT NOT NULL, price TEXT,
    units INTEGER NOT NULL, legs TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL, expires_at TEXT NOT NULL, executed INTEGER NOT NULL,
    average TEXT NOT NULL, last_units INTEGER NOT NULL, last_price TEXT NOT NULL,
    filled_at TEXT, reason TEXT NOT NULL, trick TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS orders_by_account ON orders (account, created_at);
CREATE INDEX IF NOT EXISTS orders_live ON orders (account)
    WHERE status IN ('open', 'partially_filled');
CREATE TABLE IF NOT EXISTS executions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, order_id INTEGER NOT NULL REFERENCES orders,
    account TEXT NOT NULL, units INTEGER NOT NULL, price TEXT NOT NULL, at TEXT NOT NULL,
    legs TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS executions_by_order ON executions (order_id);
CREATE TABLE IF NOT EXISTS positions (
    account TEXT NOT NULL, symbol TEXT NOT NULL, quantity INTEGER NOT NULL, cost TEXT NOT NULL,
    acquired_at TEXT NOT NULL, PRIMARY KEY (account, symbol)) STRICT;
CREATE TABLE IF NOT EXISTS audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, account TEXT NOT NULL,
    order_id INTEGER, tag TEXT NOT NULL, event TEXT NOT NULL, status TEXT NOT NULL, price TEXT,
    units INTEGER NOT NULL, executed INTEGER NOT NULL, detail TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS audit_by_order ON audit (order_id);
CREATE INDEX IF NOT EXISTS orders_by_tag ON orders (account, tag);
CREATE TABLE IF NOT EXISTS calls (
    method TEXT NOT NULL, path TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (method, path)) STRICT;
"""
_INSERT = """INSERT INTO orders (
    account, tag, kind, symbol, type, price, units, legs, status, created_at, changed_at,
    expires_at, executed, average, last_units, last_price, filled_at, reason, trick)
VALUES (
    :account, :tag, :kind, :symbol, :type, :price, :units, :legs, :status, :created_at,
    :changed_at, :expires_at, :executed, :average, :last_units, :last_price, :filled_at, :reason,
    :trick)"""
_UPDATE = """UPDATE orders SET
    price = :price, status = :status, changed_at = :changed_at, executed = :executed,
    average = :average, last_units = :last_units, last_price = :last_price,
    filled_at = :filled_at, reason = :reason, trick = :trick WHERE id = :id"""
_FILLS = """SELECT * FROM executions WHERE order_id IN (SELECT value FROM json_each(?))
ORDER BY id"""
_LIMITS = """SELECT order_id, price FROM audit WHERE order_id IN (SELECT value FROM json_each(?))
AND event IN ('accepted', 'repriced') ORDER BY seq"""
_HELD = "SELECT * FROM positions ORDER BY account, symbol"
_HELD_BY = "SELECT * FROM positions WHERE account = ? ORDER BY symbol"
_LIVE = "SELECT * FROM orders WHERE status IN ('open', 'partially_filled')"


class Store:
    """The one connection to the book's file. Use it inside `with store.work():`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(_SCHEMA)

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self.db.close()

    @contextmanager
    def work(self) -> Iterator[None]:
        """Be alone with the book, and change it wholly or not at all. Nests."""
        with self._lock:
            if self.db.in_transaction:
                yield
                return
            with self.db:
                self.db.execute("BEGIN IMMEDIATE")
                yield

    def keep_calls(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """Add to what was asked: method, path and count of each kind."""
        sql = """INSERT INTO calls VALUES (?, ?, ?)
                 ON CONFLICT DO UPDATE SET count = count + excluded.count"""
        with self.work():
            self.db.executemany(sql, rows)

    def add(self, order: BookOrder, event: str) -> BookOrder:
        """Write a new order, number it, and audit it."""
        number = self.db.execute(_INSERT, _row(order)).lastrowid
        order = replace(order, id=number or 0)
        self._audit(order, event)
        return order

    def save(self, order: BookOrder, event: str) -> BookOrder:
        """Write an order that changed, and audit it."""
        self.db.execute(_UPDATE, _row(order))
        self._audit(order, event)
        return order

    def _audit(self, order: BookOrder, event: str) -> None:
        limit = None if order.limit is None else str(order.limit)
        whose = (order.changed_at.isoformat(), order.account, order.id, order.tag)
        what = (event, order.status, limit, order.units, order.executed, order.reason)
        self._append((*whose, *what))

    def _append(self, row: Sequence[object]) -> None:
        self.db.execute(
            "INSERT INTO audit (at, account, order_id, tag, event, status, price, units, executed,"
            " detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    def order(self, account: str, number: int) -> BookOrder | None:
        """Find an order of an account."""
        found = self.db.execute(
            "SELECT * FROM orders WHERE id = ? AND account = ?", (number, account)
        ).fetchone()
        return order_of(found) if found else None

    def orders(self, account: str, since: datetime) -> list[BookOrder]:
        """List an account's orders made since an instant, and those still live."""
        rows = self.db.execute(
            "SELECT * FROM orders WHERE account = ? AND (created_at >= ? OR status IN (?, ?))"
            " ORDER BY id",
            (account, since.isoformat(), *LIVE),
        )
        return [order_of(row) for row in rows]

    def tagged(self, account: str, tag: str) -> int | None:
        """Find the number of an account's first order that was taken with an own id."""
        found = self.db.execute(
            "SELECT min(id) FROM orders WHERE account = ? AND tag = ? AND tag <> ''"
            " AND status <> 'rejected'",
            (account, tag),
        ).fetchone()
        return None if found[0] is None else int(found[0])

    def views(self, orders: Sequence[BookOrder]) -> list[View]:
        """Give orders with their fills and the limits they had, two questions for all."""
        numbers = json.dumps([order.id for order in orders])
        fills: dict[int, list[BookExecution]] = defaultdict(list)
        for row in self.db.execute(_FILLS, (numbers,)):
            fills[row["order_id"]].append(execution_of(row))
        limits: dict[int, list[Decimal | None]] = defaultdict(list)
        for row in self.db.execute(_LIMITS, (numbers,)):
            limits[row["order_id"]].append(None if row["price"] is None else Decimal(row["price"]))
        return [
            View(order, tuple(fills[order.id]), tuple(limits[order.id] or [order.limit]))
            for order in orders
        ]

    def live(self, account: str | None = None) -> list[BookOrder]:
        """List live orders, of one account or of all."""
        if account is None:
            return [order_of(row) for row in self.db.execute(_LIVE)]
        return [order_of(row) for row in self.db.execute(_LIVE + " AND account = ?", (account,))]

    def record(self, fill: BookExecution) -> None:
        """Write a fill; its number is given by the file."""
        legs = json.dumps([(symbol, str(price)) for symbol, price in fill.legs])
        given = (fill.order_id, fill.account, fill.units, str(fill.price), fill.at.isoformat())
        self.db.execute(
            "INSERT INTO executions (order_id, account, units, price, at, legs)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*given, legs),
        )

    def positions(self, account: str | None = None) -> list[BookPosition]:
        """List what an account holds, or what all hold."""
        if account is None:
            return [position_of(row) for row in self.db.execute(_HELD)]
        rows = self.db.execute(_HELD_BY, (account,))
        return [position_of(row) for row in rows]

    def put(self, position: BookPosition) -> None:
        """Write a holding; none is no row."""
        key = (position.account, position.symbol)
        if position.quantity == 0:
            self.db.execute("DELETE FROM positions WHERE account = ? AND symbol = ?", key)
            return
        self.db.execute(
            "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?)",
            (*key, position.quantity, str(position.cost), position.acquired_at.isoformat()),
        )

    def settle(self, position: BookPosition, at: datetime, worth: Decimal) -> None:
        """Book a holding away for `worth` dollars of cash, and audit it."""
        self.put(replace(position, quantity=0))
        detail = json.dumps({"symbol": position.symbol, "cost": str(position.cost)})
        whose = (at.isoformat(), position.account, None, "")
        self._append((*whose, "settled", "settled", str(worth), position.quantity, 0, detail))


def _row(order: BookOrder) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(order, name) for name in PLAIN}
    row["price"] = None if order.limit is None else str(order.limit)
    row["legs"] = json.dumps(order.legs)
    row["average"], row["last_price"] = str(order.average), str(order.last_price)
    for name in ("created_at", "changed_at", "expires_at"):
        row[name] = getattr(order, name).isoformat()
    row["filled_at"] = order.filled_at.isoformat() if order.filled_at else None
    return row
