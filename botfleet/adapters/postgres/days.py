"""A day's account from Postgres: what was written while it was played."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from botfleet.adapters.postgres.database import Database, columns, execute, rows
from botfleet.adapters.postgres.shapes import read_legs
from botfleet.application.ports.days import (
    CapitalChange,
    DayBot,
    DayDraw,
    DayFleet,
    DayOrder,
    DayRun,
    HourWork,
    MarkWork,
    PositionLife,
    Refusals,
    Standing,
)
from botfleet.domain.fleet.seating import Seat
from botfleet.domain.ids import RunId
from botfleet.domain.orders.order import Effect, OrderState
from botfleet.domain.trades.structures import Structure

#: A row's ring is written anew when its message is repeated: the first of its instant is the ring.
_MARKS = """
SELECT work_id, due_at, state, ended_real,
       min(rung_real) OVER (PARTITION BY due_at) AS rung_real
FROM work WHERE kind = 'mark'
"""

_STANDING = f"""
WITH marks AS ({_MARKS}), late AS (
    SELECT coalesce(percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
        ORDER BY extract(epoch FROM ended_real - rung_real) * 1000), ARRAY[0, 0]) AS ms
    FROM marks WHERE state = 'done'
), judged AS (
    SELECT count(*) AS n, count(*) FILTER (WHERE outcome = 'nothing') AS idle FROM runs
), capital AS (
    SELECT coalesce(sum(committed + pending), 0)::bigint AS used,
           coalesce(sum(allocation), 0)::bigint AS allocation, coalesce(sum(open_n), 0)::int AS held
    FROM pools
)
SELECT greatest(f.market_at, f.routed_at) AS market_at,
       coalesce((SELECT min(due_at) FROM work WHERE kind = 'mark' AND state IN ('due', 'claimed')),
                f.routed_at + interval '1 microsecond') AS settled_before,
       judged.n AS runs, judged.idle,
       (SELECT count(*) FROM draws WHERE epoch > 0) AS granted,
       (SELECT count(*) FROM notices WHERE code LIKE 'refused:%%') AS refused,
       (SELECT coalesce(jsonb_object_agg(state, n), '{{}}')
        FROM (SELECT state, count(*) AS n FROM orders GROUP BY state) o) AS orders,
       capital.held, capital.used, capital.allocation, late.ms
FROM fleet f, late, judged, capital
"""

_MARK_WORK = f"""
SELECT m.due_at, m.rung_real, m.ended_real, coalesce(r.n, 0) AS runs
FROM ({_MARKS}) m LEFT JOIN (SELECT work_id, count(*) AS n FROM runs GROUP BY work_id) r
     USING (work_id)
WHERE m.state = 'done' ORDER BY m.due_at
"""

_HOURS = """
SELECT date_trunc('hour', due_at) AS hour, kind, count(*)::int AS count,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY late) AS p50_ms,
       percentile_disc(0.99) WITHIN GROUP (ORDER BY late) AS p99_ms, max(late) AS max_ms
FROM (
    SELECT due_at, kind, greatest(extract(epoch FROM ended_real - min(rung_real)
               OVER (PARTITION BY kind, due_at)) * 1000, 0)::float8 AS late
    FROM work WHERE state = 'done' AND cardinality(bots) > 0
) w GROUP BY 1, 2 ORDER BY 1, 3 DESC
"""
_FIRST_WORK = """
SELECT min(ended_real) FROM work
WHERE state = 'done' AND cardinality(bots) > 0 AND begun_real > %(since)s
  AND (pod, instance) IN (SELECT * FROM unnest(%(pods)s::int[], %(instances)s::int[]))
"""

#: One notice a draw that a limit or the pool refused; a veto has none, so runs tell of it.
_REFUSALS = """
SELECT substr(code, 9) AS why, count(*) AS n FROM notices WHERE code LIKE 'refused:%%'
GROUP BY 1 ORDER BY 2 DESC, 1
"""
_VETOED = """
SELECT coalesce(sum(CASE WHEN detail LIKE '%%"ends"%%'
    THEN (length(detail) - length(replace(detail, '"vetoed"', ''))) / 8 ELSE 1 END), 0)
