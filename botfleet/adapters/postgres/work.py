"""The work book in Postgres: rows unique by their cause, claimed under a fence and a lease."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.application.ports.work import Pointer, Work
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId, WorkId
from botfleet.domain.schedules.agenda import Due, Kind

#: Bots a batch; a batch is one row, one message, one transaction.
BATCH = 200
#: How long a claimant may take before it counts as dead, real seconds.
LEASE_S = 20
#: Claims of one row before it is given up: what kills its worker so often would go on doing so.
CLAIMS_MAX = 5

_WHO = {
    Kind.MARK: "b.is_on AND b.interval_min = %(interval)s",
    Kind.WATCH: """EXISTS (SELECT FROM positions p WHERE p.bot_id = b.bot_id
                   AND p.state = 'open')""",
    Kind.EXPIRE: """EXISTS (SELECT FROM positions p WHERE p.bot_id = b.bot_id
                    AND p.state IN ('open', 'closing') AND p.expires_on = %(day)s)""",
    Kind.SETTLE: """EXISTS (SELECT FROM positions p WHERE p.bot_id = b.bot_id
                    AND p.state = 'open' AND p.expires_on <= %(day)s)""",
}

_PLAN = """
WITH seated AS (
    SELECT s.pod, s.instance, b.bot_id,
           (row_number() OVER (PARTITION BY s.pod, s.instance ORDER BY b.user_id, b.bot_id) - 1)
           / %(batch)s AS batch
    FROM bots b JOIN seats s USING (user_id) WHERE {who}
), batches AS (
    SELECT pod, instance, batch, array_agg(bot_id) AS bots FROM seated GROUP BY 1, 2, 3
)
INSERT INTO work (work_id, kind, due_at, pod, instance, batch, bots, detail)
SELECT md5(concat_ws('/', %(kind)s::text, %(interval)s::int, %(due_text)s::text,
                     pod, instance, batch))::uuid,
       %(kind)s, %(due)s, pod, instance, batch, bots, %(detail)s::jsonb
FROM batches
ON CONFLICT (work_id) DO NOTHING
RETURNING work_id, pod, instance
"""

_SUPERSEDE = """
UPDATE work SET state = 'missed', ended_real = clock_timestamp()
WHERE kind = %(kind)s AND state = 'due' AND due_at < %(due)s
  AND detail->>'interval_min' IS NOT DISTINCT FROM %(interval)s::text
"""

_MISS = """
INSERT INTO work (work_id, kind, due_at, pod, instance, batch, bots, detail, state)
SELECT md5(concat_ws('/', 'missed', %(kind)s::text, %(interval)s::int, %(due_text)s::text))::uuid,
       %(kind)s, %(due)s, 0, 0, 0, ARRAY[]::uuid[], %(detail)s::jsonb, 'missed'
WHERE EXISTS (SELECT FROM bots b WHERE {who})
ON CONFLICT (work_id) DO NOTHING
"""

_CLAIM = """
UPDATE work SET state = CASE WHEN fence < %(most)s THEN 'claimed' ELSE 'failed' END,
                fence = fence + 1, begun_real = clock_timestamp(),
                lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE work_id = %(work)s
  AND (state = 'due' OR (state = 'claimed' AND lease_until < clock_timestamp()))
