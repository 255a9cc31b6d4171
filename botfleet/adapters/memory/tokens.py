"""Broker connections, and consents under way, in one process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Lock, RLock

from botfleet.application.ports.consents import Consent
from botfleet.application.ports.tokens import Connection, Tokens
from botfleet.domain.ids import AccountId
from botfleet.errors import NotFound

_CONSENTS_MAX = 10_000


class MemoryTokens:
    """Keeps `botfleet.application.ports.tokens.TokenStore`: one lock a connection."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._connections: dict[AccountId, Connection] = {}
        self._rows: dict[AccountId, RLock] = {}

    def connection(self, account: AccountId) -> Connection:
        """See the port."""
        with self._lock:
            if account not in self._connections:
                raise NotFound("No such account is connected; connect it (again).")
            return self._connections[account]

    @contextmanager
    def refreshing(self, account: AccountId) -> Iterator["_Held"]:
        """See the port."""
        with self._lock:
            row = self._rows.setdefault(account, RLock())
        with row:
            self.connection(account)
            yield _Held(self, account)

    def connect(self, connection: Connection) -> None:
        """See the port."""
        with self._lock:
            self._connections[connection.account] = connection

    def disconnect(self, account: AccountId) -> None:
        """See the port."""
        with self._lock:
            self._connections.pop(account, None)


class _Held:
    def __init__(self, store: MemoryTokens, account: AccountId) -> None:
        self._store, self._account = store, account

    @property
    def connection(self) -> Connection:
        return self._store.connection(self._account)

    def keep(self, tokens: Tokens) -> None:
        self._store.connect(replace(self.connection, tokens=tokens))

    def lose(self, _now: datetime) -> None:
        self._store.disconnect(self._account)


class MemoryConsents:
    """Keeps `botfleet.application.ports.consents.Consents`; the oldest give way to the newest."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, Consent] = {}

    def keep(self, consent: Consent) -> None:
        """See the port."""
        with self._lock:
            self._kept[consent.state] = consent
            if len(self._kept) > _CONSENTS_MAX:
                del self._kept[next(iter(self._kept))]

    def take(self, state: str) -> Consent | None:
        """See the port."""
        with self._lock:
            return self._kept.pop(state, None)
