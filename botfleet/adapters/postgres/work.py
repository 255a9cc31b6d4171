"""The work book in Postgres: rows unique by their cause, claimed under a fence and a lease."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres import events
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.application.ports.work import Pointer, Work
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import WorkId
from botfleet.domain.schedules.agenda import STARTS, SUPERSEDED, Due, Kind

#: Bots a batch, and nodes they can walk at most together: a small bot counts as a batch's share of
#: them. A batch is one row, one message, one transaction; who waits behind it waits no longer for a
#: few large bots than for many small ones.
BATCH, BURDEN = 200, 4_000
#: How long a claimant may take before it counts as dead, real seconds.
LEASE_S = 20
#: Claims of one row before it is given up: what kills its worker so often would go on doing so.
CLAIMS_MAX = 5

_WHO = {
    Kind.MARK: "b.is_on AND b.interval_min = {interval}",
    Kind.WATCH: """EXISTS (SELECT FROM positions p WHERE p.bot_id = b.bot_id
                   AND p.state = 'open')""",
    Kind.EXPIRE: """EXISTS (SELECT FROM positions p WHERE p.bot_id = b.bot_id
                    AND p.state IN ('open', 'closing') AND p.expires_on = {day})""",
    Kind.SETTLE: """EXISTS (SELECT FROM positions p WHERE p.bot_id = b.bot_id
                    AND p.state = 'open' AND p.expires_on <= {day})""",
    Kind.MEASURE: "true",
}

OVERLAP = "skipped_overlap"

#: A bot whose last mark is still being judged sits this one out (R14); one whose owner has no seat
#: misses it, and a row says so. Bots stand in the order of
#: what their owner has had by their end, were all served at the same pace: nobody's many bots, or
#: one large one, stand before another's few. What one user alone has left fills batches of its own.
_PLAN = """
WITH busy AS (
    SELECT unnest(bots) AS bot_id FROM work
    WHERE %(kind)s = 'mark' AND kind = 'mark' AND state = 'claimed'
      AND lease_until > clock_timestamp()
), due AS (
    SELECT coalesce(s.pod, 0) AS pod, coalesce(s.instance, 0) AS instance, b.user_id, b.bot_id,
           greatest(b.burden, %(least)s) AS burden
    FROM bots b LEFT JOIN seats s USING (user_id) WHERE {who}
), others AS (
    SELECT pod, instance, coalesce((array_agg(burden ORDER BY burden DESC))[2], 0) AS last
    FROM (SELECT pod, instance, sum(burden) AS burden FROM due GROUP BY pod, instance, user_id) u
    GROUP BY pod, instance
), paced AS (
    SELECT due.*, sum(burden) OVER (PARTITION BY user_id ORDER BY burden, bot_id) AS had FROM due
), seated AS (
    SELECT pod, instance, bot_id,
           CASE WHEN pod = 0 THEN %(no_seat)s
                WHEN bot_id IN (SELECT bot_id FROM busy) THEN %(overlap)s ELSE '' END AS why,
           (sum(burden) OVER (PARTITION BY pod, instance ORDER BY had, user_id) - 1) / %(burden)s
           + (had > last)::int AS batch
    FROM paced JOIN others USING (pod, instance)
), batches AS (
    SELECT pod, instance, batch, why, array_agg(bot_id) AS bots,
           CASE why WHEN '' THEN 'due' WHEN %(overlap)s THEN 'skipped' ELSE 'missed' END AS state
    FROM seated GROUP BY 1, 2, 3, 4
)
INSERT INTO work (work_id, kind, due_at, pod, instance, batch, bots, detail, state, why,
                  ended_real, given_up_at)
SELECT md5(concat_ws('/', %(kind)s::text, %(interval)s::int, %(due_text)s::text,
                     pod, instance, batch, nullif(state, 'due')))::uuid,
       %(kind)s, %(due)s, pod, instance, batch, bots, %(detail)s::jsonb, state, why,
       CASE WHEN why <> '' THEN clock_timestamp() END,
       CASE WHEN why <> '' THEN %(now)s::timestamptz END
FROM batches
ON CONFLICT (work_id) DO NOTHING
RETURNING work_id, pod, instance, state, batch
"""

#: Nobody is at a row whose lease ended: should its claimant come back, its commit is not taken.
_SUPERSEDE = """
UPDATE work SET state = 'missed', why = %(why)s, ended_real = clock_timestamp(),
                given_up_at = %(now)s
WHERE kind = %(kind)s AND due_at < %(due)s
  AND (state = 'due' OR (state = 'claimed' AND lease_until < clock_timestamp()))
  AND detail->>'interval_min' IS NOT DISTINCT FROM %(interval)s::text
