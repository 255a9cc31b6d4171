"""Lines to brokers: each one's connections, for all accounts and threads; good tokens on each.

A token the broker refuses is renewed; only what may be repeated is then sent again.
"""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from botfleet.adapters.brokers.dialect import Ask
from botfleet.adapters.brokers.gate import Gate, HeldError, Unlimited
from botfleet.adapters.brokers.renewal import Renewal
from botfleet.adapters.brokers.sheets import SHEETS
from botfleet.adapters.brokers.wire import Host, Reply, Timeouts, bearer
from botfleet.application.ports.authorizations import Authorization
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.limits import Use
from botfleet.application.ports.tokens import Connection, TokenStore
from botfleet.domain.ids import AccountId
from botfleet.errors import BrokerUnavailable

_UNAUTHORIZED = 401
#: An order leaves this soon after its switches were looked at, or they are looked at again.
_AT_ONCE_S = 0.5


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
        real_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tokens, self.clock, self.is_strict = tokens, clock, is_strict
        lives = {broker: sheet.login.access_life for broker, sheet in SHEETS.items()}
        self._renewal = Renewal(tokens, clock, servers, refresh_ahead, lost, lives)
        waits = timeouts or Timeouts()
        self._hosts = {name: Host(api, waits, connections=threads) for name, api in apis.items()}
        self._gate = gate or Gate(Unlimited(), clock, {})
        self._real_s = real_s

    def call(self, account: AccountId, ask: Ask, *, may_repeat: bool) -> Reply:
        """Send one request of an account, with a token that is good for a while yet.

        Raises:
            SilenceError: no whole answer.
            HeldError: it is too much for the broker now, the broker is down, or the token took so
                long that what may be sent once is to be looked at again; nothing was sent.
            BrokerUnavailable: the token could not be made good; nothing was sent.
        """
        began_s, connection = self._real_s(), self._renewal.good(account)
        if not may_repeat and self._real_s() - began_s > _AT_ONCE_S:
            raise HeldError("The account's login took its time", 0.0)
        reply = self._send(connection, ask)
        if reply.status != _UNAUTHORIZED:
            return reply
        try:
            renewed = self._renewal.renewed(account, connection.tokens.access, is_dead=True)
        except BrokerUnavailable:
            if may_repeat:
                raise
            return reply
        return self._send(renewed, ask) if may_repeat else reply

    def _send(self, connection: Connection, ask: Ask) -> Reply:
        host, token = self._hosts[connection.broker], bearer(connection.tokens.access)
        use = Use.QUESTION if ask.method == "GET" else Use.ORDER
        whose = connection.broker, str(connection.account), use
        turn, reply = self._gate.enter(*whose), None
        try:
            reply = host.send(
                ask.method, ask.path, authorization=token, form=ask.form, json=ask.json
            )
        finally:
            self._gate.leave(*whose, turn, reply)
        return reply

    def wait_s(self, reply: Reply) -> float:
        """Say how long the broker wants to be left alone after a 429."""
        return self._gate.wait_s(reply)
