"""The order book in Postgres: written before it is sent, every fill booked once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.commits import add_notices
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.draws import add_entries, release
from botfleet.adapters.postgres.shapes import read_legs, read_rungs
from botfleet.application.ports.batches import Notice
from botfleet.application.ports.orders import Order, Step
from botfleet.application.ports.pools import Settlement
from botfleet.domain.ids import AccountId, OrderId
from botfleet.domain.orders.order import Effect, OrderState, Report, is_ended, may_become
from botfleet.domain.trades.structures import Structure, multiplier

#: Longer than any call to a broker may take: then its sender is dead.
LEASE_S = 20

_COLUMNS = """o.order_id, o.account_id, o.wire_id, o.effect, o.state, o.symbol, p.structure, o.legs,
              o.quantity, o.rungs, o.rung, o.broker_order_id, o.filled, o.looks, o.sent_at"""

_SEND = f"""
UPDATE orders o SET state = 'sending', sent_at = %(now)s, check_at = %(now)s,
                    lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM positions p
WHERE o.order_id = ANY(%(orders)s::uuid[]) AND o.state = 'pending' AND p.position_id = o.position_id
RETURNING {_COLUMNS}
"""

_DUE = """state IN ('sending', 'unknown', 'working', 'partial') AND check_at <= %(now)s
          AND lease_until < clock_timestamp()"""

_TAKE = f"""
WITH first AS (
    SELECT account_id FROM orders WHERE {_DUE}
    ORDER BY check_at LIMIT 1 FOR UPDATE SKIP LOCKED
), due AS (
    SELECT order_id FROM orders
    WHERE account_id = (SELECT account_id FROM first) AND {_DUE}
    ORDER BY check_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE orders o SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM positions p, due
WHERE o.order_id = due.order_id AND p.position_id = o.position_id
RETURNING {_COLUMNS}
"""

_RECORD = """
UPDATE orders SET state = %(state)s, check_at = %(check)s, lease_until = clock_timestamp(),
    broker_order_id = coalesce(nullif(%(broker)s, ''), broker_order_id),
    reason = coalesce(nullif(%(reason)s, ''), reason),
    rung = coalesce(%(rung)s, rung), looks = coalesce(%(looks)s, looks)
WHERE order_id = %(order)s AND state IN ('sending', 'unknown', 'working', 'partial')
"""

_FILL = """
INSERT INTO fills (account_id, execution_id, order_id, quantity, price, at)
SELECT %(account)s, e, %(order)s, q, p, a
FROM unnest(%(execution)s::text[], %(quantity)s::int[], %(price)s::numeric[],
            %(fill_at)s::timestamptz[]) AS v(e, q, p, a)
ON CONFLICT DO NOTHING
"""

_SUM = """
UPDATE orders o SET state = %(state)s, filled = f.n, paid = f.paid, reason = %(reason)s,
    broker_order_id = coalesce(nullif(%(broker)s, ''), o.broker_order_id),
    ended_at = CASE WHEN %(ended)s THEN %(now)s::timestamptz END
FROM (SELECT coalesce(sum(quantity), 0)::int AS n, coalesce(sum(quantity * price), 0) AS paid
      FROM fills WHERE order_id = %(order)s) f
WHERE o.order_id = %(order)s AND o.ended_at IS NULL
RETURNING o.user_id, o.bot_id, o.position_id, o.filled, o.paid, o.run_id
"""


class PostgresOrderBook:
    """Keeps `botfleet.application.ports.orders.OrderBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin_sending(self, orders: Sequence[OrderId], now: datetime) -> Sequence[Order]:
        """See the port."""
        with self._database.transaction() as connection:
            marked = rows(connection, _SEND, orders=list(orders), now=now, lease=LEASE_S)
        return [_order(row) for row in marked]

    def take_due(self, now: datetime, most: int) -> Sequence[Order]:
        """See the port."""
        with self._database.transaction() as connection:
            taken = rows(connection, _TAKE, now=now, most=most, lease=LEASE_S)
        return [_order(row) for row in taken]

    def record(self, steps: Sequence[Step]) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            for step in steps:
                is_legal = may_become(step.order.state, step.state)
                state = step.state if is_legal else step.order.state
                execute(
                    connection,
                    _RECORD,
                    order=step.order.order_id,
                    state=state.value,
                    check=step.check_at,
                    broker=step.broker_order_id,
                    reason=step.reason,
                    rung=step.rung,
                    looks=step.looks,
                )

    def end(
        self, order: Order, report: Report, now: datetime, *, cost: int
    ) -> Sequence[Settlement]:
        """See the port."""
        with self._database.transaction() as connection:
            row = _book_fills(connection, order, report, now)
            if row is None or not is_ended(report.state):
                return ()
            held = _position(connection, row)
            if order.effect is Effect.OPEN:
                return _end_open(connection, held, row, report, now, cost)
            return _end_close(connection, held, row, report, now)

    def unsent(self, grace_s: float) -> Sequence[OrderId]:
        """See the port."""
        with self._database.transaction() as connection:
            found = execute(
                connection,
                """UPDATE orders SET lease_until = clock_timestamp()
                   WHERE state = 'pending'
                     AND lease_until < clock_timestamp() - make_interval(secs => %(grace)s)
                   RETURNING order_id""",
                grace=grace_s,
            )
            return [OrderId(order) for order in found.scalars()]


def _book_fills(
    connection: Connection, order: Order, report: Report, now: datetime
) -> Mapping[str, Any] | None:
    """Book executions and the order's sums; None if the order had already ended."""
    if report.executions:
        execute(
            connection,
            _FILL,
            account=order.account_id,
            order=order.order_id,
            execution=[one.execution_id for one in report.executions],
            quantity=[one.quantity for one in report.executions],
            price=[one.price for one in report.executions],
            fill_at=[one.at for one in report.executions],
        )
    is_legal = may_become(order.state, report.state)
    summed = rows(
        connection,
        _SUM,
        order=order.order_id,
        state=(report.state if is_legal else order.state).value,
        reason=report.reason,
        broker=report.broker_order_id,
        ended=is_ended(report.state),
        now=now,
    )
    return summed[0] if summed else None


def _position(connection: Connection, row: Mapping[str, Any]) -> Mapping[str, Any]:
    sql = """SELECT position_id, draw_id, user_id, bot_id, structure, quantity, entry
             FROM positions WHERE position_id = %(position)s FOR UPDATE"""
    return rows(connection, sql, position=row["position_id"])[0]


def _end_open(
    connection: Connection,
    held: Mapping[str, Any],
    row: Mapping[str, Any],
    report: Report,
    now: datetime,
    cost: int,
) -> Sequence[Settlement]:
    filled: int = row["filled"]
    refused = report.state is OrderState.REJECTED
    state = "open" if filled else "error" if refused else "dropped"
    execute(
        connection,
        """UPDATE positions SET state = %(state)s, quantity = %(quantity)s, entry = %(entry)s,
               opened_at = %(now)s, closed_at = CASE WHEN %(state)s = 'open' THEN NULL
                                               ELSE %(now)s::timestamptz END
           WHERE position_id = %(position)s""",
        state=state,
        quantity=filled or held["quantity"],
        entry=row["paid"] / filled if filled else held["entry"],
        now=now,
        position=held["position_id"],
    )
    _settle_draw(connection, held, cost if filled else None, now)
    if state == "error":
        _tell(connection, row, "error", "rejected", report.reason, now)
    return [Settlement(held["bot_id"], held["draw_id"], cost if filled else None)]


_SETTLE = """
WITH ended AS (
    UPDATE draws SET state = CASE WHEN %(cost)s::bigint IS NULL THEN 'void' ELSE 'posted' END,
                     posted = coalesce(%(cost)s, 0)
    WHERE draw_id = %(draw)s AND state = 'pending' RETURNING bot_id, amount, day
)
UPDATE pools p SET pending = p.pending - e.amount, pending_n = p.pending_n - 1,
    committed = p.committed + coalesce(%(cost)s, 0),
    open_n = p.open_n + CASE WHEN %(cost)s::bigint IS NULL THEN 0 ELSE 1 END,
    day_n = p.day_n - CASE WHEN %(cost)s::bigint IS NULL AND p.day = e.day THEN 1 ELSE 0 END
FROM ended e WHERE p.bot_id = e.bot_id RETURNING e.amount
"""


def _settle_draw(
    connection: Connection, held: Mapping[str, Any], cost: int | None, now: datetime
) -> None:
    """Post the draw at `cost`, or void it: the rest, or all, is free again (R22)."""
    amount = execute(connection, _SETTLE, draw=held["draw_id"], cost=cost).scalar_one()
    owner = (held["user_id"], held["bot_id"])
    entries = [(held["draw_id"], "final", "", *owner, -amount)]
    if cost is not None:
        entries.append((held["draw_id"], "post", "", *owner, cost))
    add_entries(connection, entries, now)


def _end_close(
    connection: Connection,
    held: Mapping[str, Any],
    row: Mapping[str, Any],
    report: Report,
    now: datetime,
) -> Sequence[Settlement]:
    filled: int = row["filled"]
    shares = multiplier(Structure(held["structure"]))
    gain = round(-(held["entry"] * filled + row["paid"]) * shares * 100)
    is_gone = filled >= held["quantity"]
    execute(
        connection,
        """UPDATE positions SET state = %(state)s, quantity = %(quantity)s,
               realised = realised + %(part)s,
               closed_at = CASE WHEN %(gone)s THEN %(now)s::timestamptz END,
               closed_by = CASE WHEN %(gone)s THEN closed_by ELSE '' END
           WHERE position_id = %(position)s""",
        state="closed" if is_gone else "open",
        quantity=held["quantity"] if is_gone else held["quantity"] - filled,
        part=0 if is_gone else gain,
        gone=is_gone,
        now=now,
        position=held["position_id"],
    )
    if is_gone:
        release(connection, held, gain, now)
        return [Settlement(held["bot_id"], held["draw_id"], is_release=True)]
    if report.state is OrderState.REJECTED:
        _tell(connection, row, "error", "close_rejected", report.reason, now)
    return ()


def _tell(
    connection: Connection,
    row: Mapping[str, Any],
    level: str,
    code: str,
    message: str,
    now: datetime,
) -> None:
    cause = f"{row['position_id']}/{code}/{row['run_id']}"
    notice = Notice(row["user_id"], row["bot_id"], level, code, message, cause)
    add_notices(connection, [notice], now)


def _order(row: Mapping[str, Any]) -> Order:
    return Order(
        OrderId(row["order_id"]),
        AccountId(row["account_id"]),
        row["wire_id"],
        Effect(row["effect"]),
        OrderState(row["state"]),
        row["symbol"],
        Structure(row["structure"]),
        read_legs(row["legs"]),
        row["quantity"],
        read_rungs(row["rungs"]),
        row["rung"],
        row["broker_order_id"],
        row["filled"],
        row["looks"],
        row["sent_at"],
    )
