"""The order book in Postgres: written before it is sent, moved by the table `life` alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf
from time import monotonic
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.endings import Ending, end
from botfleet.adapters.postgres.passes import UNCOMPARED
from botfleet.adapters.postgres.shapes import read_legs, read_rungs
from botfleet.adapters.postgres.switches import look, mode_of
from botfleet.adapters.postgres.turns import Turn
from botfleet.application.ports.orders import AT_ONCE_S, LEASE_S, Begun, Order, Word
from botfleet.application.ports.pools import Settlement
from botfleet.domain.bots.safeguards import Mode, bars
from botfleet.domain.ids import AccountId, OrderId
from botfleet.domain.orders.fills import unbooked
from botfleet.domain.orders.life import NOT_IN_TIME, Draw, Happening, is_stale, move
from botfleet.domain.orders.order import Effect, OrderState, is_ended
from botfleet.domain.trades.structures import Structure
from botfleet.errors import StoreUnavailable

#: How long an order that may not be sent yet is left alone, market time.
WAITING = timedelta(seconds=5)
#: How often it is tried to leave soon after a look.
_LOOKS_MAX = 3

COLUMNS = f"""o.order_id, o.account_id, o.wire_id, o.effect, o.state, o.symbol, p.structure, o.legs,
    o.quantity, o.rungs, o.rung, o.broker_order_id, o.filled, o.looks, o.created_at, o.sent_at,
    o.filled_at, o.lease_until, {mode_of("o")} AS mode,
    (SELECT a.broker FROM accounts a WHERE a.account_id = o.account_id) AS broker"""

_SEND = f"""
WITH sent AS (
    UPDATE orders o SET state = 'sending', sent_at = %(now)s, check_at = %(now)s,
                        lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
    WHERE order_id = ANY(%(orders)s::uuid[]) AND state = 'pending'
      AND {mode_of("o")} IN ('active', CASE effect WHEN 'close' THEN 'reducing' END)
      AND NOT EXISTS (
          SELECT FROM passes s WHERE s.account_id = o.account_id
          AND CASE effect WHEN 'close' THEN {UNCOMPARED} ELSE s.is_recovering END)
    RETURNING *
), told AS (
    INSERT INTO order_events (user_id, bot_id, order_id, at, happening, state, detail, price,
                              filled)
    SELECT user_id, bot_id, order_id, %(now)s, 'sent', 'sending', '',
           (rungs -> rung ->> 0)::numeric, filled FROM sent
)
SELECT {COLUMNS} FROM sent o JOIN positions p USING (position_id)
"""

_UNSENT = f"""
SELECT {COLUMNS} FROM orders o JOIN positions p USING (position_id)
WHERE o.order_id = ANY(%(orders)s::uuid[]) AND o.state = 'pending' FOR UPDATE OF o
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
RETURNING {COLUMNS}
"""

_LOCK = """
SELECT order_id, account_id, user_id, bot_id, position_id, run_id, effect, state, filled, paid,
       reason, rung, lease_until
FROM orders WHERE order_id = ANY(%(orders)s::uuid[]) ORDER BY order_id FOR UPDATE
"""

_FILL = """
INSERT INTO fills (account_id, execution_id, order_id, quantity, price, at)
SELECT * FROM unnest(%(account)s::uuid[], %(execution)s::text[], %(order)s::uuid[],
                     %(quantity)s::int[], %(price)s::numeric[], %(fill_at)s::timestamptz[])
ON CONFLICT DO NOTHING
"""

_SUM = """
SELECT order_id, sum(quantity)::int AS filled, sum(quantity * price) AS paid
FROM fills WHERE order_id = ANY(%(orders)s::uuid[]) GROUP BY 1
"""

_WRITE = """
UPDATE orders o SET state = v.state, check_at = v.check_at,
    lease_until = clock_timestamp() + make_interval(secs => v.wait_s),
    broker_order_id = coalesce(nullif(v.broker, ''), o.broker_order_id),
    reason = v.reason, rung = coalesce(v.rung, o.rung), looks = coalesce(v.looks, o.looks),
    filled = v.filled, paid = v.paid,
    filled_at = CASE WHEN v.filled > o.filled THEN %(now)s ELSE o.filled_at END,
    sent_at = CASE WHEN v.state <> 'pending' THEN o.sent_at END,
    ended_at = CASE WHEN v.ended THEN coalesce(o.ended_at, %(now)s) END
FROM unnest(%(order)s::uuid[], %(state)s::text[], %(check)s::timestamptz[], %(wait)s::float8[],
            %(broker)s::text[], %(reason)s::text[], %(rung)s::int[], %(looks)s::int[],
            %(filled)s::int[], %(paid)s::numeric[], %(ended)s::bool[])
     AS v(order_id, state, check_at, wait_s, broker, reason, rung, looks, filled, paid, ended)
