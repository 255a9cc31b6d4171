"""Passes over accounts, and the breaks they found, in Postgres.

A pass is leased, not locked: no lock spans a call to a broker. What it writes is written under the
account's advisory lock, so that of two that overlap after a long pause each writes whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.notices import add_notices
from botfleet.adapters.postgres.shapes import read_legs
from botfleet.application.ports.batches import Notice
from botfleet.application.ports.passes import (
    Break,
    BreakKind,
    BreakLine,
    Passed,
    PassLine,
)
from botfleet.domain.ids import AccountId, BotId, PositionId, UserId
from botfleet.domain.positions.shortfalls import Held
from botfleet.domain.trades.structures import Structure, shares_in

#: Longer than a pass of three calls, a renewal and some pages takes.
LEASE_S = 120

#: A fleet that nobody counted turns of for so long was away, or was brought back from a backup.
AWAY_S = 600
#: An account (its pass `s`) of which nothing is decided or sent before it was compared: the
#: database was restored, or the fleet was away.
UNCOMPARED = "(s.is_restored OR s.is_recovering AND s.passed_real = 'epoch')"

#: When an order was cancelled, its account is compared once more this long after: a fill may have
#: won that the broker told of later. Nobody who was away so long comes back to that.
LATE_S, FORGOTTEN_S = 60, 600
#: Accounts that have something at their broker, or may: for a day, where an order was given up only
#: because no list showed it.
_BUSY = f"""(
    EXISTS (SELECT FROM orders o WHERE o.account_id = a.account_id
            AND o.state IN ('sending', 'unknown', 'working', 'partial'))
    OR EXISTS (SELECT FROM bots b JOIN positions p USING (bot_id)
               WHERE b.account_id = a.account_id AND p.state IN ('open', 'closing'))
    OR EXISTS (SELECT FROM orders o JOIN order_events e USING (order_id)
               WHERE o.account_id = a.account_id AND o.state = 'rejected' AND o.looks > 0
               AND e.happening = 'missed' AND e.at_real > clock_timestamp() - interval '1 day')
    OR a.account_id IN (
        SELECT o.account_id FROM order_events e JOIN orders o USING (order_id)
        LEFT JOIN passes q ON q.account_id = o.account_id
        WHERE e.state = 'cancelled' AND o.sent_at IS NOT NULL
          AND e.at_real BETWEEN clock_timestamp() - interval '{FORGOTTEN_S} s'
                            AND clock_timestamp() - interval '{LATE_S} s'
          AND coalesce(q.passed_real, 'epoch') < e.at_real + interval '{LATE_S} s'))"""

_RECOVER = f"""
INSERT INTO passes (account_id, user_id, is_recovering)
SELECT a.account_id, a.user_id, true FROM accounts a WHERE {_BUSY}
ON CONFLICT (account_id) DO UPDATE SET is_recovering = true, begun_real = 'epoch'
"""

_RESTORED = """
UPDATE fleet SET height = %(height)s, restored_at = %(now)s, climbed_real = clock_timestamp()
WHERE height < %(height)s
"""

_CLIMB = """
WITH was AS (
    SELECT climbed_real < clock_timestamp() - make_interval(secs => %(away)s) AS is_away
    FROM fleet
), gate AS (
    INSERT INTO passes (account_id, user_id, is_recovering, is_wanted, passed_real)
    SELECT a.account_id, a.user_id, true, true, 'epoch' FROM accounts a, was
    WHERE a.is_alive AND was.is_away
    ON CONFLICT (account_id) DO UPDATE SET is_recovering = true, is_wanted = true,
        begun_real = 'epoch', passed_real = 'epoch'
)
UPDATE fleet SET height = height + 1, climbed_real = clock_timestamp() RETURNING height
"""

_RESTORE = """
INSERT INTO passes (account_id, user_id, is_recovering, is_restored, is_wanted)
SELECT a.account_id, a.user_id, true, true, true FROM accounts a
ON CONFLICT (account_id) DO UPDATE SET is_recovering = true, is_restored = true, is_wanted = true,
    begun_real = 'epoch', suspects = '{}'
