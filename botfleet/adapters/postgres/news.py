"""News in Postgres: notices in the order of their transactions, those that still run held back.

A number alone would not do: it is drawn before its transaction commits, so a later one may be seen
first, and whoever goes on after it would miss the earlier one for ever. Transactions below the
oldest that still runs have all ended; what they wrote is there to stay.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from botfleet.adapters.postgres.database import Database, rows
from botfleet.application.ports.journal import NoticeLine
from botfleet.application.ports.news import News, Place
from botfleet.domain.ids import UserId

#: No number reaches it: the end of a transaction's notices.
_LAST = 2**62

_HERE = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest"

_TOLD = """
SELECT n.tx::text::bigint AS tx, n.seq, n.notice_id, n.bot_id, u.name AS user,
       coalesce(b.name, '') AS bot, n.at, n.level, n.code, n.message
FROM notices n JOIN users u USING (user_id) LEFT JOIN bots b ON b.bot_id = n.bot_id
WHERE n.user_id = %(user)s AND (n.tx, n.seq) > (%(tx)s::text::xid8, %(seq)s)
  AND n.tx < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY n.tx, n.seq LIMIT %(most)s
"""

#: Says who, not what: whoever wakes the streams of all sees no notice.
_SINCE = f"""
SELECT who_has_news(%(tx)s::text::xid8, %(seq)s) AS users, ({_HERE}) AS oldest
"""


class PostgresNewsroom:
    """Keeps `botfleet.application.ports.news.Newsroom`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def here(self) -> Place:
        """See the port."""
        with self._database.transaction() as connection:
            return Place(rows(connection, _HERE)[0]["oldest"] - 1, _LAST)

    def told(self, user: UserId, after: Place, most: int) -> Sequence[News]:
        """See the port."""
        given = {"user": user, "tx": after.transaction, "seq": after.number, "most": most}
        with self._database.transaction() as connection:
            return [_news(row) for row in rows(connection, _TOLD, **given)]

    def since(self, after: Place) -> tuple[frozenset[UserId], Place]:
        """See the port."""
        given = {"tx": after.transaction, "seq": after.number}
        with self._database.transaction() as connection:
            found = rows(connection, _SINCE, **given)[0]
        users = frozenset(UserId(user) for user in found["users"] or ())
        return users, Place(found["oldest"] - 1, _LAST)


def _news(row: Mapping[str, Any]) -> News:
    notice = NoticeLine(**{name: row[name] for name in NoticeLine.__slots__})
    return News(Place(row["tx"], row["seq"]), notice)
