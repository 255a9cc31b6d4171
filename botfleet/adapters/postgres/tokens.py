"""Broker connections in Postgres: tokens sealed, bound to their user and account (S42, T1)."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import Connection as Session
from sqlalchemy.exc import IntegrityError

from botfleet.adapters.postgres.bounds import bound
from botfleet.adapters.postgres.channels import moved_channels
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.notices import add_notices
from botfleet.application.ports.batches import Notice
from botfleet.application.ports.consents import Consent
from botfleet.application.ports.tokens import Connection, ConnectionLine, Refreshing, Tokens
from botfleet.domain.fleet.bounds import BOUNDS, Bounds
from botfleet.domain.ids import AccountId, UserId
from botfleet.errors import InvariantBroken, NotFound, Refusal

#: How long a connection that was read is believed, real seconds.
LIFE_S = 5.0
#: Encrypts or decrypts bytes for the place the string names.
Cipher = Callable[[bytes, str], bytes]

_SELECT = """SELECT account_id, user_id, broker, number, sealed FROM accounts
             WHERE account_id = %(account)s AND is_alive"""


_BOTS = """SELECT b.user_id, b.bot_id, (SELECT count(*) FROM positions p
               WHERE p.bot_id = b.bot_id AND p.state IN ('open', 'closing'))::int AS positions
           FROM bots b WHERE b.account_id = %(account)s"""

_LINES = """
SELECT a.account_id, a.user_id, u.name AS user, a.broker, right(a.number, 4) AS number_end,
       a.is_alive, (SELECT count(*) FROM bots b WHERE b.account_id = a.account_id)::int AS bots,
       (SELECT count(*) FROM bots b JOIN positions p USING (bot_id)
        WHERE b.account_id = a.account_id AND p.state IN ('open', 'closing'))::int AS positions,
       extract(epoch FROM clock_timestamp() - a.consented_real)::float8 AS consented_s
FROM accounts a JOIN users u USING (user_id) ORDER BY u.name, a.broker, a.account_id
"""

_SOME = """SELECT account_id, user_id, sealed FROM accounts
           WHERE account_id > coalesce(%(after)s, '00000000-0000-0000-0000-000000000000'::uuid)
           ORDER BY account_id LIMIT %(most)s FOR UPDATE"""
_AWAY = "SELECT state, verifier FROM consents FOR UPDATE"

#: The name of the key stands in front of what is sealed under it, after its length.
_KEYS = """
SELECT convert_from(substring(s FROM 3 FOR get_byte(s, 1)), 'UTF8') AS key, count(*)::int AS n
FROM (SELECT sealed FROM accounts UNION ALL SELECT verifier FROM consents
      UNION ALL SELECT sealed FROM channels) AS v(s)
WHERE length(s) > 2 GROUP BY 1
"""


_CONNECT = """
INSERT INTO accounts (account_id, user_id, broker, number, sealed, expires_at)
VALUES (%(account)s, %(user)s, %(broker)s, %(number)s, %(sealed)s, %(expires)s)
ON CONFLICT (account_id) DO UPDATE
SET sealed = excluded.sealed, expires_at = excluded.expires_at, is_alive = true,
    consented_real = clock_timestamp()
RETURNING xmax = 0
"""
#: Logins of a user that may be under way at once; one more ends the oldest.
AWAY_MAX = 16
_KEEP_NEWEST = """
DELETE FROM consents WHERE user_id = %(user)s AND state NOT IN (
    SELECT state FROM consents WHERE user_id = %(user)s
    ORDER BY asked_at DESC, state = %(state)s DESC LIMIT %(most)s)
