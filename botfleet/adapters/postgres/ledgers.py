"""The fleet's whole ledger of a day from Postgres, of one consistent moment, for an auditor."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.shapes import read_legs
from botfleet.application.ports.ledgers import (
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
from botfleet.domain.orders.order import Effect, OrderState
from botfleet.domain.positions.position import PositionState
from botfleet.domain.schedules.agenda import Kind
from botfleet.domain.trades.structures import Structure

_BOTS = """
SELECT b.bot_id, u.name || ', ' || b.name AS name, p.allocation, p.committed, p.pending, p.gains,
       p.open_n, p.pending_n, p.open_max, p.day_max
FROM bots b JOIN users u USING (user_id) JOIN pools p USING (bot_id)
"""
_ORDERS = """
SELECT order_id, wire_id, bot_id, position_id, effect, state, sent_at IS NOT NULL AS was_sent,
       quantity, filled, coalesce(broker_order_id, '') AS broker_order_id
FROM orders ORDER BY created_at, order_id
"""
_POSITIONS = """
SELECT p.position_id, p.bot_id, a.number AS account, p.symbol, p.structure, p.legs, p.quantity,
       p.state, o.legs AS opened_legs
FROM positions p JOIN bots b USING (bot_id) JOIN accounts a USING (account_id)
     JOIN orders o ON o.position_id = p.position_id AND o.effect = 'open'
"""
#: Tombstones (epoch 0) were never granted and never settled.
_DRAWS = "SELECT draw_id, bot_id, state, amount, posted FROM draws WHERE epoch > 0"
_ENTRIES = "SELECT draw_id, bot_id, kind, amount FROM entries"
_FILLS = "SELECT order_id, quantity, price FROM fills"
_WORK = """
SELECT kind, due_at, state, count(*) AS count FROM work GROUP BY kind, due_at, state
ORDER BY due_at, kind, state
"""
_RUNS = "SELECT at, count(*) AS count FROM runs GROUP BY at ORDER BY at"
_REPEATED = """
SELECT u.name || ', ' || b.name AS name
FROM runs r JOIN work w USING (work_id) JOIN bots b ON b.bot_id = r.bot_id
     JOIN users u ON u.user_id = b.user_id
WHERE w.kind = 'mark' GROUP BY u.name, b.name, r.bot_id, r.automation, w.due_at HAVING count(*) > 1
"""


class PostgresLedgers:
    """Keeps `botfleet.application.ports.ledgers.Ledgers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ledger(self) -> Ledger:
        """See the port."""
        with self._database.transaction() as connection:
            execute(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return _ledger(connection)


def _ledger(connection: Connection) -> Ledger:
    bots = [LedgerBot(**row) for row in rows(connection, _BOTS)]
    positions = [_position(row) for row in rows(connection, _POSITIONS)]
    return Ledger(
        bots={bot.bot_id: bot for bot in bots},
        orders=tuple(_order(row) for row in rows(connection, _ORDERS)),
        positions={position.position_id: position for position in positions},
        draws=tuple(LedgerDraw(**row) for row in rows(connection, _DRAWS)),
        entries=tuple(LedgerEntry(**row) for row in rows(connection, _ENTRIES)),
        fills=tuple(LedgerFill(**row) for row in rows(connection, _FILLS)),
        work=tuple(_work(row) for row in rows(connection, _WORK)),
        runs=tuple(LedgerRuns(**row) for row in rows(connection, _RUNS)),
        repeated=tuple(row["name"] for row in rows(connection, _REPEATED)),
    )


def _order(row: Mapping[str, Any]) -> LedgerOrder:
    typed = {"effect": Effect(row["effect"]), "state": OrderState(row["state"])}
    return LedgerOrder(**{**row, **typed})


def _position(row: Mapping[str, Any]) -> LedgerPosition:
    typed = {
        "structure": Structure(row["structure"]),
        "legs": read_legs(row["legs"]),
        "opened_legs": read_legs(row["opened_legs"]),
        "state": PositionState(row["state"]),
    }
    return LedgerPosition(**{**row, **typed})


def _work(row: Mapping[str, Any]) -> LedgerWork:
    return LedgerWork(Kind(row["kind"]), row["due_at"], row["state"], row["count"])
