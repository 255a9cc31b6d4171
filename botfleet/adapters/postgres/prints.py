"""Fingerprints of bots: one digest over every row that makes up a bot's state, in an order."""

from collections.abc import Mapping

from botfleet.adapters.postgres.database import Database, rows
from botfleet.domain.ids import BotId

_PRINTS = """
SELECT b.bot_id, md5(concat_ws('/', b.user_id, b.account_id, b.version, b.is_on,
    (SELECT md5(row(allocation, committed, pending, gains, open_n, pending_n, open_max, day, day_n,
                    day_max)::text) FROM pools p WHERE p.bot_id = b.bot_id),
    (SELECT md5(string_agg(md5(row(draw_id, state, amount, units, posted, day)::text), ''
                           ORDER BY draw_id)) FROM draws d WHERE d.bot_id = b.bot_id),
    (SELECT md5(string_agg(md5(row(draw_id, kind, ref, amount, at)::text), ''
                           ORDER BY draw_id, kind, ref)) FROM entries e WHERE e.bot_id = b.bot_id),
    (SELECT md5(string_agg(md5(p::text), '' ORDER BY position_id))
     FROM positions p WHERE p.bot_id = b.bot_id),
    (SELECT md5(string_agg(md5(row(order_id, state, rungs, rung, broker_order_id, filled, paid,
                                   sent_at, check_at, ended_at)::text), '' ORDER BY order_id))
     FROM orders o WHERE o.bot_id = b.bot_id),
    (SELECT md5(string_agg(md5(f::text), '' ORDER BY f.account_id, f.execution_id))
     FROM fills f JOIN orders o USING (order_id) WHERE o.bot_id = b.bot_id),
    (SELECT md5(string_agg(md5(row(run_id, outcome, path)::text), '' ORDER BY run_id))
     FROM runs r WHERE r.bot_id = b.bot_id))) AS print
FROM bots b
"""


class PostgresPrints:
    """Keeps `botfleet.application.ports.prints.Prints`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_bots(self) -> Mapping[BotId, str]:
        """See the port."""
        with self._database.transaction() as connection:
            return {BotId(row["bot_id"]): row["print"] for row in rows(connection, _PRINTS)}
