"""Accounts and what their owners granted: codes, access tokens and refresh tokens.

Only digests are kept: the book's file opens no door. A code is good once, for ten minutes, and only
with its verifier. Whether a refresh token is good once and gives its successor, how long tokens
live, and whether there is anything to refresh, is each shape's own way. What one shape granted is
worth nothing at another's doors. Source: RFC 6749 4.1 and 6, RFC 7636.
"""

import hashlib
import hmac
import secrets
import sqlite3
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from botfleet.application.ports.clock import Clock
from botfleet.sandbox.shape import LoginDoors
from botfleet.sandbox.store import Store

CODE_LIFE_S = 600
_DIGITS = 10**8
#: Access tokens remembered; forgotten all at once.
_SEEN_MAX = 10_000
#: How long a user name may be, how short and long a password.
NAME_MAX, PASSWORD_MIN, PASSWORD_MAX = 80, 8, 200


@dataclass(frozen=True, slots=True)
class Client:
    """An application registered with the broker."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A client at one shape's login, and how that one grants."""

    client: Client
    shape: str
    login: LoginDoors

    @property
    def name(self) -> str:
        """What a grant is bound to."""
        return f"{self.shape}:{self.client.client_id}"


@dataclass(frozen=True, slots=True)
class Issued:
    """What a grant became. The tokens leave the sandbox here and are nowhere kept.

    `refresh` is None where there is none, or where the old one stays good.
    """

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_in: int | None
    scope: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class _Opens:
    """What an access token opens, and until when."""

    account: str
    client: str
    until: datetime | None


class GrantError(Exception):
    """The grant is not good; the message is OAuth's error code."""


class Grants:
    """The sandbox's accounts and tokens, in the book's file."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._seen: dict[str, _Opens] = {}

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

    def code(self, account: str, way: Way, redirect_uri: str, challenge: str) -> str:
        """Grant a client access to an account; the code comes back to `exchange`."""
        code = secrets.token_urlsafe(24)
        expires_at = self._clock.now() + timedelta(seconds=CODE_LIFE_S)
        scope, family = " ".join(way.login.scopes), _digest(code)
        row = (account, way.name, scope, expires_at.isoformat(), family)
        with self._store.work():
            self._insert(code, "code", row, redirect_uri, challenge)
        return code

    def exchange(self, way: Way, code: str, redirect_uri: str, verifier: str) -> Issued:
        """Turn a code into tokens, once.

        Raises:
            GrantError: it is unknown, spent, late, another client's, or its proof is wrong.
        """
        with self._store.work():
            grant = self._take("code", code, way)
            if grant["redirect_uri"] != redirect_uri or grant["challenge"] != challenge(verifier):
                raise GrantError("invalid_grant")
            return self._issue(grant, way)

    def refresh(self, way: Way, token: str) -> Issued:
        """Turn a refresh token into an access token, and into its successor where it rotates.

        Raises:
            GrantError: it is unknown, spent, late or another client's.
        """
        with self._store.work():
            return self._issue(self._take("refresh", token, way), way)

    def account_of(self, token: str, shape: str) -> str | None:
        """Give the account an access token opens now at this shape's doors, or None."""
        digest = _digest(token)
        with self._store.work():
            grant = self._store.db.execute(
                "SELECT account, client, expires_at FROM grants"
                " WHERE digest = ? AND kind = 'access'",
                (digest,),
            ).fetchone()
            if grant is None:
                return None
            if len(self._seen) >= _SEEN_MAX:
                self._seen.clear()
            opens = self._seen[digest] = _Opens(grant["account"], grant["client"], _ends(grant))
        return self._opened(opens, shape)

    def remembered(self, token: str, shape: str) -> str | None:
        """Do as `account_of`, of what it has seen before, without waiting for the book."""
        opens = self._seen.get(_digest(token))
        return self._opened(opens, shape) if opens else None

    def _opened(self, opens: "_Opens", shape: str) -> str | None:
        is_late = opens.until is not None and opens.until <= self._clock.now()
        return opens.account if opens.client.startswith(f"{shape}:") and not is_late else None

    def _is_late(self, grant: sqlite3.Row) -> bool:
        ends = _ends(grant)
        return ends is not None and ends <= self._clock.now()

    def expire_tokens(self, account: str = "") -> None:
        """End every access token, or one account's."""
        with self._store.work():
            self._store.db.execute(
                "DELETE FROM grants WHERE kind = 'access' AND (? = '' OR account = ?)",
                (account, account),
            )
            self._seen.clear()

    def _take(self, kind: str, secret: str, way: Way) -> sqlite3.Row:
        grant: sqlite3.Row | None = self._store.db.execute(
            "SELECT * FROM grants WHERE digest = ? AND kind = ? AND client = ?",
            (_digest(secret), kind, way.name),
        ).fetchone()
        if grant is None or grant["is_spent"] or self._is_late(grant):
            raise GrantError("invalid_grant")
        if kind == "code" or way.login.rotates:
            self._store.db.execute(
                "UPDATE grants SET is_spent = 1 WHERE digest = ?", (grant["digest"],)
            )
        return grant

    def _issue(self, grant: sqlite3.Row, way: Way) -> Issued:
        now, login = self._clock.now(), way.login
        whose = (grant["account"], grant["client"], grant["scope"])
        access = secrets.token_urlsafe(32)
        self._insert(access, "access", (*whose, _after(now, login.life_s), grant["family"]))
        refresh = None
        if login.life_s is not None and (grant["kind"] == "code" or login.rotates):
            refresh = secrets.token_urlsafe(32)
            ends = _after(now, login.refresh_life_s)
            self._insert(refresh, "refresh", (*whose, ends, grant["family"]))
        return Issued(access, refresh, login.life_s, grant["scope"], now)

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


def is_name(text: str) -> bool:
    """Say whether a person may be called so."""
    return 1 <= len(text) <= NAME_MAX


def is_password(text: str) -> bool:
    """Say whether a password will do."""
    return PASSWORD_MIN <= len(text) <= PASSWORD_MAX


def challenge(verifier: str) -> str:
    """Give the S256 challenge of a PKCE verifier."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _ends(grant: sqlite3.Row) -> datetime | None:
    return datetime.fromisoformat(grant["expires_at"]) if grant["expires_at"] else None


def _after(now: datetime, life_s: int | None) -> str | None:
    return None if life_s is None else (now + timedelta(seconds=life_s)).isoformat()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
