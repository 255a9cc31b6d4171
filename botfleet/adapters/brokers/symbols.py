"""Contracts as each broker spells them.

SPY260320P00095000      Tradier, Alpaca: the OCC symbol without padding
SPY   260320P00095000   Schwab, tastytrade: the OCC symbol, its root padded to six
SPY 260320P95           TradeStation: root, a space, date, right, and the strike in dollars
"""

import re
from datetime import datetime
from decimal import Decimal

from botfleet.domain.market.instruments import Option, Right, is_ticker, occ, parse_occ

_SPACED = re.compile(r"([A-Z]{1,6}) (\d{6})([CP])(\d{1,5}(?:\.\d{1,3})?)")


def padded(option: Option) -> str:
    """Write the OCC symbol of 21 characters."""
    return option.root.ljust(6) + occ(option)[len(option.root) :]


def spaced(option: Option) -> str:
    """Write TradeStation's spelling."""
    letter = "C" if option.right is Right.CALL else "P"
    strike = f"{option.strike.normalize():f}"
    return f"{option.root} {option.expires_on:%y%m%d}{letter}{strike}"


def parse_spaced(symbol: str) -> Option:
    """Read TradeStation's spelling.

    Raises:
        ValueError: it is not one.
    """
    match = _SPACED.fullmatch(symbol)
    if match is None:
        raise ValueError(symbol)
    root, day, letter, strike = match.groups()
    expires_on = datetime.strptime(day + "+0000", "%y%m%d%z").date()
    return Option(root, expires_on, Right.CALL if letter == "C" else Right.PUT, Decimal(strike))


def ticker(symbol: str) -> str:
    """Let a ticker through.

    Raises:
        ValueError: it is none.
    """
    if not is_ticker(symbol):
        raise ValueError(symbol)
    return symbol


def option_of(symbol: str) -> Option | None:
    """Read the option an OCC symbol names; None for a ticker.

    Raises:
        ValueError: it is neither.
    """
    if is_ticker(symbol):
        return None
    return parse_occ(symbol)


def name_of(option: Option | None, symbol: str) -> str:
    """Name an instrument as `Holding` does."""
    return occ(option) if option else symbol