"""

#: How a mark names its interval; other kinds have none.
_DETAIL = """CASE WHEN s.interval > 0 THEN jsonb_build_object('interval_min', s.interval::text)
            ELSE jsonb_build_object() END"""
_SLOTS = """unnest(%(interval)s::int[], %(due)s::timestamptz[], %(why)s::text[])
            AS s(interval, due, why)"""

#: One row for all whom a slot concerned: it counts them and names none, however many slots passed.
_MISS = f"""
WITH slots AS (
    SELECT s.*, (s.due AT TIME ZONE 'America/New_York')::date AS day FROM {_SLOTS}
), concerned AS (
    SELECT g.*, (SELECT count(*) FROM bots b WHERE {{who}}) AS bots
    FROM (SELECT DISTINCT interval, day FROM slots) g
)
INSERT INTO work (work_id, kind, due_at, pod, instance, batch, bots, detail, state, why,
                  ended_real, given_up_at)
SELECT md5(concat_ws('/', 'missed', %(kind)s::text, s.interval, extract(epoch FROM s.due)))::uuid,
       %(kind)s, s.due, 0, 0, 0, ARRAY[]::uuid[],
       {_DETAIL} || jsonb_build_object('bots', c.bots), 'missed', s.why, clock_timestamp(), %(now)s
FROM slots s JOIN concerned c USING (interval, day) WHERE c.bots > 0
ON CONFLICT (work_id) DO NOTHING
"""

#: A slot that concerned nobody is written down too: what has no row was forgotten.
_NOBODY = f"""
INSERT INTO work (work_id, kind, due_at, pod, instance, batch, bots, detail, state, why,
                  ended_real, given_up_at)
SELECT md5(concat_ws('/', 'nobody', %(kind)s::text, s.interval, extract(epoch FROM s.due)))::uuid,
       %(kind)s, s.due, 0, 0, 0, ARRAY[]::uuid[], {_DETAIL}, 'skipped', 'nobody',
       clock_timestamp(), %(now)s
FROM {_SLOTS}
WHERE NOT EXISTS (SELECT FROM work w WHERE w.due_at = s.due AND w.kind = %(kind)s
                  AND w.detail->>'interval_min' IS NOT DISTINCT FROM ({_DETAIL})->>'interval_min')
ON CONFLICT (work_id) DO NOTHING
"""

#: Only what was written off has rows of what is not yet due.
_TAKE_BACK = f"""
DELETE FROM work w USING {_SLOTS}
WHERE w.due_at = s.due AND w.kind = %(kind)s AND w.state IN ('missed', 'skipped')
  AND w.detail->>'interval_min' IS NOT DISTINCT FROM ({_DETAIL})->>'interval_min'
"""

_CLAIM = """
UPDATE work SET state = CASE WHEN fence - put_off < %(most)s THEN 'claimed' ELSE 'failed' END,
                why = CASE WHEN fence - put_off < %(most)s THEN why ELSE 'claimed too often' END,
                fence = fence + 1, begun_real = clock_timestamp(), begun_at = %(now)s,
                lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE work_id = %(work)s
  AND (state = 'due' OR (state = 'claimed' AND lease_until < clock_timestamp()))
RETURNING work_id, kind, due_at, bots, fence, detail, state
"""

_PUT_OFF = """
UPDATE work SET state = 'due', put_off = put_off + 1, lease_until = NULL,
                told_real = clock_timestamp()
