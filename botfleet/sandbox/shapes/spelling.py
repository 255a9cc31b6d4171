"""Contracts and numbers as brokers spell them, read and written from behind the counter."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from botfleet.domain.market.instruments import Option, Right, is_ticker, occ, parse_occ
from botfleet.sandbox.book import BookLeg
from botfleet.sandbox.orders import BadOrderError

_SPACED = re.compile(r"([A-Z]{1,6}) (\d{6}[CP])(\d+(?:\.\d+)?)")
_OCC_MIN = 10
_PRICE_MAX = 1_000_000
#: Numbers of orders that were replaced: the book's times this, and how often.
REVISIONS = 1_000


def option(symbol: str) -> Option | None:
    """Read what a leg in the book is of; None for shares."""
    return parse_occ(symbol) if len(symbol) > _OCC_MIN else None


def padded(symbol: str) -> str:
    """Write a contract with its root padded to six."""
    one = option(symbol)
    return symbol if one is None else f"{one.root:<6}{symbol[len(one.root) :]}"


def unpadded(symbol: str) -> str:
    """Read a contract whose root is padded to six, or a ticker."""
    if is_ticker(symbol):
        return symbol
    try:
        one = parse_occ(symbol)
    except ValueError:
        raise BadOrderError(f"{symbol[:24]!r} is no instrument.") from None
    if len(symbol) != 21:  # noqa: PLR2004
        raise BadOrderError(f"{symbol[:24]!r} is not padded.")
    return occ(one)


def dotted(symbol: str) -> str:
    """Write a contract as root, date, right and strike in dollars."""
    one = option(symbol)
    if one is None:
        return symbol
    letter = "C" if one.right is Right.CALL else "P"
    strike = f"{one.strike:.3f}".rstrip("0").rstrip(".")
    return f"{one.root} {one.expires_on:%y%m%d}{letter}{strike}"


def undotted(symbol: str) -> str:
    """Read a contract so written, or a ticker."""
    if is_ticker(symbol):
        return symbol
    match = _SPACED.fullmatch(symbol)
    if match is None:
        raise BadOrderError(f"{symbol[:24]!r} is no instrument.")
    root, day, strike = match.groups()
    return f"{root}{day}{int(Decimal(strike) * 1000):08d}"


def root_of(legs: Sequence[BookLeg]) -> str:
    """Name what an order is about."""
    one = option(legs[0].symbol)
    return one.root if one else legs[0].symbol


def price(given: object, *, is_signed: bool = False) -> Decimal:
    """Read a price.

    Raises:
        BadOrderError: it is none.
    """
    try:
        found = Decimal(str(given))
    except InvalidOperation:
        raise BadOrderError("The price must be a number.") from None
    is_fine = found.is_finite() and abs(found) <= _PRICE_MAX and found == round(found, 2)
    if not is_fine or (found < 0 and not is_signed):
        raise BadOrderError("The price must be a price.")
    return found


def count(given: object) -> int:
    """Read a whole number above zero.

    Raises:
        BadOrderError: it is none.
    """
    text = str(given)
    if isinstance(given, bool) or not text.isascii() or not text.isdigit() or len(text) > 8:  # noqa: PLR2004
        raise BadOrderError("The quantity must be a whole number.")
    return int(text)


def chosen(given: object, allowed: Sequence[str]) -> str:
    """Read one of several words.

    Raises:
        BadOrderError: it is none of them.
    """
    if given not in allowed:
        raise BadOrderError(f"One of {', '.join(allowed)} is needed.")
    return str(given)
