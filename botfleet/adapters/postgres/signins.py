"""Sign-ins of browsers in Postgres; of key and token the hashes only.

A sign-in lasts no longer than the token it was begun with is its user's.
"""

import secrets
from datetime import datetime

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.roster import hashed, user_in
from botfleet.application.ports.roster import User
from botfleet.domain.ids import UserId

#: Browsers a user may be signed in with at once; one more ends the oldest.
SIGNINS_MAX = 16

_BEGIN = """
INSERT INTO signins (user_id, key_hash, token_hash, ends_real)
VALUES (%(user)s, %(key)s, %(token)s, %(ends)s)
"""
_KEEP_NEWEST = """
DELETE FROM signins WHERE user_id = %(user)s AND key_hash NOT IN (
    SELECT key_hash FROM signins WHERE user_id = %(user)s AND ends_real > %(now)s
    ORDER BY ends_real DESC LIMIT %(most)s)
"""


class PostgresSignins:
    """Begun, known and ended, by keys that browsers keep; times are real."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, user: UserId, token: str, *, now: datetime, ends: datetime) -> str:
        """Sign a browser in with its user's token; give its key."""
        key = secrets.token_urlsafe(32)
        given = {"user": user, "key": hashed(key), "token": hashed(token)}
        with self._database.transaction() as connection:
            execute(connection, _BEGIN, ends=ends, **given)
            execute(connection, _KEEP_NEWEST, user=user, now=now, most=SIGNINS_MAX)
        return key

    def user_of(self, key: str, now: datetime) -> User | None:
        """Give the user behind a key; None where there is none, or it has ended."""
        with self._database.transaction() as connection:
            sql = "SELECT * FROM who_signed_in(%(key)s, %(now)s)"
            found = rows(connection, sql, key=hashed(key), now=now)
            return user_in(found[0]) if found else None

    def end(self, key: str) -> None:
        """End a sign-in of whom one acts as."""
        with self._database.transaction() as connection:
            execute(connection, "DELETE FROM signins WHERE key_hash = %(key)s", key=hashed(key))
