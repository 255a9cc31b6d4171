"""Broker connections in Postgres: tokens sealed, bound to their user and account (S42, T1)."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import Connection as Session

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.application.ports.consents import Consent
from botfleet.application.ports.tokens import Connection, Refreshing, Tokens
from botfleet.domain.ids import AccountId, UserId
from botfleet.errors import NotFound

#: How long a connection that was read is believed, real seconds.
LIFE_S = 5.0
#: Encrypts or decrypts bytes for the place the string names.
Cipher = Callable[[bytes, str], bytes]

_SELECT = """SELECT account_id, user_id, broker, number, sealed FROM accounts
             WHERE account_id = %(account)s AND is_alive"""


class PostgresTokens:
    """Keeps `botfleet.application.ports.tokens.TokenStore`.

    A connection that was read is believed for `LIFE_S`: what another process did to it meanwhile is
    seen then, or at the broker's first refusal.
    """

    def __init__(self, database: Database, *, seal: Cipher, unseal: Cipher) -> None:
        self._database, self._seal, self._unseal = database, seal, unseal
        self._read_at: dict[AccountId, tuple[float, Connection]] = {}

    def connection(self, account: AccountId) -> Connection:
        """See the port."""
        read_at, connection = self._read_at.get(account, (0.0, None))
        if connection is not None and monotonic() - read_at < LIFE_S:
            return connection
        with self._database.transaction() as session:
            connection = self._read(session, account, _SELECT)
        self._read_at[account] = (monotonic(), connection)
        return connection

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
        with self._database.transaction() as session:
            execute(
                session,
                """INSERT INTO accounts (account_id, user_id, broker, number, sealed, expires_at)
                   VALUES (%(account)s, %(user)s, %(broker)s, %(number)s, %(sealed)s, %(expires)s)
                   ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed,
                       expires_at = excluded.expires_at, is_alive = true""",
                account=connection.account,
                user=connection.user,
                broker=connection.broker,
                number=connection.number,
                sealed=_sealed(connection, connection.tokens, self._seal),
                expires=connection.tokens.expires_at,
            )

    def disconnect(self, account: AccountId) -> None:
        """See the port: the row stays for what points at it, its tokens are gone."""
        self._read_at.pop(account, None)
        with self._database.transaction() as session:
            sql = """UPDATE accounts SET is_alive = false, sealed = ''
                     WHERE account_id = %(account)s"""
            execute(session, sql, account=account)

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

    def lose(self) -> None:
        """See the port."""
        sql = "UPDATE accounts SET is_alive = false WHERE account_id = %(account)s"
        execute(self._session, sql, account=self.connection.account)


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
