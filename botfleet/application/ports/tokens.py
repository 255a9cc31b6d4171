"""What the fleet needs of the place where users' broker connections are kept.

Tokens are secrets: they have no repr, and only the broker adapters read them (S42). A refresh is
done by one worker at a time, and its fruit is kept before it is used: a rotated refresh token that
is lost cannot be had again (RELIABILITY 3.5, 37).
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from botfleet.domain.ids import AccountId, UserId


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a broker granted. `refresh` is None where the broker gives none."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_at: datetime
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """One user's account at one broker: `broker` by its name here, `number` by the broker's."""

    account: AccountId
    user: UserId
    broker: str
    number: str
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """A connection as doors show it; `consented_s` real seconds ago its owner logged in."""

    account_id: AccountId
    user_id: UserId
    user: str
    broker: str
    number_end: str
    is_alive: bool
    bots: int
    positions: int
    consented_s: float


class Refreshing(Protocol):
    """One connection, held by this worker alone. What it is told is durable as the block ends
    without an error, and undone by one.
    """

    @property
    def connection(self) -> Connection:
        """The connection as it was when held: another worker may have refreshed it before."""
        ...

    def keep(self, tokens: Tokens) -> None:
        """Store what the refresh gave; use it only after the block."""
        ...

    def lose(self, now: datetime) -> None:
        """Mark the connection dead, and tell the owner of every bot on it: they must consent."""
        ...


class TokenStore(Protocol):
    """Keeps connections. Every method raises `StoreUnavailable` when the store does not answer."""

    def connection(self, account: AccountId) -> Connection:
        """Give a living connection.

        Raises:
            NotFound: nobody connected it, or its owner must consent again.
        """
        ...

    def refreshing(self, account: AccountId) -> AbstractContextManager[Refreshing]:
        """Hold one connection alone; others wait.

        Raises:
            NotFound: as `connection`.
        """
        ...

    def connect(self, connection: Connection) -> None:
        """Keep a connection, new or anew.

        Raises:
            Refusal: the account is another user's here.
            TooMany: the user has as many as may be.
        """
        ...

    def disconnect(self, account: AccountId) -> None:
        """Forget a connection and its tokens; one never kept is no error."""
        ...
