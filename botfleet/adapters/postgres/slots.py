"""The slot ledger in Postgres: the rows of `work`, slot by slot."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from botfleet.adapters.postgres.database import Database, rows
from botfleet.application.ports.slots import Lateness, SlotRows, Stretch
from botfleet.domain.schedules.agenda import Kind
from botfleet.errors import NotFound

_BETWEEN = """
SELECT kind, coalesce((detail->>'interval_min')::int, 0) AS interval_min, due_at, state, why,
       count(*) AS rows, sum(cardinality(bots))::int AS bots,
       max(extract(epoch FROM begun_at - due_at))::float AS late_s,
       max(extract(epoch FROM begun_real - rung_real))::float AS waited_s
FROM work WHERE due_at >= %(first)s AND due_at < %(last)s
GROUP BY 1, 2, 3, 4, 5 ORDER BY due_at, kind, interval_min, state
"""

_LATENESS = """
WITH done AS (
    SELECT kind, greatest(0, extract(epoch FROM begun_at - due_at))::float AS late,
           greatest(0, extract(epoch FROM begun_real - rung_real))::float AS waited
    FROM work WHERE due_at >= %(first)s AND due_at < %(last)s AND state = 'done'
      AND begun_at IS NOT NULL
)
SELECT kind, count(*) AS done,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY late) AS late_p50_s,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY late) AS late_p99_s,
       max(late) AS late_max_s,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS waited_p50_s,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY waited) AS waited_p99_s,
       max(waited) AS waited_max_s
FROM done GROUP BY kind ORDER BY kind
"""


class PostgresSlots:
    """Keeps `botfleet.application.ports.slots.Slots`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stretch(self) -> Stretch:
        """See the port."""
        found = self._rows("SELECT begun_at, routed_at FROM fleet")
        if not found:
            raise NotFound("No session was begun in this database; `botfleet up` begins one.")
        return Stretch(**found[0])

    def between(self, first: datetime, last: datetime) -> Sequence[SlotRows]:
        """See the port."""
        found = self._rows(_BETWEEN, first=first, last=last)
        return [SlotRows(**{**row, "kind": Kind(row["kind"])}) for row in found]

    def lateness(self, first: datetime, last: datetime) -> Sequence[Lateness]:
        """See the port."""
        found = self._rows(_LATENESS, first=first, last=last)
        return [Lateness(**{**row, "kind": Kind(row["kind"])}) for row in found]

    def _rows(self, sql: str, **given: Any) -> list[Any]:
        with self._database.transaction() as connection:
            return list(rows(connection, sql, **given))
