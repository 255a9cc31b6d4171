"""Accounts and what their owners granted: codes, access tokens and refresh tokens.

Only digests are kept: the book's file opens no door. A code is good once, for ten minutes, and only
with its verifier; a refresh token is good once, and gives its successor.
Source: RFC 6749 4.1 and 6, RFC 7636; documentation.tradier.com/brokerage-api/oauth.
"""

import hashlib
import hmac
import secrets
import sqlite3
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from botfleet.application.ports.clock import Clock
from botfleet.sandbox.store import Store

CODE_LIFE_S = 600
_DIGITS = 10**8


@dataclass(frozen=True, slots=True)
class Client:
    """An application registered with the broker."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...] = ("read", "trade")


@dataclass(frozen=True, slots=True)
class Issued:
    """What a grant became. The tokens leave the sandbox here and are nowhere kept."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int
    scope: str
    issued_at: datetime


class GrantError(Exception):
    """The grant is not good; the message is OAuth's error code."""


class Grants:
    """The sandbox's accounts and tokens, in the book's file."""

    def __init__(self, store: Store, clock: Clock, token_life_s: int) -> None:
        self._store, self._clock, self._token_life_s = store, clock, token_life_s

    def open_account(self, username: str, password: str) -> str | None:
        """Open an account and give its number; None if the name is taken by another password."""
        salt = secrets.token_bytes(16)
        number = f"SB{int(_digest(username), 16) % _DIGITS:08d}"
        row = (number, username, salt, _scrypt(password, salt), self._clock.now().isoformat())
        with self._store.work():
            try:
                self._store.db.execute("INSERT INTO accounts VALUES (?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError:
                return self.log_in(username, password)
        return number

    def log_in(self, username: str, password: str) -> str | None:
        """Give the account of a person, or None."""
        with self._store.work():
            found = self._store.db.execute(
                "SELECT * FROM accounts WHERE username = ?", (username,)
            ).fetchone()
        salt = found["salt"] if found else b"nobody's salt is as good as any"
        is_right = hmac.compare_digest(_scrypt(password, salt), found["secret"] if found else b"")
        return found["number"] if is_right else None

    def code(self, account: str, client: Client, redirect_uri: str, challenge: str) -> str:
        """Grant a client access to an account; the code comes back to `exchange`."""
        code = secrets.token_urlsafe(24)
        expires_at = self._clock.now() + timedelta(seconds=CODE_LIFE_S)
        scope, family = " ".join(client.scopes), _digest(code)
        row = (account, client.client_id, scope, expires_at.isoformat(), family)
        with self._store.work():
            self._insert(code, "code", row, redirect_uri, challenge)
        return code

    def exchange(self, client: Client, code: str, redirect_uri: str, verifier: str) -> Issued:
        """Turn a code into tokens, once.

        Raises:
            GrantError: it is unknown, spent, late, another client's, or its proof is wrong.
        """
        with self._store.work():
            grant = self._take("code", code, client)
            if grant["redirect_uri"] != redirect_uri or grant["challenge"] != challenge(verifier):
                raise GrantError("invalid_grant")
            return self._issue(grant)

    def refresh(self, client: Client, token: str) -> Issued:
        """Turn a refresh token into its successors, once.

        Raises:
            GrantError: it is unknown, spent or another client's.
        """
        with self._store.work():
            return self._issue(self._take("refresh", token, client))

    def account_of(self, token: str) -> str | None:
        """Give the account an access token opens now, or None."""
        with self._store.work():
            grant = self._store.db.execute(
                "SELECT account, expires_at FROM grants WHERE digest = ? AND kind = 'access'",
                (_digest(token),),
            ).fetchone()
        if grant is None or datetime.fromisoformat(grant["expires_at"]) <= self._clock.now():
            return None
        return str(grant["account"])

    def expire_tokens(self, account: str = "") -> None:
        """End every access token, or one account's."""
        with self._store.work():
            self._store.db.execute(
                "DELETE FROM grants WHERE kind = 'access' AND (? = '' OR account = ?)",
                (account, account),
            )

    def _take(self, kind: str, secret: str, client: Client) -> sqlite3.Row:
        grant: sqlite3.Row | None = self._store.db.execute(
            "SELECT * FROM grants WHERE digest = ? AND kind = ? AND client = ?",
            (_digest(secret), kind, client.client_id),
        ).fetchone()
        if grant is None or grant["is_spent"]:
            raise GrantError("invalid_grant")
        expires_at = grant["expires_at"]
        if expires_at and datetime.fromisoformat(expires_at) <= self._clock.now():
            raise GrantError("invalid_grant")
        self._store.db.execute(
            "UPDATE grants SET is_spent = 1 WHERE digest = ?", (grant["digest"],)
        )
        return grant

    def _issue(self, grant: sqlite3.Row) -> Issued:
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        now = self._clock.now()
        expires_at = (now + timedelta(seconds=self._token_life_s)).isoformat()
        whose = (grant["account"], grant["client"], grant["scope"])
        self._insert(access, "access", (*whose, expires_at, grant["family"]))
        self._insert(refresh, "refresh", (*whose, None, grant["family"]))
        return Issued(access, refresh, self._token_life_s, grant["scope"], now)

    def _insert(
        self,
        secret: str,
        kind: str,
        row: tuple[str, str, str, str | None, str],
        redirect_uri: str = "",
        challenge: str = "",
    ) -> None:
        self._store.db.execute(
            "INSERT INTO grants (digest, kind, account, client, scope, expires_at, family,"
            " redirect_uri, challenge) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_digest(secret), kind, *row, redirect_uri, challenge),
        )


def challenge(verifier: str) -> str:
    """Give the S256 challenge of a PKCE verifier."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
