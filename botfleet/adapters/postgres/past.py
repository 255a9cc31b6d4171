"""What is past, in Postgres: how much there is of each table, and taking away what nobody needs.

A run that sent an order for what is still held stays, with its batch and what the market answered.
Orders, fills, entries and positions always stay: balances are sums over them. So do clicks, calls
and the work of answers, by which their sender's second word is known; only what the market said to
them goes. An ask that was answered or has lapsed goes: whoever answers it later hears of no ask.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.application.ports.past import Gone, TableSize
from botfleet.domain.schedules.agenda import Kind

#: Rows a transaction, and bots whose rows one looks at.
ROWS, BOTS = 1_000, 200
#: Named by the clock or by what it brought: nobody says them a second time.
_CLOCKS = (Kind.EXPIRE, Kind.WATCH, Kind.EVENT, Kind.MARK, Kind.SETTLE, Kind.MEASURE)

_SIZES = """
SELECT c.relname AS name, greatest(c.reltuples, 0)::bigint AS rows_estimated,
       pg_total_relation_size(c.oid)::bigint AS bytes
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
ORDER BY 3 DESC, 1
"""

_HELD = "('opening', 'open', 'closing')"
#: Something a run of this batch sent an order for is still held.
_NEEDED = f"""EXISTS (SELECT FROM positions p JOIN orders o USING (position_id)
    JOIN runs r ON r.run_id = o.run_id
    WHERE p.bot_id = ANY (w.bots) AND p.state IN {_HELD} AND p.opened_at < %(before)s
      AND r.work_id = w.work_id)"""
_ENDED = "w.state NOT IN ('due', 'claimed')"

_BY_ROWS = {
    "facts": f"""
        DELETE FROM facts WHERE work_id IN (
            SELECT w.work_id FROM work w JOIN facts USING (work_id)
            WHERE w.due_at < %(before)s AND {_ENDED} AND NOT {_NEEDED} LIMIT {ROWS})""",
    "work": f"""
        DELETE FROM work WHERE work_id IN (
            SELECT w.work_id FROM work w WHERE w.due_at < %(before)s AND {_ENDED}
            AND w.kind = ANY(%(clocks)s::text[]) AND NOT {_NEEDED} LIMIT {ROWS})""",
    "consents": f"""
        DELETE FROM consents WHERE state IN (
            SELECT state FROM consents WHERE asked_at < %(before)s LIMIT {ROWS})""",
    "asks": f"""
        DELETE FROM asks WHERE ask_id IN (
            SELECT ask_id FROM asks WHERE lapses_at < %(before)s LIMIT {ROWS})""",
    "deliveries": f"""
        DELETE FROM deliveries WHERE ctid = ANY(ARRAY(
            SELECT d.ctid FROM deliveries d WHERE d.state IN ('sent', 'failed')
            AND NOT EXISTS (SELECT FROM notices n WHERE n.notice_id = d.notice_id)
            LIMIT {ROWS}))""",
    "notices": f"""
        DELETE FROM notices WHERE notice_id IN (
            SELECT n.notice_id FROM notices n WHERE n.bot_id IS NULL AND n.at < %(before)s
            AND NOT EXISTS (SELECT FROM deliveries d
                WHERE d.notice_id = n.notice_id AND d.state IN ('due', 'sending'))
            LIMIT {ROWS})""",
    "breaks": f"""
        DELETE FROM breaks WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM breaks WHERE cleared_at < %(before)s LIMIT {ROWS}))""",
}

_BY_BOTS = {
    "runs": f"""
        DELETE FROM runs r WHERE bot_id = ANY(%(bots)s::uuid[]) AND at < %(before)s
        AND NOT EXISTS (SELECT FROM positions p JOIN orders o USING (position_id)
            WHERE p.bot_id = r.bot_id AND p.state IN {_HELD} AND o.run_id = r.run_id)""",
    "notices": """
        DELETE FROM notices n WHERE bot_id = ANY(%(bots)s::uuid[]) AND at < %(before)s
        AND NOT EXISTS (SELECT FROM deliveries d
            WHERE d.notice_id = n.notice_id AND d.state IN ('due', 'sending'))""",
    "stints": """
        DELETE FROM stints WHERE bot_id = ANY(%(bots)s::uuid[]) AND ended_at < %(before)s""",
    "order_events": f"""
        DELETE FROM order_events e USING orders o
        WHERE e.bot_id = ANY(%(bots)s::uuid[]) AND o.order_id = e.order_id
        AND o.ended_at < %(before)s AND NOT EXISTS (SELECT FROM positions p
            WHERE p.position_id = o.position_id AND p.state IN {_HELD})""",
}
#: Said first: of what is half gone the slot ledger is not to say that it was forgotten.
_KEEP = "UPDATE fleet SET kept_from = greatest(kept_from, %(before)s)"
_SOME_BOTS = """
SELECT bot_id FROM bots WHERE %(after)s::uuid IS NULL OR bot_id > %(after)s
ORDER BY bot_id LIMIT %(most)s
"""


class PostgresPast:
    """Keeps `botfleet.application.ports.past.Past`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sizes(self) -> Sequence[TableSize]:
        """See the port."""
        with self._database.transaction() as connection:
            return [TableSize(**row) for row in rows(connection, _SIZES)]

    def trim(self, before: datetime) -> Iterator[Gone]:
        """See the port: each step is a transaction; runs go before the batches they point at."""
        given = {"before": before, "clocks": [kind.value for kind in _CLOCKS]}
        with self._database.transaction() as connection:
            execute(connection, _KEEP, before=before)
        yield from self._by_rows("facts", given)
        for table, sql in _BY_BOTS.items():
            yield from self._by_bots(table, sql, given)
        for table in ("work", "consents", "asks", "notices", "deliveries", "breaks"):
            yield from self._by_rows(table, given)

    def _by_rows(self, table: str, given: dict[str, Any]) -> Iterator[Gone]:
        gone = ROWS
        while gone == ROWS:
            with self._database.transaction() as connection:
                gone = execute(connection, _BY_ROWS[table], **given).rowcount
            yield Gone(table, gone)

    def _by_bots(self, table: str, sql: str, given: dict[str, Any]) -> Iterator[Gone]:
        after = None
        while True:
            with self._database.transaction() as connection:
                some = {"after": after, "most": BOTS}
                bots = list(execute(connection, _SOME_BOTS, **some).scalars())
                gone = execute(connection, sql, bots=bots, **given).rowcount if bots else 0
            yield Gone(table, gone)
            if len(bots) < BOTS:
                return
            after = bots[-1]
