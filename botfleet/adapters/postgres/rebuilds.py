"""Orders written again in Postgres, that a broker has and an older database does not know."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from botfleet.adapters.postgres.commits import add_orders
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.draws import add_draws
from botfleet.adapters.postgres.notices import add_notices
from botfleet.adapters.postgres.orders import COLUMNS, read_order
from botfleet.adapters.postgres.positions import add_positions
from botfleet.application.ports.batches import CloseIntent, Notice, OpenIntent, OrderIntent
from botfleet.application.ports.orders import Order
from botfleet.application.ports.rebuilds import Found
from botfleet.domain.bots.mishaps import Level
from botfleet.domain.ids import AccountId, BotId

REBUILT = "rebuilt"

_CAUSES = """
SELECT b.bot AS bot_id, array_agg(DISTINCT w.detail->>'cause') AS causes
FROM work w CROSS JOIN LATERAL unnest(w.bots) AS b(bot)
WHERE w.bots && %(bots)s::uuid[] AND w.due_at >= %(since)s AND w.detail->>'cause' IS NOT NULL
GROUP BY 1
"""

#: The order is there, so its capital is in use: no limit is asked.
_CHARGE = """
UPDATE pools SET pending = pending + %(amount)s, pending_n = pending_n + 1,
    day_n = CASE WHEN day = %(day)s THEN day_n + 1 WHEN day < %(day)s THEN 1 ELSE day_n END,
    day = greatest(day, %(day)s)
WHERE bot_id = %(bot)s
"""

_UNKNOWN = """
WITH found AS (
    UPDATE orders SET state = 'unknown', wire_id = %(wire)s, sent_at = %(sent_at)s,
                      check_at = %(now)s, reason = %(why)s
    WHERE order_id = %(order)s RETURNING *
)
INSERT INTO order_events (user_id, bot_id, order_id, at, happening, state, detail, price, filled)
SELECT user_id, bot_id, order_id, %(now)s, 'rebuilt', state, reason, (rungs -> 0 ->> 0)::numeric, 0
FROM found
"""

_ORDER = f"""SELECT {COLUMNS} FROM orders o JOIN positions p USING (position_id)
             WHERE o.order_id = %(order)s"""

_CLOSING = """
UPDATE positions SET state = 'closing', closed_by = %(why)s
WHERE position_id = %(position)s AND state = 'open' AND promised = 0
"""
_WHY = "It stands at the broker and was in no book here: written again from the broker's book."


class PostgresRebuilds:
    """Keeps `botfleet.application.ports.rebuilds.Rebuilds`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bots(self, account: AccountId) -> Sequence[BotId]:
        """See the port."""
        sql = "SELECT bot_id FROM bots WHERE account_id = %(account)s ORDER BY 1"
        with self._database.transaction() as connection:
            return [BotId(bot) for bot in execute(connection, sql, account=account).scalars()]

    def causes(self, bots: Sequence[BotId], since: datetime) -> dict[BotId, tuple[str, ...]]:
        """See the port."""
        with self._database.transaction() as connection:
            found = rows(connection, _CAUSES, bots=list(bots), since=since)
        return {BotId(row["bot_id"]): tuple(row["causes"]) for row in found}

    def open(self, intent: OpenIntent, found: Found, now: datetime) -> Order | None:
        """See the port."""
        with self._database.transaction() as connection:
            if not add_draws(connection, [intent]):
                return None
            ask, granted = intent.ask, intent.granted
            execute(connection, _CHARGE, amount=granted.amount, day=ask.day, bot=ask.bot_id)
            add_positions(connection, [intent], found.sent_at)
            return _unknown(connection, intent.order, found, now)

    def close(self, intent: CloseIntent, found: Found, now: datetime) -> Order | None:
        """See the port."""
        position = intent.order.position_id
        with self._database.transaction() as connection:
            taken = execute(connection, _CLOSING, position=position, why=intent.why)
            return _unknown(connection, intent.order, found, now) if taken.rowcount else None


def _unknown(connection: Connection, intent: OrderIntent, found: Found, now: datetime) -> Order:
    add_orders(connection, [intent], found.sent_at)
    given = {"order": intent.order_id, "wire": found.wire_id, "sent_at": found.sent_at}
    execute(connection, _UNKNOWN, now=now, why=_WHY, **given)
    words = (
        f"{intent.symbol}: an order to {intent.effect} was written again from the broker's book."
    )
    named = (intent.user_id, intent.bot_id, Level.WARNING, REBUILT)
    add_notices(connection, [Notice(*named, words, f"{intent.order_id}/rebuilt")], now)
    return read_order(rows(connection, _ORDER, order=intent.order_id)[0])