RETURNING work_id, kind, due_at, bots, fence, detail, state
"""


class PostgresWorkBook:
    """Keeps `botfleet.application.ports.work.WorkBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def route(
        self, now: datetime, due: Callable[[datetime], Sequence[Due]]
    ) -> tuple[datetime, Sequence[Pointer]]:
        """See the port."""
        with self._database.transaction() as connection:
            question = "SELECT routed_at FROM fleet FOR UPDATE"
            routed_at: datetime = execute(connection, question).scalar_one()
            if now <= routed_at:
                return routed_at, ()
            pointers = [pointer for one in due(routed_at) for pointer in _plan(connection, one)]
            execute(connection, "UPDATE fleet SET routed_at = %(now)s", now=now)
            return routed_at, pointers

    def press(self, work: Work, bot: BotId) -> Pointer | None:
        """See the port."""
        with self._database.transaction() as connection:
            found = rows(
                connection,
                """
                INSERT INTO work (work_id, kind, due_at, pod, instance, batch, bots, detail)
                SELECT %(work)s, %(kind)s, %(due)s, s.pod, s.instance, 0, ARRAY[b.bot_id],
                       %(detail)s::jsonb
                FROM bots b JOIN seats s USING (user_id) WHERE b.bot_id = %(bot)s
                ON CONFLICT (work_id) DO NOTHING RETURNING work_id, pod, instance
                """,
                work=work.work_id,
                kind=work.kind.value,
                due=work.due_at,
                detail=json.dumps(work.detail),
                bot=bot,
            )
            return _pointer(found[0]) if found else None

    def claim(self, work_id: WorkId) -> Work | None:
        """See the port."""
        with self._database.transaction() as connection:
            found = rows(connection, _CLAIM, work=work_id, lease=LEASE_S, most=CLAIMS_MAX)
            is_mine = bool(found) and found[0]["state"] == "claimed"
            return _work(found[0]) if is_mine else None

    def fail(self, work: Work, why: str) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            execute(
                connection,
                """UPDATE work SET state = 'failed', ended_real = clock_timestamp(),
                   detail = detail || jsonb_build_object('why', %(why)s::text)
                   WHERE work_id = %(work)s AND fence = %(fence)s AND state = 'claimed'""",
                work=work.work_id,
                fence=work.fence,
                why=why,
            )

    def reclaim(self, pod: int, instance: int) -> Sequence[Pointer]:
        """See the port."""
        with self._database.transaction() as connection:
            execute(
                connection,
                """UPDATE work SET lease_until = clock_timestamp()
                   WHERE pod = %(pod)s AND instance = %(instance)s AND state = 'claimed'""",
                pod=pod,
                instance=instance,
            )
            return [
                _pointer(row)
                for row in rows(
                    connection,
                    """SELECT work_id, pod, instance FROM work WHERE state IN ('due', 'claimed')
                       AND pod = %(pod)s AND instance = %(instance)s ORDER BY due_at, batch""",
                    pod=pod,
                    instance=instance,
                )
            ]

    def overdue(self, grace_s: float) -> Sequence[Pointer]:
        """See the port."""
        with self._database.transaction() as connection:
            return [
                _pointer(row)
                for row in rows(
                    connection,
                    """UPDATE work SET told_real = clock_timestamp()
                       WHERE state IN ('due', 'claimed')
                         AND coalesce(lease_until, '-infinity') < clock_timestamp()
                         AND told_real < clock_timestamp() - make_interval(secs => %(grace)s)
                       RETURNING work_id, pod, instance""",
                    grace=grace_s,
                )
            ]


def _plan(connection: Connection, due: Due) -> list[Pointer]:
    detail = {"interval_min": str(due.interval_min)} if due.kind is Kind.MARK else {}
    given: dict[str, Any] = {
        "kind": due.kind.value,
        "interval": due.interval_min,
        "due": due.at,
        "due_text": due.at.isoformat(),
        "day": day_of(due.at),
        "detail": json.dumps(detail),
        "batch": BATCH,
    }
    if not due.is_kept:
        if due.kind in {Kind.MARK, Kind.EXPIRE}:
            execute(connection, _MISS.format(who=_WHO[due.kind]), **given)
        return []
    if due.kind in {Kind.MARK, Kind.WATCH}:
        execute(connection, _SUPERSEDE, **(given | {"interval": detail.get("interval_min")}))
    made = rows(connection, _PLAN.format(who=_WHO[due.kind]), **given)
    return [_pointer(row) for row in made]


def _pointer(row: Mapping[str, Any]) -> Pointer:
    return Pointer(WorkId(row["work_id"]), row["pod"], row["instance"])


def _work(row: Mapping[str, Any]) -> Work:
    return Work(
        WorkId(row["work_id"]),
        Kind(row["kind"]),
        row["due_at"],
        tuple(row["bots"]),
        row["fence"],
        row["detail"],
    )