WHERE work_id = %(work)s AND fence = %(fence)s AND state = 'claimed'
"""

_RECLAIM = """
UPDATE work SET state = 'due', put_off = put_off + %(given_back)s, lease_until = NULL
WHERE pod = %(pod)s AND instance = %(instance)s AND state = 'claimed'
"""

_TO_DO = """
UPDATE work SET told_real = clock_timestamp()
WHERE pod = %(pod)s AND instance = %(instance)s AND state = 'due'
RETURNING work_id, pod, instance, due_at, batch
"""

_END = """
UPDATE work SET state = %(state)s, why = %(why)s, ended_real = clock_timestamp()
WHERE work_id = %(work)s AND fence = %(fence)s AND state = 'claimed'
"""


_START = """
INSERT INTO work (work_id, kind, due_at, pod, instance, batch, bots, detail)
SELECT %(work)s, %(kind)s, %(due)s, s.pod, s.instance, 0, ARRAY[b.bot_id], %(detail)s::jsonb
FROM bots b JOIN seats s USING (user_id) WHERE b.bot_id = %(bot)s
ON CONFLICT (work_id) DO NOTHING RETURNING work_id, pod, instance
"""


def start(connection: Connection, work: Work) -> Pointer | None:
    """Write a row of work for one bot where its owner sits; None if it is there, or has no seat."""
    found = rows(
        connection,
        _START,
        work=work.work_id,
        kind=work.kind.value,
        due=work.due_at,
        detail=json.dumps(work.detail),
        bot=work.bots[0],
    )
    return _pointer(found[0]) if found else None


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
            happening = events.route(connection, now)
            if now <= routed_at:
                return routed_at, happening
            dues = due(routed_at)
            made = [(kept.kind, _plan(connection, kept, now)) for kept in dues if kept.is_kept]
            pointers = _ranked([*made, (Kind.EVENT, happening)])
            write_off(connection, [one for one in dues if not one.is_kept], now)
            _account(connection, [one for one in dues if one.is_kept], now)
            execute(connection, "UPDATE fleet SET routed_at = %(now)s", now=now)
            return routed_at, pointers

    def press(self, work: Work) -> Pointer | None:
        """See the port."""
        with self._database.transaction() as connection:
            return start(connection, work)

    def claim(self, work_id: WorkId, now: datetime) -> Work | None:
        """See the port."""
        with self._database.transaction() as connection:
            given = {"work": work_id, "now": now, "lease": LEASE_S, "most": CLAIMS_MAX}
            found = rows(connection, _CLAIM, **given)
            is_mine = bool(found) and found[0]["state"] == "claimed"
            return _work(found[0]) if is_mine else None

    def fail(self, work: Work, why: str) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            _end(connection, work, "failed", why)

    def miss(self, work: Work, why: str, now: datetime) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            if _end(connection, work, "missed", why) and work.kind in STARTS:
                events.tell_missed(connection, work, why, now)

    def put_off(self, work: Work) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            execute(connection, _PUT_OFF, work=work.work_id, fence=work.fence)

    def reclaim(self, pod: int, instance: int, *, is_new: bool) -> Sequence[Pointer]:
        """See the port."""
        place = {"pod": pod, "instance": instance}
        with self._database.transaction() as connection:
            execute(connection, _RECLAIM, **place, given_back=0 if is_new else 1)
            left = rows(connection, _TO_DO, **place)
        left.sort(key=lambda row: (row["due_at"], row["batch"]))
        return [_pointer(row) for row in left]

    def untold(self) -> Sequence[Pointer]:
        """See the port."""
        with self._database.transaction() as connection:
            sql = """UPDATE work SET told_real = clock_timestamp()
                     WHERE state = 'due' AND told_real = '-infinity'
                     RETURNING work_id, pod, instance"""
            return [_pointer(row) for row in rows(connection, sql)]

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


def _end(connection: Connection, work: Work, state: str, why: str) -> bool:
    given = {"work": work.work_id, "fence": work.fence}
    return execute(connection, _END, state=state, why=why, **given).rowcount == 1


def _ranked(made: Sequence[tuple[Kind, Sequence[Pointer]]]) -> list[Pointer]:
    """Order pointers as R16 orders what comes due at once: instances work in the order of them."""
    order = list(Kind)
    return [one for _, some in sorted(made, key=lambda m: order.index(m[0])) for one in some]


def write_off(connection: Connection, dues: Sequence[Due], now: datetime) -> None:
    """Record what will not be done: as missed, or as nobody's."""
    for kind, some in _by_kind(dues):
        who = _WHO[kind].format(interval="g.interval", day="g.day")
        execute(connection, _MISS.format(who=who), kind=kind.value, now=now, **_slots(some))
    _account(connection, dues, now)


def take_back(connection: Connection, dues: Sequence[Due]) -> None:
    """Forget that what will be done after all was written off."""
    for kind, some in _by_kind(dues):
        execute(connection, _TAKE_BACK, kind=kind.value, **_slots(some))


def _account(connection: Connection, dues: Sequence[Due], now: datetime) -> None:
    for kind, some in _by_kind(dues):
        execute(connection, _NOBODY, kind=kind.value, now=now, **_slots(some))


def _by_kind(dues: Sequence[Due]) -> Iterator[tuple[Kind, list[Due]]]:
    for kind in _WHO:
        if some := [due for due in dues if due.kind is kind]:
            yield kind, some


def _slots(dues: Sequence[Due]) -> dict[str, list[object]]:
    return {
        "interval": [due.interval_min for due in dues],
        "due": [due.at for due in dues],
        "why": [due.why for due in dues],
    }


def _plan(connection: Connection, due: Due, now: datetime) -> list[Pointer]:
    interval = str(due.interval_min) if due.interval_min else None
    given: dict[str, Any] = {
        "kind": due.kind.value,
        "interval": due.interval_min,
        "due": due.at,
        "due_text": due.at.isoformat(),
        "day": day_of(due.at),
        "detail": json.dumps({"interval_min": interval} if interval else {}),
        "least": BURDEN // BATCH,
        "burden": BURDEN,
        "now": now,
        "no_seat": events.NO_SEAT,
        "overlap": OVERLAP,
    }
    if due.kind in {Kind.MARK, Kind.WATCH}:
        execute(connection, _SUPERSEDE, **(given | {"interval": interval, "why": SUPERSEDED}))
    who = _WHO[due.kind].format(interval="%(interval)s", day="%(day)s")
    made = sorted(rows(connection, _PLAN.format(who=who), **given), key=lambda row: row["batch"])
    return [_pointer(row) for row in made if row["state"] == "due"]


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
