"""Lines to brokers: each one's connections, for all accounts and threads; good tokens on each.

A token the broker refuses is renewed; only what may be repeated is then sent again.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from botfleet.adapters.brokers.dialect import Ask
from botfleet.adapters.brokers.gate import Gate, HeldError, Unlimited
from botfleet.adapters.brokers.renewal import Renewal
from botfleet.adapters.brokers.sheets import SHEETS
from botfleet.adapters.brokers.wire import (
    Host,
    KeptBackError,
    Reply,
    SilenceError,
    Timeouts,
    bearer,
)
from botfleet.application.ports.authorizations import Authorization
from botfleet.application.ports.brokers import MayLeave
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.limits import Use
from botfleet.application.ports.tokens import Connection, TokenStore
from botfleet.domain.ids import AccountId
from botfleet.errors import BrokerUnavailable

_UNAUTHORIZED = 401


class Lines:
    """Thread-safe. `apis` gives each broker's API host by name.

    At most `threads` connections to each stay open. `is_strict` says that real money is there.
    """

    def __init__(  # noqa: PLR0913  what bootstrap plugs in
        self,
        tokens: TokenStore,
        clock: Clock,
        apis: Mapping[str, str],
        servers: Mapping[str, Authorization],
        *,
        timeouts: Timeouts | None = None,
        threads: int = 16,
        is_strict: bool = True,
        refresh_ahead: timedelta = timedelta(minutes=10),
        lost: Callable[[AccountId], None] = lambda _: None,
        gate: Gate | None = None,
    ) -> None:
        self.tokens, self.clock, self.is_strict = tokens, clock, is_strict
        lives = {broker: sheet.login.access_life for broker, sheet in SHEETS.items()}
        self._renewal = Renewal(tokens, clock, servers, refresh_ahead, lost, lives)
        waits = timeouts or Timeouts()
        self._hosts = {name: Host(api, waits, connections=threads) for name, api in apis.items()}
        self._gate = gate or Gate(Unlimited(), clock, {})

    def call(
        self,
        account: AccountId,
        ask: Ask,
        *,
        may_repeat: bool,
        may_leave: MayLeave | None = None,
    ) -> Reply:
        """Send one request of an account, with a token that is good for a while yet.

        Raises:
            SilenceError: no whole answer.
            HeldError: it is too much for the broker now, the broker is down, or the request may not
                leave any more; nothing was sent.
            BrokerUnavailable: the token could not be made good; nothing was sent.
        """
        connection = self._renewal.good(account)
        reply = self._send(connection, ask, may_leave)
        if reply.status != _UNAUTHORIZED:
            return reply
        try:
            renewed = self._renewal.renewed(account, connection.tokens.access, is_dead=True)
        except BrokerUnavailable:
            if may_repeat:
                raise
            return reply
        return self._send(renewed, ask, may_leave) if may_repeat else reply

    def _send(self, connection: Connection, ask: Ask, may_leave: MayLeave | None) -> Reply:
        host, token = self._hosts[connection.broker], bearer(connection.tokens.access)
        use = Use.QUESTION if ask.method == "GET" else Use.ORDER
        whose = connection.broker, str(connection.account), use
        turn = self._gate.enter(*whose)
        body: dict[str, Any] = {"form": ask.form, "json": ask.json}
        try:
            reply = host.send(
                ask.method, ask.path, authorization=token, may_leave=may_leave, **body
            )
        except KeptBackError:  # says nothing of the broker
            raise HeldError("Trading was stopped before it left", 0.0) from None
        except SilenceError:
            self._gate.leave(*whose, turn, None)
            raise
        self._gate.leave(*whose, turn, reply)
        return reply

    def wait_s(self, reply: Reply) -> float:
        """Say how long the broker wants to be left alone after a 429."""
        return self._gate.wait_s(reply)
