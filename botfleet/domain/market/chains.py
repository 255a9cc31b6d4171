"""One expiration of one underlying: every listed strike, both rights."""

from dataclasses import dataclass
from datetime import date, datetime

from botfleet.domain.market.instruments import Right
from botfleet.domain.market.quotes import OptionQuote, Quote


@dataclass(frozen=True, slots=True)
class Chain:
    """The options of `symbol` that expire on `expires_on`, each right by rising strike."""

    symbol: str
    expires_on: date
    at: datetime
    underlying: Quote
    calls: tuple[OptionQuote, ...]
    puts: tuple[OptionQuote, ...]

    def side(self, right: Right) -> tuple[OptionQuote, ...]:
        """Give the strikes of one right, rising."""
        return self.calls if right is Right.CALL else self.puts