"""


class PostgresTokens:
    """Keeps `botfleet.application.ports.tokens.TokenStore`.

    A connection that was read is believed for `LIFE_S`: what another process did to it meanwhile is
    seen then, or at the broker's first refusal.
    """

    def __init__(
        self, database: Database, *, seal: Cipher, unseal: Cipher, bounds: Bounds = BOUNDS
    ) -> None:
        self._database, self._seal, self._unseal = database, seal, unseal
        self._bounds = bounds
        self._read_at: dict[AccountId, tuple[float, Connection]] = {}
        self._reading: defaultdict[AccountId, Lock] = defaultdict(Lock)

    def connection(self, account: AccountId) -> Connection:
        """See the port. Of threads that want the same one, one reads it."""
        known = self._known(account)
        if known is not None:
            return known
        with self._reading[account]:
            known = self._known(account)
            if known is None:
                known = self._opened(account)
                self._read_at[account] = (monotonic(), known)
        return known

    def _known(self, account: AccountId) -> Connection | None:
        read_at, connection = self._read_at.get(account, (0.0, None))
        return connection if monotonic() - read_at < LIFE_S else None

    def _opened(self, account: AccountId) -> Connection:
        """Read a connection; keys that were turned since are asked for once more."""
        try:
            with self._database.transaction() as session:
                return self._read(session, account, _SELECT)
        except InvariantBroken:
            with self._database.transaction() as session:
                return self._read(session, account, _SELECT)

    @contextmanager
    def refreshing(self, account: AccountId) -> Iterator[Refreshing]:
        """See the port: the row is locked until the block ends."""
        self._read_at.pop(account, None)
        with self._database.transaction() as session:
            connection = self._read(session, account, _SELECT + " FOR UPDATE")
            yield _Refreshing(session, connection, self._seal)

    def connect(self, connection: Connection) -> None:
        """See the port."""
        self._read_at.pop(connection.account, None)
        given: dict[str, Any] = {"broker": connection.broker, "number": connection.number}
        given |= {"account": connection.account, "user": connection.user}
        given["sealed"] = _sealed(connection, connection.tokens, self._seal)
        given["expires"] = connection.tokens.expires_at
        try:
            with self._database.transaction() as session:
                if execute(session, _CONNECT, **given).scalar_one():
                    bound(session, "accounts", {connection.user}, self._bounds.accounts)
        except IntegrityError:
            raise Refusal("This account is connected by somebody else here.") from None

    def disconnect(self, account: AccountId) -> None:
        """See the port: the row stays for what points at it, its tokens are gone."""
        self._read_at.pop(account, None)
        with self._database.transaction() as session:
            sql = """UPDATE accounts SET is_alive = false, sealed = ''
                     WHERE account_id = %(account)s"""
            execute(session, sql, account=account)

    def lines(self) -> Sequence[ConnectionLine]:
        """List every connection there is or was."""
        with self._database.transaction() as session:
            return [ConnectionLine(**row) for row in rows(session, _LINES)]

    def reseal_some(self, after: UUID | None, most: int, reseal: Cipher) -> tuple[int, UUID | None]:
        """See `botfleet.application.rotate.SealedStore`; the rest goes with the first batch."""
        with self._database.transaction() as session:
            found = rows(session, _SOME, after=after, most=most)
            moved = sum(_moved(session, row, reseal) for row in found)
            if after is None:
                moved += sum(_moved_consent(session, row, reseal) for row in rows(session, _AWAY))
                moved += moved_channels(session, reseal)
        return moved, AccountId(found[-1]["account_id"]) if len(found) == most else None

    def sealed_under(self) -> Mapping[str, int]:
        """See `botfleet.application.rotate.SealedStore`."""
        with self._database.transaction() as session:
            return {row["key"]: row["n"] for row in rows(session, _KEYS)}

    def _read(self, session: Session, account: AccountId, sql: str) -> Connection:
        found = rows(session, sql, account=account)
        if not found:
            raise NotFound("The account is not connected; its owner must connect it again.")
        return _connection(found[0], self._unseal)


class _Refreshing:
    """Keeps `botfleet.application.ports.tokens.Refreshing` while its row is locked."""

    def __init__(self, session: Session, connection: Connection, seal: Cipher) -> None:
        self._session, self.connection, self._seal = session, connection, seal

    def keep(self, tokens: Tokens) -> None:
        """See the port."""
        execute(
            self._session,
            """UPDATE accounts SET sealed = %(sealed)s, expires_at = %(expires)s
               WHERE account_id = %(account)s""",
            sealed=_sealed(self.connection, tokens, self._seal),
            expires=tokens.expires_at,
            account=self.connection.account,
        )

    def lose(self, now: datetime) -> None:
        """See the port."""
        account = self.connection.account
        sql = "UPDATE accounts SET is_alive = false WHERE account_id = %(account)s"
        execute(self._session, sql, account=account)
        bots = rows(self._session, _BOTS, account=account)
        notices = [
            Notice(row["user_id"], row["bot_id"], "error", "login_lost", _lost(row), f"login/{now}")
            for row in bots
        ]
        add_notices(self._session, notices, now)


class PostgresConsents:
    """Keeps `botfleet.application.ports.consents.Consents`."""

    def __init__(self, database: Database, *, seal: Cipher, unseal: Cipher) -> None:
        self._database, self._seal, self._unseal = database, seal, unseal

    def keep(self, consent: Consent) -> None:
        """See the port."""
        with self._database.transaction() as session:
            execute(
                session,
                """INSERT INTO consents (state, user_id, broker, verifier, asked_at)
                   VALUES (%(state)s, %(user)s, %(broker)s, %(verifier)s, %(at)s)""",
                state=consent.state,
                user=consent.user,
                broker=consent.broker,
                verifier=self._seal(consent.verifier.encode(), f"consent/{consent.state}"),
                at=consent.asked_at,
            )
            given = {"user": consent.user, "state": consent.state}
            execute(session, _KEEP_NEWEST, most=AWAY_MAX, **given)

    def take(self, state: str) -> Consent | None:
        """See the port."""
        with self._database.transaction() as session:
            sql = """DELETE FROM consents WHERE state = %(state)s
                     RETURNING user_id, broker, verifier, asked_at"""
            found = rows(session, sql, state=state)
        if not found:
            return None
        row = found[0]
        verifier = self._unseal(bytes(row["verifier"]), f"consent/{state}").decode()
        return Consent(UserId(row["user_id"]), row["broker"], row["asked_at"], state, verifier)


def _moved(session: Session, row: Mapping[str, Any], reseal: Cipher) -> int:
    """Seal an account's tokens under the current key; 0 where they are, or there are none."""
    sealed = bytes(row["sealed"])
    fresh = reseal(sealed, _binding(row["account_id"], row["user_id"])) if sealed else sealed
    if fresh == sealed:
        return 0
    sql = "UPDATE accounts SET sealed = %(sealed)s WHERE account_id = %(account)s"
    execute(session, sql, sealed=fresh, account=row["account_id"])
    return 1


