"""Bounds in Postgres: whoever has added to a table is held to what one user may keep there.

It is looked at last in a transaction, after what was added: from there on additions of one user go
one after another, so each counts all before it, and one too many takes its whole transaction back.
"""

from collections.abc import Collection

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import execute
from botfleet.domain.ids import UserId
from botfleet.errors import TooMany

#: Users share locks, so that many at once need no more of them than a server has.
_LOCK = """
SELECT pg_advisory_xact_lock(53, part)
FROM (SELECT DISTINCT hashtext(%(table)s || one) & 255 AS part
      FROM unnest(%(users)s::text[]) AS u(one) ORDER BY 1) AS parts
"""
_BEYOND = """
SELECT FROM {} WHERE user_id = ANY(%(users)s::uuid[])
GROUP BY user_id HAVING count(*) > %(most)s LIMIT 1
"""


def bound(connection: Connection, table: str, users: Collection[UserId], most: int) -> None:
    """See that none of these users, who have added to a table just now, has more than `most` there.

    Raises:
        TooMany: one has.
    """
    if not users:
        return
    execute(connection, _LOCK, table=table, users=[str(user) for user in users])
    if execute(connection, _BEYOND.format(table), users=list(users), most=most).rowcount:
        kind, are = (table.removesuffix("s"), "is") if most == 1 else (table, "are")
        raise TooMany(f"There may be {most:,} {kind} of one user, and there {are}.")
