"""How old an answer may be (R17): five seconds while the market is open, by the feed's own stamp.

Ages are market time, whichever clock the fleet goes by. An option that did not trade shows an old
stamp on a living feed, so what counts for a contract is its underlying's quote (triggers 4.4).
"""

from collections.abc import Mapping
from datetime import datetime

from botfleet.domain.market.calendar import is_open
from botfleet.domain.market.quotes import Quote

FRESH_S = 5.0


def stale(quotes: Mapping[str, Quote], now: datetime) -> dict[str, float]:
    """Name the underlyings whose quotes are too old to be acted on, with their ages in seconds."""
    ages = {symbol: (now - quote.at).total_seconds() for symbol, quote in quotes.items()}
    old = {symbol: age for symbol, age in ages.items() if age > FRESH_S}
    return old if old and is_open(now) else {}
