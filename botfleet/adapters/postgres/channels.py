"""Channels in Postgres: addresses sealed, one row a notice and channel."""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from botfleet.adapters.postgres.bounds import bound
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.application.ports.channels import ChannelLine, Parcel
from botfleet.domain.bots.description import ALERTS
from botfleet.domain.fleet.bounds import BOUNDS, Bounds
from botfleet.domain.ids import UserId, derive
from botfleet.errors import NotFound

Cipher = Callable[[bytes, str], bytes]

_ADD = """
INSERT INTO channels (channel_id, user_id, name, scheme, sealed, levels, created_at, tx)
VALUES (%(channel)s, %(user)s, %(name)s, %(scheme)s, %(sealed)s, %(levels)s::jsonb, %(now)s,
        pg_snapshot_xmin(pg_current_snapshot()))
ON CONFLICT (channel_id) DO UPDATE
SET scheme = excluded.scheme, sealed = excluded.sealed, levels = excluded.levels
RETURNING xmax = 0
"""

#: The one place that decides whether a notice `n` of a bot `b` is sent on to a channel `m`.
_IS_SENT_ON = f"""
    m.levels ? n.level
    AND (b.bot_id IS NULL OR b.alerts ? n.level OR n.level <> ALL (ARRAY{[str(a) for a in ALERTS]}))
"""

#: Every notice below the oldest transaction that still runs is there to stay (see `news`).
_ENLIST = f"""
WITH mine AS (
    SELECT channel_id, user_id, levels, tx FROM channels
    WHERE tx < pg_snapshot_xmin(pg_current_snapshot()) FOR UPDATE SKIP LOCKED
), made AS (
    INSERT INTO deliveries (channel_id, notice_id)
    SELECT m.channel_id, n.notice_id FROM mine m JOIN notices n USING (user_id)
    LEFT JOIN bots b USING (bot_id)
    WHERE n.tx >= m.tx AND n.tx < pg_snapshot_xmin(pg_current_snapshot()) AND {_IS_SENT_ON}
    ON CONFLICT DO NOTHING
)
UPDATE channels c SET tx = pg_snapshot_xmin(pg_current_snapshot())
FROM mine m WHERE c.channel_id = m.channel_id
"""

#: A carrier that took a parcel and was not heard of until `next_real` is dead.
_GIVE_UP = """
UPDATE deliveries SET state = 'failed', why = 'Nobody came back from the last try.'
WHERE state = 'sending' AND next_real <= clock_timestamp() AND attempts >= %(attempts_max)s
"""

_TAKE = """
UPDATE deliveries d SET state = 'sending', attempts = d.attempts + 1,
    next_real = clock_timestamp() + make_interval(secs => %(lease_s)s)
FROM notices n LEFT JOIN bots b USING (bot_id), channels c
WHERE (d.channel_id, d.notice_id) IN (
    SELECT channel_id, notice_id FROM deliveries
    WHERE state IN ('due', 'sending') AND next_real <= clock_timestamp()
    ORDER BY next_real LIMIT %(most)s FOR UPDATE SKIP LOCKED)
  AND n.notice_id = d.notice_id AND c.channel_id = d.channel_id
RETURNING d.channel_id, d.notice_id, d.attempts, c.sealed, n.level, coalesce(b.name, '') AS bot,
          n.message
"""

_MINE = "channel_id = %(channel)s AND notice_id = %(notice)s AND attempts = %(attempt)s"
_HOLD = f"""
UPDATE deliveries SET next_real = clock_timestamp() + make_interval(secs => %(lease_s)s)
WHERE state = 'sending' AND {_MINE}
"""
_SENT = """
UPDATE deliveries SET state = 'sent', why = ''
WHERE channel_id = %(channel)s AND notice_id = %(notice)s
"""
_NOT_SENT = f"""
UPDATE deliveries SET why = %(why)s,
    state = CASE WHEN %(again)s::float8 IS NULL THEN 'failed' ELSE 'due' END,
    next_real = clock_timestamp() + make_interval(secs => coalesce(%(again)s::float8, 0))
WHERE state = 'sending' AND {_MINE}
"""