FROM runs WHERE outcome = 'vetoed' OR detail LIKE '%%"vetoed"%%'
"""

_CHANGES = """
SELECT at, coalesce(sum(amount) FILTER (WHERE kind IN ('post', 'close')), 0)::bigint AS committed,
       coalesce(sum(amount) FILTER (WHERE kind IN ('pend', 'final')), 0)::bigint AS pending
FROM entries WHERE kind <> 'gain' GROUP BY at ORDER BY at
"""

_LIVES = """
SELECT opened_at, closed_at, state, realised FROM positions
WHERE state IN ('open', 'closing', 'closed', 'expired') ORDER BY opened_at, position_id
"""

_ORDERS = """
SELECT o.created_at, u.name AS user, b.name AS bot, o.effect, p.structure, o.symbol, o.legs,
       o.quantity, o.rungs->o.rung->>0 AS limit, o.state, o.filled, o.paid, o.reason
FROM orders o JOIN positions p USING (position_id) JOIN bots b ON b.bot_id = o.bot_id
     JOIN users u ON u.user_id = o.user_id
ORDER BY o.created_at, o.order_id
"""

_BOTS = """
SELECT u.name AS user, b.name AS bot, b.version, coalesce(r.n, 0) AS runs,
       coalesce(h.opened, 0) AS opened, coalesce(h.closed, 0) AS closed,
       coalesce(h.held, 0) AS held, p.committed + p.pending AS used, p.allocation,
       coalesce(h.realised, 0)::bigint AS realised
FROM bots b JOIN users u USING (user_id) JOIN pools p USING (bot_id)
LEFT JOIN (SELECT bot_id, count(*) AS n FROM runs GROUP BY bot_id) r USING (bot_id)
LEFT JOIN (
    SELECT bot_id, count(*) FILTER (WHERE state IN ('open', 'closing', 'closed', 'expired'))
               AS opened,
           count(*) FILTER (WHERE state IN ('closed', 'expired')) AS closed,
           count(*) FILTER (WHERE state IN ('open', 'closing')) AS held,
           sum(realised) AS realised
    FROM positions GROUP BY bot_id
) h USING (bot_id)
WHERE b.is_on
ORDER BY coalesce(h.opened, 0) + coalesce(h.closed, 0) DESC, runs DESC, u.name, b.name
"""

_OPENING_RUNS = """
SELECT DISTINCT ON (r.bot_id, r.automation) r.run_id, u.name AS user, b.name AS bot, r.version,
       r.automation, r.at
