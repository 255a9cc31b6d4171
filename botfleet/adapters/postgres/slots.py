"""The slot ledger in Postgres: the rows of `work`, slot by slot, and the bots of them."""

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

_GIVEN_UP = "w.state IN ('missed', 'skipped')"
_ENDS = ("done", "skipped", "missed", "failed")
_COUNT = "coalesce(sum(bots) FILTER (WHERE state = '{}'), 0)::int"
#: A row counts the bots it concerned where it names none. Who was left out of one that was done
#: ended otherwise than it did.
_ENDED = f"""
SELECT w.kind, trigger, coalesce((w.detail->>'interval_min')::int, 0) AS interval_min, w.due_at,
       way.state, way.why, way.rows, way.bots,
       CASE WHEN until.market IS NOT NULL
            THEN greatest(0, extract(epoch FROM until.market - w.due_at)) END::float AS late_s,
       CASE WHEN until.real IS NOT NULL
            THEN greatest(0, extract(epoch FROM until.real - w.rung_real)) END::float AS waited_s
FROM work w CROSS JOIN LATERAL {_TRIGGERS} AS trigger
CROSS JOIN LATERAL (
    SELECT one->>0 AS state, one->>1 AS why, 0 AS rows, (one->>2)::int AS bots
    FROM jsonb_array_elements(w.detail->'left_out') AS one
    UNION ALL
    SELECT w.state, w.why, 1, coalesce((w.detail->>'bots')::int, cardinality(w.bots)) - (
        SELECT coalesce(sum((one->>2)::int), 0) FROM jsonb_array_elements(w.detail->'left_out')
        AS one)::int
) AS way
CROSS JOIN LATERAL (
    SELECT CASE WHEN {_GIVEN_UP} THEN greatest(w.begun_at, w.given_up_at) ELSE w.begun_at END
               AS market,
           CASE WHEN {_GIVEN_UP} THEN greatest(w.begun_real, w.ended_real) ELSE w.begun_real END
               AS real
) AS until
WHERE w.due_at >= %(first)s AND w.due_at < %(last)s
"""

_BETWEEN = f"""
SELECT kind, trigger, interval_min, due_at, state, why, sum(rows)::int AS rows,
       sum(bots)::int AS bots, max(late_s) AS late_s, max(waited_s) AS waited_s
FROM ({_ENDED}) e GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY due_at, kind, trigger, interval_min, state, why
"""


def _shares(what: str) -> str:
    """Word the least time that half, 99 in a hundred and all of the bots were not past."""
    shares = {"p50": 0.5, "p99": 0.99, "max": 1}
    return ", ".join(
        f"coalesce(min({what}_s) FILTER (WHERE {what}_by >= {share} * whole), 0) AS {what}_{name}_s"
        for name, share in shares.items()
    )


_LATENESS = f"""
WITH ended AS (
    SELECT trigger, state, bots, late_s, waited_s,
           sum(bots) OVER (PARTITION BY trigger) AS whole,
           sum(bots) OVER (PARTITION BY trigger ORDER BY late_s) AS late_by,
           sum(bots) OVER (PARTITION BY trigger ORDER BY waited_s) AS waited_by
    FROM ({_ENDED}) e WHERE state NOT IN ('due', 'claimed') AND bots > 0
)
SELECT trigger, {", ".join(f"{_COUNT.format(end)} AS {end}" for end in _ENDS)},
       {_shares("late")}, {_shares("waited")}
FROM ended GROUP BY trigger
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
