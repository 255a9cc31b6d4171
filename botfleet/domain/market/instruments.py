"""What can be traded: listed options, named by their OCC symbol, and shares.

Source: OCC symbology: root padded to six in the 21-character form, yymmdd, C or P, and the strike
in thousandths on eight digits. Brokers drop the padding, and so do we.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from botfleet.domain.money import CENT

MULTIPLIER = 100
_NICKEL = Decimal("0.05")
#: Underlyings whose options trade as one in steps of a nickel (spec 3.6; Cboe, complex orders).
_BY_NICKELS = frozenset({"SPX"})
#: Symbols remembered as read: a fleet meets few, and meets them again and again.
_READ_MAX = 16_384
_OCC = re.compile(r"([A-Z]{1,6})\s*(\d{6})([CP])(\d{8})")
_TICKER = re.compile(r"[A-Z][A-Z0-9]{0,5}([./][A-Z]{1,2})?")


class Right(StrEnum):
    """What the buyer may do with the underlying."""

    CALL = "call"
    PUT = "put"


class Kind(StrEnum):
    """What an underlying is."""

    STOCK = "stock"
    ETF = "etf"
    INDEX = "index"


class Option(NamedTuple):
    """A listed option; 100 shares a contract."""

    root: str
    expires_on: date
    right: Right
    strike: Decimal


def occ(option: Option) -> str:
    """Write the OCC symbol without padding, as brokers' APIs do: `GOOG151224C00750000`."""
    letter = "C" if option.right is Right.CALL else "P"
    return f"{option.root}{option.expires_on:%y%m%d}{letter}{int(option.strike * 1000):08d}"


@lru_cache(maxsize=_READ_MAX)
def parse_occ(symbol: str) -> Option:
    """Read an OCC symbol.

    Raises:
        ValueError: it is not one.
    """
    match = _OCC.fullmatch(symbol)
    if match is None:
        raise ValueError(symbol)
    root, day, letter, thousandths = match.groups()
    expires_on = date.fromisoformat(f"20{day}")
    right = Right.CALL if letter == "C" else Right.PUT
    return Option(root, expires_on, right, Decimal(int(thousandths)) / 1000)


def tick_of(symbol: str) -> Decimal:
    """Give the step of net prices a share, of orders on an underlying."""
    return _NICKEL if symbol in _BY_NICKELS else CENT


def is_ticker(text: str) -> bool:
    """Say whether `text` could name an underlying: `SPY`, `BRK.B`."""
    return _TICKER.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a trade: `ratio` > 0 is bought, < 0 is sold. Shares have no `option`."""

    option: Option | None
    ratio: int
