"""What bots have done, in Postgres: four questions for a whole batch, asked only if a tree asks.

What was refused, or of which nothing filled, is no part of a history. A day is Eastern.
"""

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import rows
from botfleet.domain.eastern import instant
from botfleet.domain.ids import BotId, PositionId
from botfleet.domain.trades.structures import Structure, multiplier
from botfleet.domain.trees.history import Attempts, Ended, History, Last, Streak

#: A row of wins or losses is counted up to here.
STREAK_MAX = 100

_LASTS = """
SELECT bot_id, symbol, coalesce(t.tag, '') AS tag, max(opened_at) AS opened_at,
       max(closed_at) AS closed_at
FROM positions LEFT JOIN LATERAL jsonb_array_elements_text(tags) AS t(tag) ON true
WHERE bot_id = ANY(%(bots)s::uuid[]) AND state NOT IN ('error', 'dropped')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
#: Results are of what ended by itself; what was realised, of all: parts, and what owners said.
_CLOSED = """
SELECT bot_id, count(*) FILTER (WHERE is_over AND realised > 0) AS wins,
       count(*) FILTER (WHERE is_over AND realised < 0) AS losses,
       sum(realised)::bigint AS realised,
       count(*) FILTER (WHERE is_over AND closed_at >= %(since)s) AS closed_today,
       (array_agg(realised ORDER BY closed_at DESC, position_id)
           FILTER (WHERE is_over))[1:%(most)s] AS newest,
       (array_agg(closed_by ORDER BY closed_at DESC, position_id) FILTER (WHERE is_over))[1] AS why
FROM (SELECT *, state IN ('closed', 'expired') AS is_over FROM positions
      WHERE bot_id = ANY(%(bots)s::uuid[])) p
GROUP BY 1
"""
#: `units` are those held as the day began, or opened since.
_TODAY = """
SELECT bot_id, structure, entry, realised, expires_on,
       CASE WHEN watched_on < %(today)s THEN gain ELSE prior_gain END AS prior,
       opened_at >= %(since)s AS is_new,
       CASE state WHEN 'closed' THEN 0 ELSE quantity END + (
           SELECT coalesce(sum(f.quantity), 0) FROM orders o JOIN fills f USING (order_id)
           WHERE o.position_id = p.position_id AND o.effect = 'close' AND f.at >= %(since)s
       ) AS units,
       (SELECT coalesce(sum(e.amount), 0)::bigint FROM entries e
        WHERE e.draw_id = p.draw_id AND e.kind = 'gain' AND e.at >= %(since)s) AS gained
FROM positions p WHERE bot_id = ANY(%(bots)s::uuid[])
  AND (state IN ('open', 'closing')
       OR (state IN ('closed', 'expired', 'overridden') AND closed_at >= %(since)s))
"""
_ATTEMPTS = """
SELECT p.bot_id, o.position_id, o.why, count(*) AS n
FROM positions p JOIN orders o USING (position_id)
WHERE p.bot_id = ANY(%(bots)s::uuid[]) AND p.state IN ('opening', 'open', 'closing')
  AND o.effect = 'close'
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

_ENDED = """
SELECT bot_id, CASE WHEN state = 'error' THEN 'error' ELSE 'closed' END AS status, symbol,
       structure, tags, expires_on, count(*) AS n
FROM positions WHERE bot_id = ANY(%(bots)s::uuid[]) AND state IN ('closed', 'expired', 'error')
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
"""

Row = Mapping[str, Any]


def ended(connection: Connection, bots: Sequence[BotId]) -> dict[BotId, tuple[Ended, ...]]:
    """Count each of these bots' positions that have ended, those that are alike together."""
    found = _by_bot(rows(connection, _ENDED, bots=list(bots)))
    return {bot: tuple(_ended(row) for row in found.get(bot, ())) for bot in bots}


def _ended(row: Row) -> Ended:
    structure, tags = Structure(row["structure"]), tuple(row["tags"])
    return Ended(row["status"], row["symbol"], structure, tags, row["expires_on"], row["n"])


def recall(connection: Connection, bots: Sequence[BotId], today: date) -> dict[BotId, History]:
    """Give the history of each of these bots as of `today`."""
    asked = {"bots": list(bots), "today": today, "since": instant(today, time())}
    lasts = _by_bot(rows(connection, _LASTS, **asked))
    closed = _by_bot(rows(connection, _CLOSED, most=STREAK_MAX, **asked))
    days = _by_bot(rows(connection, _TODAY, **asked))
    attempts = _by_bot(rows(connection, _ATTEMPTS, **asked))
    return {
        bot: _history(
            tuple(_last(row) for row in lasts.get(bot, ())),
            closed.get(bot, [_NEVER])[0],
            days.get(bot, []),
            tuple(_attempts(row) for row in attempts.get(bot, ())),
            today,
        )
        for bot in bots
    }


_NEVER: Row = {"wins": 0, "losses": 0, "realised": 0, "closed_today": 0, "newest": [], "why": ""}


def _by_bot(found: Sequence[Row]) -> dict[BotId, list[Row]]:
    grouped: dict[BotId, list[Row]] = {}
    for row in found:
        grouped.setdefault(row["bot_id"], []).append(row)
    return grouped


def _last(row: Row) -> Last:
    return Last(row["symbol"], row["tag"], row["opened_at"], row["closed_at"])


def _attempts(row: Row) -> Attempts:
    return Attempts(PositionId(row["position_id"]), row["why"], row["n"])


def _history(
    lasts: tuple[Last, ...],
    closed: Row,
    days: Sequence[Row],
    attempts: tuple[Attempts, ...],
    today: date,
) -> History:
    return History(
        lasts,
        closed["closed_today"],
        closed["wins"],
        closed["losses"],
        _streak(closed["newest"] or [], closed["why"] or ""),
        closed["realised"],
        sum(row["gained"] for row in days),
        sum(row["realised"] for row in days if row["expires_on"] == today),
        sum(_earned_before(row) for row in days),
        attempts,
    )


def _streak(newest: Sequence[int], why: str) -> Streak:
    if not newest or not newest[0]:
        return Streak(0, newest[0] if newest else None, why)
    sign = 1 if newest[0] > 0 else -1
    length = next((n for n, gain in enumerate(newest) if gain * sign <= 0), len(newest))
    return Streak(length * sign, newest[0], why)


def _earned_before(row: Row) -> int:
    """Give what a position had gained when the session before ended, in cents."""
    if row["is_new"] or row["prior"] is None:
        return 0
    a_share = float(row["prior"]) * float(abs(row["entry"]))
    return round(a_share * multiplier(Structure(row["structure"])) * 100) * int(row["units"])
