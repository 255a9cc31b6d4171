"""What the minute watch reads: open positions with what rules their exits, or only what changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.shapes import read_position
from botfleet.application.ports.watchlists import Changes
from botfleet.domain.ids import BotId, PositionId, UserId
from botfleet.domain.positions.exits import REASONS, AtExpiration, ExitRules
from botfleet.domain.positions.watchlist import Tended

#: What had not ended when this was asked may still come to light: it is asked for again.
_STAMP = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

_CHANGED = """
SELECT p.position_id, p.user_id, p.bot_id, p.symbol, p.structure, p.legs, p.quantity, p.entry,
       p.state, p.opened_at, p.expires_on, p.exits, p.gain, p.high_gain, p.low_gain, p.tags,
       p.covered_by, p.exits_on AND b.exits_on AND (SELECT exits_on FROM fleet) AS is_on,
       a.exits_begin, a.exits_end_min, a.exit_attempts_max, a.at_expiration
FROM positions p JOIN bots b USING (bot_id) JOIN accounts a USING (account_id)
WHERE p.bot_id = ANY(%(bots)s::uuid[]) AND {which}
"""
_OPEN = "p.state = 'open'"
_SINCE = "p.stamp >= %(since)s::text::xid8"

_RULES = """
SELECT b.bot_id, a.exits_begin, a.exits_end_min, a.exit_attempts_max, a.at_expiration
FROM bots b JOIN accounts a USING (account_id) WHERE b.bot_id = ANY(%(bots)s::uuid[])
"""

_ATTEMPTS = """
SELECT position_id, count(*) AS n FROM orders
WHERE position_id = ANY(%(positions)s::uuid[]) AND effect = 'close' AND created_at >= %(since)s
  AND why = ANY(%(reasons)s)
GROUP BY position_id
"""


class PostgresWatchlists:
    """Keeps `botfleet.application.ports.watchlists.Watchlists`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def changed(self, bots: Sequence[BotId], since: int | None) -> Changes:
        """See the port."""
        sql = _CHANGED.format(which=_OPEN if since is None else _SINCE)
        with self._database.transaction() as connection:
            stamp: int = execute(connection, _STAMP).scalar_one()
            found = rows(connection, sql, bots=list(bots), since=since)
        gone = [PositionId(row["position_id"]) for row in found if row["state"] != "open"]
        return Changes([_tended(row) for row in found if row["state"] == "open"], gone, stamp)

    def attempts(
        self, positions: Sequence[PositionId], since: datetime
    ) -> Mapping[PositionId, int]:
        """See the port."""
        asked = {"positions": list(positions), "since": since, "reasons": list(REASONS)}
        with self._database.transaction() as connection:
            return {row["position_id"]: row["n"] for row in rows(connection, _ATTEMPTS, **asked)}

    def rules(self, bots: Sequence[BotId]) -> Mapping[BotId, ExitRules]:
        """See the port."""
        with self._database.transaction() as connection:
            found = rows(connection, _RULES, bots=list(bots))
            return {BotId(row["bot_id"]): read_rules(row) for row in found}


def _tended(row: Mapping[str, Any]) -> Tended:
    owner = (UserId(row["user_id"]), BotId(row["bot_id"]))
    return Tended(*owner, read_position(row), read_rules(row), row["is_on"])


def read_rules(row: Mapping[str, Any]) -> ExitRules:
    """Read what an account wants of exits."""
    return ExitRules(
        row["exits_begin"],
        row["exits_end_min"],
        row["exit_attempts_max"],
        AtExpiration(row["at_expiration"]),
    )