def _moved_consent(session: Session, row: Mapping[str, Any], reseal: Cipher) -> int:
    verifier = bytes(row["verifier"])
    fresh = reseal(verifier, f"consent/{row['state']}")
    sql = "UPDATE consents SET verifier = %(verifier)s WHERE state = %(state)s"
    execute(session, sql, verifier=fresh, state=row["state"])
    return int(fresh != verifier)


def _lost(bot: Mapping[str, Any]) -> str:
    held = f"; {bot['positions']} positions are open there" if bot["positions"] else ""
    return f"The broker honours the login no longer{held}: connect the account again (E11)."


def _binding(account: AccountId, user: UserId) -> str:
    return f"account/{user}/{account}"


def _sealed(connection: Connection, tokens: Tokens, seal: Cipher) -> bytes:
    plain = {
        "access": tokens.access,
        "refresh": tokens.refresh,
        "expires_at": tokens.expires_at.isoformat(),
        "scope": tokens.scope,
    }
    return seal(json.dumps(plain).encode(), _binding(connection.account, connection.user))


def _connection(row: Mapping[str, Any], unseal: Cipher) -> Connection:
    account, user = AccountId(row["account_id"]), UserId(row["user_id"])
    plain = json.loads(unseal(bytes(row["sealed"]), _binding(account, user)))
    tokens = Tokens(
        plain["access"],
        plain["refresh"],
        datetime.fromisoformat(plain["expires_at"]),
        plain["scope"],
    )
    return Connection(account, user, row["broker"], row["number"], tokens)
