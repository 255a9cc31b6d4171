"""The slot ledger in Postgres: the rows of `work`, slot by slot."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from botfleet.adapters.postgres.database import Database, rows
from botfleet.adapters.postgres.stints import between
from botfleet.application.ports.slots import Lateness, SlotRows, Started, Stretch
from botfleet.domain.ids import BotId
from botfleet.domain.schedules.agenda import TRIGGER_OF, Kind, TriggerKind
from botfleet.domain.schedules.stints import Stint
from botfleet.errors import NotFound

#: What brought a row about; one that joins several events is of each of them.
_KINDS = " ".join(f"WHEN '{kind}' THEN '{trigger}'" for kind, trigger in TRIGGER_OF.items())
_TRIGGERS = f"""unnest(CASE kind
    WHEN 'event' THEN ARRAY(SELECT jsonb_array_elements_text(detail->'triggers'))
    WHEN 'resultant' THEN ARRAY['position_' || CASE WHEN detail ? 'opened' THEN 'opened'
                                                    ELSE 'closed' END]
    ELSE ARRAY[CASE kind {_KINDS} END] END)"""

_BETWEEN = f"""
SELECT kind, trigger, coalesce((detail->>'interval_min')::int, 0) AS interval_min, due_at, state,
       why, count(*) AS rows, sum(cardinality(bots))::int AS bots,
       max(extract(epoch FROM greatest(coalesce(begun_at, given_up_at), due_at) - due_at))
           FILTER (WHERE coalesce(begun_at, given_up_at) IS NOT NULL)::float AS late_s,
       max(extract(epoch FROM begun_real - rung_real))::float AS waited_s
FROM work CROSS JOIN LATERAL {_TRIGGERS} AS trigger
WHERE due_at >= %(first)s AND due_at < %(last)s
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY due_at, kind, trigger, interval_min, state
"""

_LATENESS = f"""
WITH done AS (
    SELECT trigger, greatest(0, extract(epoch FROM begun_at - due_at))::float AS late,
           greatest(0, extract(epoch FROM begun_real - rung_real))::float AS waited
    FROM work CROSS JOIN LATERAL {_TRIGGERS} AS trigger
    WHERE due_at >= %(first)s AND due_at < %(last)s AND state = 'done' AND begun_at IS NOT NULL
)
SELECT trigger, count(*) AS done,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY late) AS late_p50_s,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY late) AS late_p99_s,
       max(late) AS late_max_s,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS waited_p50_s,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY waited) AS waited_p99_s,
       max(waited) AS waited_max_s
FROM done GROUP BY trigger
"""

_STARTED = """
SELECT w.due_at, one.key::uuid AS bot, automation::int FROM work w
CROSS JOIN LATERAL jsonb_each(w.detail->'automations') AS one
CROSS JOIN LATERAL jsonb_array_elements(one.value) AS automation
WHERE w.kind = 'event' AND w.due_at >= %(first)s AND w.due_at < %(last)s
"""
_ORDER = list(TriggerKind)


class PostgresSlots:
    """Keeps `botfleet.application.ports.slots.Slots`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stretch(self) -> Stretch:
        """See the port."""
        found = self._rows("SELECT begun_at, routed_at, kept_from FROM fleet")
        if not found:
            raise NotFound("No session was begun in this database; `botfleet up` begins one.")
        return Stretch(**found[0])

    def between(self, first: datetime, last: datetime) -> Sequence[SlotRows]:
        """See the port."""
        found = self._rows(_BETWEEN, first=first, last=last)
        return [
            SlotRows(**{**row, "kind": Kind(row["kind"]), "trigger": TriggerKind(row["trigger"])})
            for row in found
        ]

    def lateness(self, first: datetime, last: datetime) -> Sequence[Lateness]:
        """See the port."""
        found = self._rows(_LATENESS, first=first, last=last)
        told = [Lateness(**{**row, "trigger": TriggerKind(row["trigger"])}) for row in found]
        return sorted(told, key=lambda one: _ORDER.index(one.trigger))

    def stints(self, first: datetime, last: datetime) -> Sequence[Stint]:
        """See the port."""
        with self._database.transaction() as connection:
            return between(connection, first, last)

    def started(self, first: datetime, last: datetime) -> Collection[Started]:
        """See the port."""
        found = self._rows(_STARTED, first=first, last=last)
        return {(row["due_at"], BotId(row["bot"]), row["automation"]) for row in found}

    def _rows(self, sql: str, **given: Any) -> list[Any]:
        with self._database.transaction() as connection:
            return list(rows(connection, sql, **given))