"""

#: What was provably unsent is so no longer: the life that was lost may have sent it.
_DOUBT = """
WITH doubted AS (
    UPDATE orders SET state = 'unknown', sent_at = created_at, check_at = %(now)s, reason = %(why)s
    WHERE state = 'pending' RETURNING *
)
INSERT INTO order_events (user_id, bot_id, order_id, at, happening, state, detail, price, filled)
SELECT user_id, bot_id, order_id, %(now)s, 'restored', state, reason,
       (rungs -> rung ->> 0)::numeric, filled FROM doubted
"""
_WHY = "The database was restored: it may have been sent after what is known here."

_WANT = f"""
INSERT INTO passes (account_id, user_id, is_wanted)
SELECT a.account_id, a.user_id, true FROM accounts a
WHERE a.is_alive
  AND CASE WHEN %(account)s::uuid IS NULL THEN {_BUSY} ELSE a.account_id = %(account)s END
  AND (%(user)s::uuid IS NULL OR a.user_id = %(user)s)
ON CONFLICT (account_id) DO UPDATE SET is_wanted = true
RETURNING account_id
"""

#: Who is wanted, was not compared yet, or has something at its broker.
_TAKE = f"""
INSERT INTO passes AS old (account_id, user_id, begun_real, lease_until)
SELECT a.account_id, a.user_id, clock_timestamp(),
       clock_timestamp() + make_interval(secs => %(lease)s)
FROM accounts a LEFT JOIN passes p USING (account_id)
WHERE a.is_alive AND coalesce(p.lease_until, 'epoch') < clock_timestamp()
  AND (coalesce(p.is_wanted, false)
       OR coalesce(p.begun_real, 'epoch') < clock_timestamp() - make_interval(secs => %(every)s)
          AND (p.is_recovering OR {_BUSY}))
ORDER BY coalesce(p.is_wanted, false) DESC, coalesce(p.begun_real, 'epoch') LIMIT 1
ON CONFLICT (account_id) DO UPDATE SET begun_real = excluded.begun_real,
    lease_until = excluded.lease_until, is_wanted = false
WHERE old.lease_until < clock_timestamp()
  AND (old.is_wanted
       OR old.begun_real < clock_timestamp() - make_interval(secs => %(every)s))
RETURNING account_id, suspects
"""

_HELD = """
SELECT p.position_id, p.symbol, p.structure, p.legs, p.quantity AS units, p.opened_at,
       p.state = 'open' AS may_go
FROM positions p
JOIN bots b USING (bot_id)
WHERE b.account_id = %(account)s AND p.state IN ('open', 'closing')
UNION ALL
SELECT o.position_id, o.symbol, p.structure, o.legs, o.filled, p.opened_at, false
FROM orders o JOIN positions p USING (position_id)
WHERE o.account_id = %(account)s AND o.state IN ('sending', 'unknown', 'working', 'partial')
"""

_PASSED = """
INSERT INTO passes (account_id, user_id, passed_at, passed_real, suspects)
SELECT account_id, user_id, %(now)s, clock_timestamp(), %(suspects)s FROM accounts
WHERE account_id = %(account)s
ON CONFLICT (account_id) DO UPDATE SET is_recovering = false, is_restored = false, failure = '',
    lease_until = 'epoch', passed_at = excluded.passed_at, passed_real = excluded.passed_real,
    suspects = excluded.suspects
"""

_FOUND = """
INSERT INTO breaks AS old (user_id, account_id, kind, subject, detail, found_at, seen_at)
SELECT a.user_id, a.account_id, v.kind, v.subject, v.detail, %(now)s, %(now)s
FROM accounts a, unnest(%(kind)s::text[], %(subject)s::text[], %(detail)s::text[])
                 AS v(kind, subject, detail)