FROM runs r JOIN bots b USING (bot_id) JOIN users u ON u.user_id = b.user_id
WHERE r.outcome = 'opening' ORDER BY r.bot_id, r.automation, r.at
"""

_DRAWS = """
SELECT p.symbol, d.units, d.amount FROM draws d JOIN positions p USING (draw_id)
WHERE d.run_id = %(run)s ORDER BY d.epoch, d.seq
"""


class PostgresDays:
    """Keeps `botfleet.application.ports.days.Days`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self) -> Standing:
        """See the port."""
        row = self._rows(_STANDING)[0]
        return Standing(
            market_at=row["market_at"],
            settled_before=row["settled_before"],
            runs=row["runs"],
            runs_idle=row["idle"],
            draws_granted=row["granted"],
            draws_refused=row["refused"],
            orders={OrderState(state): n for state, n in row["orders"].items()},
            positions_open=row["held"],
            in_use_cents=row["used"],
            allocation_cents=row["allocation"],
            lag_p50_ms=float(row["ms"][0]),
            lag_p99_ms=float(row["ms"][1]),
        )

    def fleet(self) -> DayFleet:
        """See the port."""
        row = self._rows(
            """SELECT (SELECT count(*) FROM pods) AS pods,
                      (SELECT coalesce(sum(instances), 0)::int FROM pods) AS instances,
                      (SELECT count(*) FROM users) AS users"""
        )[0]
        return DayFleet(row["pods"], row["instances"], row["users"])

    def mark_work(self) -> Sequence[MarkWork]:
        """See the port."""
        return [
            MarkWork(row["due_at"], row["runs"], row["rung_real"], row["ended_real"])
            for row in self._rows(_MARK_WORK)
        ]

    def hours(self) -> Sequence[HourWork]:
        """See the port."""
        return [HourWork(**row) for row in self._rows(_HOURS)]

    def first_work(self, since: datetime, seats: Collection[Seat]) -> datetime | None:
        """See the port."""
        places = columns(({"p": one.pod, "i": one.instance} for one in seats), "p i")
        found = self._rows(_FIRST_WORK, since=since, pods=places["p"], instances=places["i"])
        first: datetime | None = found[0]["min"]
        return first

    def outcomes(self) -> Mapping[str, int]:
        """See the port."""
        sql = """SELECT split_part(outcome, ':', 1) AS word, count(*) AS n FROM runs
                 GROUP BY 1 ORDER BY 2 DESC, 1"""
        return {row["word"]: row["n"] for row in self._rows(sql)}

    def draws_granted(self) -> int:
        """See the port: tombstones, which were never granted, stand outside every epoch."""
        return int(self._scalar("SELECT count(*) FROM draws WHERE epoch > 0"))

    def refusals(self) -> Refusals:
        """See the port."""
        reasons = {row["why"]: row["n"] for row in self._rows(_REFUSALS)}
        return Refusals(reasons, int(self._scalar(_VETOED)))

    def capital_changes(self) -> Sequence[CapitalChange]:
        """See the port."""
        return [
            CapitalChange(row["at"], row["committed"], row["pending"])
            for row in self._rows(_CHANGES)
        ]

    def lives(self) -> Sequence[PositionLife]:
        """See the port."""
        return [
            PositionLife(
                row["opened_at"],
                row["closed_at"],
                row["state"] if row["state"] in {"closed", "expired"} else "",
                row["realised"],
            )
            for row in self._rows(_LIVES)
        ]

    def orders(self) -> Sequence[DayOrder]:
        """See the port."""
        return [_order(row) for row in self._rows(_ORDERS)]

    def bots(self) -> Sequence[DayBot]:
        """See the port."""
        return [
            DayBot(
                row["user"],
                row["bot"],
                row["version"],
                row["runs"],
                row["opened"],
                row["closed"],
                row["held"],
                row["used"],
                row["allocation"],
                row["realised"],
            )
            for row in self._rows(_BOTS)
        ]

    def opening_runs(self) -> Sequence[DayRun]:
        """See the port."""
        return [DayRun(**row) for row in self._rows(_OPENING_RUNS)]

    def draws(self, run: RunId) -> Sequence[DayDraw]:
        """See the port."""
        return [
            DayDraw(row["symbol"], row["units"], row["amount"])
            for row in self._rows(_DRAWS, run=run)
        ]

    def _rows(self, sql: str, **given: Any) -> list[Mapping[str, Any]]:
        with self._database.transaction() as connection:
            return rows(connection, sql, **given)

    def _scalar(self, sql: str) -> Any:
        with self._database.transaction() as connection:
            return execute(connection, sql).scalar_one()


def _order(row: Mapping[str, Any]) -> DayOrder:
    filled: int = row["filled"]
    return DayOrder(
        row["created_at"],
        row["user"],
        row["bot"],
        Effect(row["effect"]),
        Structure(row["structure"]),
        row["symbol"],
        read_legs(row["legs"]),
        row["quantity"],
        Decimal(row["limit"]),
        OrderState(row["state"]),
        row["paid"] / filled if filled else None,
        row["reason"],
    )
