"""What a client may ask for: Tradier's order form, read strictly.

Source: documentation.tradier.com/brokerage-api/trading (place equity, option, multileg order).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import gcd

from botfleet.domain.market.instruments import MULTIPLIER, is_ticker, parse_occ
from botfleet.sandbox.book import BookLeg

_OPTION_SIDES = ("buy_to_open", "sell_to_open", "buy_to_close", "sell_to_close")
_TYPES = {
    "equity": ("market", "limit"),
    "option": ("market", "limit"),
    "multileg": ("market", "debit", "credit", "even"),
    "combo": ("market", "debit", "credit", "even"),
}
_LEGS_MAX, _COMBO_MAX = 4, 3
_QUANTITY_MAX, _PRICE_MAX, _TAG_MAX = 10_000_000, 1_000_000, 255
_TAG = re.compile(r"[A-Za-z0-9-]*")


class BadOrderError(ValueError):
    """The form is not an order; the words are for HTTP 400."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order as asked for: `limit` as in the book, None at the market."""

    kind: str
    symbol: str
    type: str
    limit: Decimal | None
    units: int
    legs: tuple[BookLeg, ...]
    tag: str


def read_order(form: Mapping[str, str]) -> Wanted:
    """Read an order form.

    Raises:
        BadOrderError: a field is missing or wrong.
    """
    kind = _one_of(form, "class", tuple(_TYPES))
    symbol, tag = form.get("symbol", "").upper(), form.get("tag", "")
    if not is_ticker(symbol):
        raise BadOrderError(f"Invalid parameter, symbol: {symbol[:20]!r} is not valid.")
    if len(tag) > _TAG_MAX or not _TAG.fullmatch(tag):
        raise BadOrderError("Invalid parameter, tag: letters, numbers and - only.")
    _one_of(form, "duration", ("day",))
    type_ = _one_of(form, "type", _TYPES[kind])
    legs = _legs(form, kind, symbol)
    limit = None if type_ == "market" else _signed(form, type_, legs)
    units = gcd(*(leg.quantity for leg in legs))
    return Wanted(kind, symbol, type_, limit, units, legs, tag)


def combined(symbol: str, legs: Sequence[BookLeg], limit: Decimal, tag: str) -> Wanted:
    """Put an order together of its legs; `limit` > 0 is paid.

    Raises:
        BadOrderError: it is none that is taken here.
    """
    if not is_ticker(symbol):
        raise BadOrderError(f"{symbol[:20]!r} is not a symbol.")
    if not 0 < len(legs) <= _LEGS_MAX or len({leg.symbol for leg in legs}) < len(legs):
        raise BadOrderError("An order has one to four different legs.")
    if not all(0 < leg.quantity <= _QUANTITY_MAX for leg in legs):
        raise BadOrderError("A quantity must be a whole number.")
    units = gcd(*(leg.quantity for leg in legs))
    if len(legs) == 1:
        kind = "equity" if legs[0].symbol == symbol else "option"
        return Wanted(kind, symbol, "limit", limit, units, tuple(legs), tag)
    kind = "combo" if any(leg.symbol == symbol for leg in legs) else "multileg"
    if kind == "combo" and any(
        leg.quantity != units * (MULTIPLIER if leg.symbol == symbol else 1) for leg in legs
    ):
        raise BadOrderError("Shares beside options are 100 a contract.")
    type_ = "even" if limit == 0 else "debit" if limit > 0 else "credit"
    return Wanted(kind, symbol, type_, limit, units, tuple(legs), tag)


def _signed(form: Mapping[str, str], type_: str, legs: tuple[BookLeg, ...]) -> Decimal:
    if type_ == "even":
        return Decimal(0)
    price = read_price(form)
    pays = type_ == "debit" or (type_ == "limit" and legs[0].is_bought)
    return price if pays else -price


def read_price(form: Mapping[str, str]) -> Decimal:
    """Read `price`: dollars a share, never below zero.

    Raises:
        BadOrderError: it is missing or no price.
    """
    try:
        price = Decimal(form.get("price", ""))
    except InvalidOperation:
        raise BadOrderError("Invalid parameter, price: must be a number.") from None
    if not price.is_finite() or not 0 <= price <= _PRICE_MAX or price != round(price, 4):
        raise BadOrderError("Invalid parameter, price: must be a price.")
    return price


def _legs(form: Mapping[str, str], kind: str, symbol: str) -> tuple[BookLeg, ...]:
    if kind == "equity":
        return (BookLeg(symbol, _one_of(form, "side", ("buy", "sell")), _quantity(form, "")),)
    if kind == "option":
        return (_option_leg(form, ""),)
    count = sum(name.startswith("side[") for name in form)
    if kind == "combo":
        return _combo(form, symbol, count)
    if not 1 < count <= _LEGS_MAX:
        raise BadOrderError("Invalid parameter, option_symbol: 2 to 4 legs are required.")
    return _distinct(tuple(_option_leg(form, f"[{index}]") for index in range(count)))


def _combo(form: Mapping[str, str], symbol: str, count: int) -> tuple[BookLeg, ...]:
    """Read the shares of an order, then its one or two options: each is worth 100 shares."""
    if not 1 < count <= _COMBO_MAX:
        raise BadOrderError("Invalid parameter, side: shares and 1 or 2 options are required.")
    side = _one_of(form, "side[0]", ("buy", "sell"))
    shares = BookLeg(symbol, side, _quantity(form, "[0]"))
    options = tuple(_option_leg(form, f"[{index}]") for index in range(1, count))
    if any(shares.quantity != leg.quantity * MULTIPLIER for leg in options):
        raise BadOrderError("Invalid parameter, quantity[0]: must be 100 shares a contract.")
    return _distinct((shares, *options))


def _distinct(legs: tuple[BookLeg, ...]) -> tuple[BookLeg, ...]:
    count = len(legs)
    if len({leg.symbol for leg in legs}) < count:
        raise BadOrderError("Invalid parameter, option_symbol: a contract appears twice.")
    return legs


def _option_leg(form: Mapping[str, str], index: str) -> BookLeg:
    name = f"option_symbol{index}"
    contract = form.get(name, "")
    try:
        parse_occ(contract)
    except ValueError:
        raise BadOrderError(f"Invalid parameter, {name}: is not an OCC symbol.") from None
    return BookLeg(contract, _one_of(form, f"side{index}", _OPTION_SIDES), _quantity(form, index))


def _quantity(form: Mapping[str, str], index: str) -> int:
    text = form.get(f"quantity{index}", "")
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _QUANTITY_MAX:
        raise BadOrderError(f"Invalid parameter, quantity{index}: must be a whole number.")
    return int(text)


def _one_of(form: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = form.get(name, "")
    if value not in allowed:
        raise BadOrderError(f"Invalid parameter, {name}: must be one of {', '.join(allowed)}.")
    return value