WHERE a.account_id = %(account)s
ON CONFLICT (account_id, kind, subject) DO UPDATE SET detail = excluded.detail,
    seen_at = excluded.seen_at, cleared_at = NULL,
    found_at = CASE WHEN old.cleared_at IS NULL THEN old.found_at ELSE excluded.found_at END
RETURNING kind, subject, detail, found_at = %(now)s AS is_new
"""

#: What is missing stays so until its owner has overridden it.
_CLEAR = """
UPDATE breaks k SET cleared_at = %(now)s
WHERE account_id = %(account)s AND cleared_at IS NULL AND seen_at < %(now)s
  AND NOT (kind = 'missing' AND EXISTS (
      SELECT FROM bots b JOIN positions p USING (bot_id)
      WHERE b.account_id = k.account_id AND p.state = 'missing'))
"""

_LINES = """
SELECT p.account_id, u.name AS user, a.broker, right(a.number, 4) AS number_end, p.is_recovering,
       p.is_restored, p.passed_at, p.failure,
       (SELECT count(*) FROM breaks k WHERE k.account_id = p.account_id AND k.cleared_at IS NULL)
           ::int AS breaks,
       (SELECT count(*) FROM orders o WHERE o.account_id = p.account_id AND o.state = 'unknown')
           ::int AS unknown
FROM passes p JOIN accounts a USING (account_id) JOIN users u ON u.user_id = a.user_id
WHERE (%(account)s::uuid IS NULL OR p.account_id = %(account)s) ORDER BY u.name, p.account_id
"""

_BREAKS = """
SELECT k.account_id, u.name AS user, a.broker, right(a.number, 4) AS number_end, k.kind, k.subject,
       k.detail, k.found_at, k.seen_at
