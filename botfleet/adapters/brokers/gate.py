"""Before and after each call: is it within the broker's limits, is the broker up?

Of a documented limit 90 % is used: a fifth of that at once, the rest spread over its window, so
that no window of any place sees more. Where a broker counts orders and questions together,
questions leave a quarter for orders. A 429 empties the bucket for every worker until the broker's
own time.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from botfleet.adapters.brokers.sheets import Rate, Sheet
from botfleet.adapters.brokers.wire import Reply
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.limits import Allowance, Limits, Turn, Use
from botfleet.application.ports.outages import Outages
from botfleet.errors import BrokerUnavailable

SHARE, AT_ONCE, FOR_ORDERS = 0.9, 0.2, 0.25
TOO_MANY, BROKEN = 429, 500
#: How long everybody waits after a 429 that says no time, and at most.
WAIT_S, WAIT_S_MAX = 15.0, 900.0
_DOWN, _MUCH = "The broker does not answer", "The broker's limit of use is reached"


class HeldError(BrokerUnavailable):
    """Nothing was sent: the limit of use is reached, the broker is down, or time went by."""

    def __init__(self, why: str, wait_s: float, *, is_down: bool = False) -> None:
        super().__init__(f"{why}; try again in {wait_s:.1f} s.")
        self.wait_s, self.is_down = wait_s, is_down


class Unlimited:
    """Keeps `Limits` for who calls a broker that has none: every call may go."""

    def turn(self, _broker: str, _bucket: str, _allowance: Allowance) -> Turn:
        """See the port."""
        return Turn(is_free=True)

    def answered(self, _broker: str) -> None:
        """See the port."""

    def failed(self, _broker: str) -> float:
        """See the port."""
        return 0.0

    def exceeded(self, _broker: str, _bucket: str, _wait_s: float) -> None:
        """See the port."""


class Unwatched:
    """Keeps `Outages` for who decides nothing by them."""

    def begin(self, _broker: str, _wait_s: float) -> None:
        """See the port."""

    def end(self, _broker: str) -> None:
        """See the port."""

    def lasting(self) -> tuple[str, ...]:
        """See the port."""
        return ()


class Gate:
    """Thread-safe. `sheets` by broker; one left out has no documented limit."""

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        sheets: Mapping[str, Sheet],
        outages: Outages | None = None,
    ) -> None:
        self._limits, self._clock, self._sheets = limits, clock, dict(sheets)
        self._outages = outages or Unwatched()

    def enter(self, broker: str, credential: str, use: Use) -> Turn:
        """Take a turn.

        Raises:
            HeldError: not now.
        """
        bucket, allowance = self._bucket(broker, credential, use)
        turn = self._limits.turn(broker, bucket, allowance)
        if not turn.is_free:
            why = _DOWN if turn.is_down else _MUCH
            raise HeldError(why, turn.wait_s, is_down=turn.is_down)
        return turn

    def leave(
        self, broker: str, credential: str, use: Use, turn: Turn, reply: Reply | None
    ) -> None:
        """Tell how the call ended; None: without an answer."""
        if reply is None or reply.status >= BROKEN:
            if wait_s := self._limits.failed(broker):
                self._outages.begin(broker, wait_s)
            return
        if turn.is_watched:
            self._limits.answered(broker)
            self._outages.end(broker)
        if reply.status == TOO_MANY:
            bucket, _ = self._bucket(broker, credential, use)
            self._limits.exceeded(broker, bucket, self.wait_s(reply))

    def wait_s(self, reply: Reply) -> float:
        """Read how long a broker wants to be left alone."""
        text = str(reply.headers.get("Retry-After", "")).strip()
        if text.isascii() and text.isdigit():
            return min(float(text), WAIT_S_MAX)
        try:
            wait = parsedate_to_datetime(text) - self._clock.now()
        except (TypeError, ValueError):
            return WAIT_S
        return min(max(wait.total_seconds(), 1.0), WAIT_S_MAX)

    def _bucket(self, broker: str, credential: str, use: Use) -> tuple[str, Allowance]:
        sheet = self._sheets.get(broker)
        if sheet is None:
            return f"{credential}:{use.value}", Allowance()
        rates = sheet.rates
        is_shared = rates["order"] == rates["question"]
        rate = rates[use.value]
        reserve = FOR_ORDERS if is_shared and use is Use.QUESTION else 0.0
        name = "all" if is_shared else use.value
        return f"{credential}:{name}", allowance(rate, reserve)


def allowance(rate: Rate, reserve: float = 0.0) -> Allowance:
    """Turn a documented limit into a bucket; what it lets out in any window is 90 % of it."""
    most = rate.count * SHARE
    burst = max(1.0, most * AT_ONCE)
    return Allowance(burst, (most - burst) / rate.window.total_seconds(), burst * reserve)
