"""Tokens that stay good: refreshed ahead of their end, by one worker, without a retry storm."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from types import MappingProxyType

from botfleet.application.ports.authorizations import Authorization
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.tokens import Connection, Tokens, TokenStore
from botfleet.domain.ids import AccountId
from botfleet.errors import BadInput, BrokerUnavailable, NotFound

DEAD = "Invalid Authorization: the account must be connected again."
_REST = timedelta(seconds=60)
_RESTS_MAX = 4_096


class Renewal:
    """Thread-safe. `lost` hears of an account whose login has ended; `lives` says how long each
    broker's tokens last.

    What it rests from is forgotten with the process: at worst one more refresh.
    """

    def __init__(
        self,
        tokens: TokenStore,
        clock: Clock,
        servers: Mapping[str, Authorization],
        ahead: timedelta,
        lost: Callable[[AccountId], None] = lambda _: None,
        lives: Mapping[str, timedelta] = MappingProxyType({}),
    ) -> None:
        self._lives = lives
        self._tokens, self._clock, self._servers = tokens, clock, dict(servers)
        self._refresh_ahead, self._lost = ahead, lost
        self._lock = Lock()
        self._rests: dict[AccountId, datetime] = {}

    def good(self, account: AccountId) -> Connection:
        """Give a connection whose token lasts, refreshing ahead of its end."""
        connection = self._connection(account)
        now = self._clock.now()
        expires_at = connection.tokens.expires_at
        if now + self._ahead(connection.broker) < expires_at or self._rests_now(connection):
            return connection
        return self.renewed(account, connection.tokens.access, is_dead=now >= expires_at)

    def _ahead(self, broker: str) -> timedelta:
        """Give how long before its end a token is refreshed: of a short life a third."""
        return min(self._refresh_ahead, self._lives.get(broker, 3 * self._refresh_ahead) / 3)

    def _rests_now(self, connection: Connection) -> bool:
        now = self._clock.now()
        rests_until = self._rests.get(connection.account, now)
        return now < min(rests_until, connection.tokens.expires_at)

    def _connection(self, account: AccountId) -> Connection:
        try:
            return self._tokens.connection(account)
        except NotFound:
            raise BrokerUnavailable(DEAD) from None

    def renewed(self, account: AccountId, access: str, *, is_dead: bool) -> Connection:
        """Refresh the token `access`, unless another worker did: one call, whoever else waits.

        While the old token lives it is used on when the login is silent or refuses, and the login
        left alone for a while. Once it is dead a refusal ends the connection: no retry storm.

        Raises:
            BrokerUnavailable: the login was silent, or the owner must consent again.
        """
        error: BrokerUnavailable | BadInput | None = None
        try:
            with self._tokens.refreshing(account) as held:
                connection = held.connection
                if connection.tokens.access != access or (
                    not is_dead and self._rests_now(connection)
                ):
                    return connection
                tokens, error = self._refreshed(connection)
                if tokens is not None:
                    held.keep(tokens)
                    connection = replace(connection, tokens=tokens)
                elif is_dead and isinstance(error, BadInput):
                    held.lose(self._clock.now())
        except NotFound:
            raise BrokerUnavailable(DEAD) from None
        if error is not None:
            if is_dead and isinstance(error, BadInput):
                self._lost(account)
            if is_dead:
                raise BrokerUnavailable(DEAD if isinstance(error, BadInput) else str(error))
            self._rest(connection, is_refused=isinstance(error, BadInput))
        return connection

    def _refreshed(
        self, connection: Connection
    ) -> tuple[Tokens | None, BrokerUnavailable | BadInput | None]:
        """Refresh; an error is handed back, for raising it would undo what the store was told."""
        try:
            return self._servers[connection.broker].refresh(connection.tokens), None
        except (BrokerUnavailable, BadInput) as error:
            return None, error

    def _rest(self, connection: Connection, *, is_refused: bool) -> None:
        ends = connection.tokens.expires_at
        until = ends if is_refused else min(ends, self._clock.now() + _REST)
        with self._lock:
            self._rests[connection.account] = until
            if len(self._rests) > _RESTS_MAX:
                del self._rests[next(iter(self._rests))]