FROM breaks k JOIN accounts a USING (account_id) JOIN users u ON u.user_id = a.user_id
WHERE k.cleared_at IS NULL AND (%(account)s::uuid IS NULL OR k.account_id = %(account)s)
ORDER BY k.found_at, u.name, k.kind, k.subject
"""


class PostgresPasses:
    """Keeps `botfleet.application.ports.passes.Passes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recover(self) -> int:
        """See the port."""
        with self._database.transaction() as connection:
            return execute(connection, _RECOVER).rowcount

    def height(self) -> int:
        """See the port."""
        with self._database.transaction() as connection:
            return execute(connection, "SELECT height FROM fleet").scalar_one_or_none() or 0

    def climb(self) -> int:
        """See the port."""
        with self._database.transaction() as connection:
            return execute(connection, _CLIMB, away=AWAY_S).scalar_one_or_none() or 0

    def restored(self, height: int, now: datetime) -> bool:
        """See the port."""
        with self._database.transaction() as connection:
            if not execute(connection, _RESTORED, height=height, now=now).rowcount:
                return False
            execute(connection, _RESTORE)
            execute(connection, _DOUBT, now=now, why=_WHY)
            return True

    def want(self, account: AccountId | None, user: UserId | None = None) -> Sequence[AccountId]:
        """See the port."""
        with self._database.transaction() as connection:
            found = execute(connection, _WANT, account=account, user=user)
            return [AccountId(one) for one in found.scalars()]

    def waiting(self, accounts: Sequence[AccountId]) -> Sequence[AccountId]:
        """See the port."""
        sql = """SELECT account_id FROM passes WHERE account_id = ANY(%(accounts)s::uuid[])
                   AND (is_wanted OR lease_until > clock_timestamp())"""
        with self._database.transaction() as connection:
            found = execute(connection, sql, accounts=list(accounts))
            return [AccountId(one) for one in found.scalars()]

    def take(self, every_s: float) -> tuple[AccountId, frozenset[str]] | None:
        """See the port."""
        with self._database.transaction() as connection:
            taken = rows(connection, _TAKE, every=every_s, lease=LEASE_S)
        if not taken:
            return None
        return AccountId(taken[0]["account_id"]), frozenset(taken[0]["suspects"])

    def held(self, account: AccountId) -> Sequence[Held]:
        """See the port."""
        with self._database.transaction() as connection:
            found = rows(connection, _HELD, account=account)
        return [_held(row) for row in found]

    def passed(self, account: AccountId, now: datetime, found: Passed) -> Sequence[Break]:
        """See the port."""
        breaks = {(one.kind, one.subject): one for one in found.breaks}
        with self._database.transaction() as connection:
            _alone(connection, account)
            execute(connection, _PASSED, account=account, now=now, suspects=sorted(found.suspects))
            written = rows(
                connection,
                _FOUND,
                account=account,
                now=now,
                kind=[one.kind.value for one in breaks.values()],
                subject=[one.subject for one in breaks.values()],
                detail=[one.detail for one in breaks.values()],
            )
            execute(connection, _CLEAR, account=account, now=now)
        return [_break(row) for row in written if row["is_new"]]

    def failed(self, account: AccountId, why: str) -> None:
        """See the port."""
        sql = """UPDATE passes SET failure = %(why)s, lease_until = 'epoch'
                 WHERE account_id = %(account)s"""
        with self._database.transaction() as connection:
            execute(connection, sql, account=account, why=why[:200])

    def miss(self, positions: Sequence[PositionId], why: str, now: datetime) -> Sequence[BotId]:
        """See the port."""
        sql = """UPDATE positions SET state = 'missing'
                 WHERE position_id = ANY(%(positions)s::uuid[]) AND state = 'open'
                 RETURNING position_id, user_id, bot_id"""
        with self._database.transaction() as connection:
            gone = rows(connection, sql, positions=list(positions))
            add_notices(connection, [_notice(row, why) for row in gone], now)
        return [BotId(row["bot_id"]) for row in gone]

    def lines(self, account: AccountId | None = None) -> Sequence[PassLine]:
        """See the port."""
        with self._database.transaction() as connection:
            return [PassLine(**row) for row in rows(connection, _LINES, account=account)]

    def counts(self) -> Mapping[BreakKind, int]:
        """See the port."""
        sql = "SELECT kind, count(*)::int AS n FROM breaks WHERE cleared_at IS NULL GROUP BY 1"
        with self._database.transaction() as connection:
            found = {row["kind"]: row["n"] for row in rows(connection, sql)}
        return {kind: found.get(kind.value, 0) for kind in BreakKind}

    def breaks(self, account: AccountId | None = None) -> Sequence[BreakLine]:
        """See the port."""
        with self._database.transaction() as connection:
            found = rows(connection, _BREAKS, account=account)
        return [BreakLine(**{**row, "kind": BreakKind(row["kind"])}) for row in found]


def _alone(connection: Connection, account: UUID) -> None:
    """Be the only one to write of this account's passes, until the transaction ends."""
    sql = "SELECT pg_advisory_xact_lock(hashtextextended(%(account)s::text, 0))"
    execute(connection, sql, account=account)


def _held(row: Mapping[str, Any]) -> Held:
    structure = Structure(row["structure"])
    legs = tuple(
        replace(leg, ratio=leg.ratio * shares_in(structure, leg)) for leg in read_legs(row["legs"])
    )
    named = (PositionId(row["position_id"]), row["symbol"], legs)
    return Held(*named, row["units"], row["opened_at"], row["may_go"])


def _break(row: Mapping[str, Any]) -> Break:
    return Break(BreakKind(row["kind"]), row["subject"], row["detail"])


def _notice(row: Mapping[str, Any], why: str) -> Notice:
    cause = f"{row['position_id']}/missing"
    return Notice(row["user_id"], row["bot_id"], "error", "missing", why, cause)
