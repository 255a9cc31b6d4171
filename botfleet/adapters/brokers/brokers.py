"""The accounts users connected, at whichever broker each is."""

from collections.abc import Mapping
from datetime import timedelta

from botfleet.adapters.brokers.account import WireAccount
from botfleet.adapters.brokers.alpaca import Alpaca
from botfleet.adapters.brokers.dialect import Dialect
from botfleet.adapters.brokers.lines import Lines
from botfleet.adapters.brokers.schwab import Schwab
from botfleet.adapters.brokers.tastytrade import Tastytrade
from botfleet.adapters.brokers.tradestation import TradeStation
from botfleet.adapters.brokers.tradier import Tradier
from botfleet.application.ports.brokers import BrokerAccount
from botfleet.domain.ids import AccountId
from botfleet.errors import NotFound

#: Every broker's language, by the name in a connection.
DIALECTS: Mapping[str, Dialect] = {
    dialect.sheet.name: dialect
    for dialect in (Tradier(), Schwab(), TradeStation(), Tastytrade(), Alpaca())
}

#: How long a login lasts at most where it does not last for ever, by broker.
LOGIN_LIVES: Mapping[str, timedelta] = {
    name: life
    for name, dialect in DIALECTS.items()
    if (life := dialect.sheet.login.consent_life) is not None
}


class WireBrokers:
    """Keeps `Brokers`: accounts at the brokers of `dialects`."""

    def __init__(self, lines: Lines, dialects: Mapping[str, Dialect] = DIALECTS) -> None:
        self._lines, self._dialects = lines, dict(dialects)

    def account(self, account: AccountId) -> BrokerAccount:
        """See the port."""
        connection = self._lines.tokens.connection(account)
        dialect = self._dialects.get(connection.broker)
        if dialect is None:
            raise NotFound("There is no such broker.")
        return WireAccount(self._lines, account, connection.number, dialect)