WHERE o.order_id = v.order_id
"""

_TELL = """
INSERT INTO order_events (user_id, bot_id, order_id, at, happening, state, detail, price, filled)
SELECT o.user_id, o.bot_id, o.order_id, %(now)s, v.happening, o.state, v.detail,
       (o.rungs -> o.rung ->> 0)::numeric, o.filled
FROM unnest(%(order)s::uuid[], %(happening)s::text[], %(detail)s::text[])
     WITH ORDINALITY AS v(order_id, happening, detail, n) JOIN orders o USING (order_id)
ORDER BY v.n
"""


class PostgresOrderBook:
    """Keeps `botfleet.application.ports.orders.OrderBook`."""

    def __init__(self, database: Database, real_s: Callable[[], float] = monotonic) -> None:
        self._database, self._real_s = database, real_s

    def begin_sending(self, orders: Sequence[OrderId], now: datetime) -> Begun:
        """See the port."""
        looked_s = self._real_s()
        with self._database.transaction() as connection:
            look(connection)
            marked = rows(connection, _SEND, orders=list(orders), now=now, lease=LEASE_S)
            barred = [] if len(marked) == len(orders) else _barred(connection, orders, now)
            ends = record(connection, barred, now) if barred else ()
        withdrawn = [word.order for word in barred if word.happening is Happening.WITHDRAWN]
        return Begun([read_order(row) for row in marked], ends, withdrawn, looked_s)

    def look(self, order: Order) -> float | None:
        """See the port."""
        looked_s = self._real_s()
        sql = f"SELECT {mode_of('o')} FROM orders o WHERE order_id = %(order)s"
        with self._database.transaction() as connection:
            look(connection)
            mode = execute(connection, sql, order=order.order_id).scalar_one_or_none()
        return None if mode is None or bars(Mode(mode), order.effect) else looked_s

    def may_leave(self, order: Order, looked_s: float = -inf) -> bool:
        """See the port."""
        for _ in range(_LOOKS_MAX):
            if self._real_s() - looked_s <= AT_ONCE_S:
                return True
            try:
                again_s = self.look(order)
            except StoreUnavailable:
                return False
            if again_s is None:
                return False
            looked_s = again_s
        return False

    def take_due(self, now: datetime, most: int) -> Sequence[Order]:
        """See the port."""
        with self._database.transaction() as connection:
            taken = rows(connection, _TAKE, now=now, most=most, lease=LEASE_S)
        return [read_order(row) for row in taken]

    def record(self, words: Sequence[Word], now: datetime) -> Sequence[Settlement]:
        """See the port."""
        if not words:
            return ()
        with self._database.transaction() as connection:
            return record(connection, words, now)

    def listed(self, account: AccountId, since: datetime) -> Sequence[Order]:
        """See the port."""
        sql = f"""SELECT {COLUMNS} FROM orders o JOIN positions p USING (position_id)
                  WHERE o.account_id = %(account)s
                    AND (o.sent_at >= %(since)s OR o.ended_at IS NULL)"""
        with self._database.transaction() as connection:
            found = rows(connection, sql, account=account, since=since)
        return [read_order(row) for row in found]

    def known(self, wire_ids: Sequence[str]) -> frozenset[str]:
        """See the port."""
        sql = "SELECT wire_id FROM orders WHERE wire_id = ANY(%(ids)s)"
        with self._database.transaction() as connection:
            return frozenset(execute(connection, sql, ids=list(wire_ids)).scalars())

    def unsent(self, grace_s: float) -> Sequence[OrderId]:
        """See the port."""
        with self._database.transaction() as connection:
            found = execute(
                connection,
                """UPDATE orders SET lease_until = clock_timestamp()
                   WHERE state = 'pending'
                     AND lease_until < clock_timestamp() - make_interval(secs => %(grace)s)
                   RETURNING account_id, order_id""",
                grace=grace_s,
            )
            by_account = sorted((row.account_id, row.order_id) for row in found)
            return [OrderId(order) for _, order in by_account]


def _barred(connection: Connection, orders: Sequence[OrderId], now: datetime) -> list[Word]:
    """Withdraw those of `orders` that a switch keeps from being sent, or that waited too long.

    The others wait for their account to recover: the clock need not stand still for them.
    """
    unsent = [read_order(row) for row in rows(connection, _UNSENT, orders=list(orders))]
    return [_unsent(order, now) for order in unsent]


def _unsent(order: Order, now: datetime) -> Word:
    if bars(order.mode, order.effect):
        words = f"Not sent: trading is {order.mode}."
        return Word(order, now, Happening.WITHDRAWN, reason=words)
    if is_stale(order.effect, order.created_at, now):
        return Word(order, now, Happening.WITHDRAWN, reason=NOT_IN_TIME)
    return Word(order, now + WAITING)


def record(connection: Connection, words: Sequence[Word], now: datetime) -> Sequence[Settlement]:
    """Write what was learned, in this transaction; as `OrderBook.record`."""
    turns = list(_turns(connection, words))
    _book_fills(connection, turns)
    alive = [turn for turn in turns if turn.is_alive]
    news = [turn for turn in alive if turn.told]
    _write(connection, alive, now)
    _tell(connection, news, now)
    return end(connection, [_ending(turn) for turn in alive if _changes_draw(turn)], now)


def _turns(connection: Connection, words: Sequence[Word]) -> Iterator[Turn]:
    locked = rows(connection, _LOCK, orders=[word.order.order_id for word in words])
    held = {row["order_id"]: row for row in locked}
    for word in words:
        row = held.get(word.order.order_id)
        if row is None or _is_overtaken(word, row):  # or its bot was deleted meanwhile
            continue
        state = OrderState(row["state"])
        happening = word.meaning(state, row["filled"])
        leads = move(state, happening) if happening else None
        yield Turn(word, row, happening, leads, row["filled"], row["paid"])


def _is_overtaken(word: Word, row: Mapping[str, Any]) -> bool:
    """Say whether `word` is of a turn to send that is over, while another may be sending."""
    is_unsent = word.happening in {Happening.HELD_BACK, Happening.WITHDRAWN}
    is_other = row["lease_until"] != word.order.lease_until
    return is_unsent and is_other and row["state"] == OrderState.SENDING


def _book_fills(connection: Connection, turns: Sequence[Turn]) -> None:
    """Book new executions by their ids, and take the sums of what is booked by then."""
    filling = [turn for turn in turns if turn.move and turn.word.report]
    fills = [
        (turn, fill)
        for turn in filling
        for fill in unbooked(
            turn.word.report.executions if turn.word.report else (),
            filled=turn.filled,
            paid=turn.paid,
        )
    ]
    if not fills:
        return
    execute(
        connection,
        _FILL,
        account=[turn.row["account_id"] for turn, _ in fills],
        execution=[fill.execution_id for _, fill in fills],
        order=[turn.row["order_id"] for turn, _ in fills],
        quantity=[fill.quantity for _, fill in fills],
        price=[fill.price for _, fill in fills],
        fill_at=[fill.at for _, fill in fills],
    )
    named = [turn.row["order_id"] for turn in filling]
    sums = {row["order_id"]: row for row in rows(connection, _SUM, orders=named)}
    for turn in filling:
        if found := sums.get(turn.row["order_id"]):
            turn.filled, turn.paid = found["filled"], found["paid"]


def _write(connection: Connection, turns: Sequence[Turn], now: datetime) -> None:
    if not turns:
        return
    execute(
        connection,
        _WRITE,
        now=now,
        order=[turn.row["order_id"] for turn in turns],
        state=[turn.state.value for turn in turns],
        check=[turn.word.check_at for turn in turns],
        wait=[turn.word.wait_s for turn in turns],
        broker=[_broker_id(turn.word) for turn in turns],
        reason=[turn.reason for turn in turns],
        rung=[turn.word.rung for turn in turns],
        looks=[turn.word.looks for turn in turns],
        filled=[turn.filled for turn in turns],
        paid=[turn.paid for turn in turns],
        ended=[is_ended(turn.state) for turn in turns],
    )


def _broker_id(word: Word) -> str:
    return word.broker_order_id or (word.report.broker_order_id if word.report else "")


def _tell(connection: Connection, turns: Sequence[Turn], now: datetime) -> None:
    """Append to the orders' history; how they stand is read from their rows."""
    if turns:
        execute(
            connection,
            _TELL,
            now=now,
            order=[turn.row["order_id"] for turn in turns],
            happening=[turn.told for turn in turns],
            detail=[turn.words for turn in turns],
        )


def _changes_draw(turn: Turn) -> bool:
    return turn.move is not None and turn.move.draw is not Draw.KEPT


def _ending(turn: Turn) -> Ending:
    assert turn.move is not None  # noqa: S101  _changes_draw has looked
    row = turn.row
    return Ending(
        row["position_id"],
        row["user_id"],
        row["bot_id"],
        row["run_id"],
        Effect(row["effect"]),
        turn.state,
        turn.move.draw,
        turn.filled,
        turn.paid,
        row["filled"] if turn.move.draw is Draw.CHARGED else 0,
        row["paid"] if turn.move.draw is Draw.CHARGED else Decimal(0),
        turn.reason,
        was_withdrawn=turn.happening is Happening.WITHDRAWN,
    )


def read_order(row: Mapping[str, Any]) -> Order:
    """Read a row of `COLUMNS`."""
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
        row["created_at"],
        row["sent_at"],
        row["filled_at"],
        Mode(row["mode"]),
        row["broker"],
        row["lease_until"],
    )