_LINES = """
SELECT c.channel_id, u.name AS user, c.name, c.scheme, c.levels,
       count(d.notice_id) FILTER (WHERE d.state = 'sent')::int AS sent,
       count(d.notice_id) FILTER (WHERE d.state = 'failed')::int AS failed
FROM channels c JOIN users u USING (user_id) LEFT JOIN deliveries d USING (channel_id)
WHERE %(user)s::uuid IS NULL OR c.user_id = %(user)s
GROUP BY c.channel_id, u.name ORDER BY u.name, c.name
"""


class PostgresChannels:
    """Keeps `botfleet.application.ports.channels.Channels`."""

    def __init__(
        self, database: Database, *, seal: Cipher, unseal: Cipher, bounds: Bounds = BOUNDS
    ) -> None:
        self._database, self._seal, self._unseal = database, seal, unseal
        self._bounds = bounds

    def add(
        self, user: UserId, name: str, scheme: str, url: str, levels: Collection[str], now: datetime
    ) -> None:
        """See the port."""
        channel = derive("channel", user, name)
        with self._database.transaction() as connection:
            added = execute(
                connection,
                _ADD,
                channel=channel,
                user=user,
                name=name,
                scheme=scheme,
                sealed=self._seal(url.encode(), binding(channel)),
                levels=json.dumps(sorted(levels)),
                now=now,
            )
            if added.scalar_one():
                bound(connection, "channels", {user}, self._bounds.channels)

    def remove(self, user: UserId, name: str) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            sql = "DELETE FROM channels WHERE user_id = %(user)s AND name = %(name)s"
            if not execute(connection, sql, user=user, name=name).rowcount:
                raise NotFound("There is no such channel.")

    def lines(self, user: UserId | None) -> Sequence[ChannelLine]:
        """See the port."""
        with self._database.transaction() as connection:
            found = rows(connection, _LINES, user=user)
        return [ChannelLine(**(row | {"levels": tuple(row["levels"])})) for row in map(dict, found)]

    def address(self, user: UserId, name: str) -> str:
        """See the port."""
        sql = """SELECT channel_id, sealed FROM channels
                 WHERE user_id = %(user)s AND name = %(name)s"""
        with self._database.transaction() as connection:
            found = rows(connection, sql, user=user, name=name)
        if not found:
            raise NotFound("There is no such channel.")
        return self._url(found[0]["channel_id"], found[0]["sealed"])

    def enlist(self) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            execute(connection, _ENLIST)

    def take(self, most: int, lease_s: float, attempts_max: int) -> Sequence[Parcel]:
        """See the port."""
        with self._database.transaction() as connection:
            execute(connection, _GIVE_UP, attempts_max=attempts_max)
            taken = rows(connection, _TAKE, most=most, lease_s=lease_s)
        return [
            Parcel(
                row["channel_id"],
                row["notice_id"],
                self._url(row["channel_id"], row["sealed"]),
                f"{row['bot']}: {row['level']}" if row["bot"] else row["level"],
                row["message"],
                row["attempts"],
            )
            for row in taken
        ]

    def hold(self, parcel: Parcel, lease_s: float) -> bool:
        """See the port."""
        with self._database.transaction() as connection:
            return execute(connection, _HOLD, lease_s=lease_s, **_named(parcel)).rowcount == 1

    def record(self, parcel: Parcel, failure: str, again_in_s: float | None) -> None:
        """See the port."""
        given = _named(parcel)
        with self._database.transaction() as connection:
            if failure:
                execute(connection, _NOT_SENT, why=failure, again=again_in_s, **given)
            else:
                execute(connection, _SENT, **given)

    def _url(self, channel: UUID, sealed: bytes) -> str:
        return self._unseal(bytes(sealed), binding(channel)).decode()


def _named(parcel: Parcel) -> dict[str, Any]:
    return {
        "channel": parcel.channel_id,
        "notice": parcel.notice_id,
        "attempt": parcel.attempts,
    }


def binding(channel: UUID) -> str:
    """Name what a channel's address is sealed to."""
    return f"channel/{channel}"


def moved_channels(connection: Connection, reseal: Cipher) -> int:
    """Seal addresses under the current key; give how many were not."""
    moved = 0
    for row in rows(connection, "SELECT channel_id, sealed FROM channels FOR UPDATE"):
        fresh = reseal(bytes(row["sealed"]), binding(row["channel_id"]))
        if fresh != bytes(row["sealed"]):
            sql = "UPDATE channels SET sealed = %(sealed)s WHERE channel_id = %(channel)s"
            execute(connection, sql, sealed=fresh, channel=row["channel_id"])
            moved += 1
    return moved
