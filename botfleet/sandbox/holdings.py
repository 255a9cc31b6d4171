"""How holdings change by a fill, and what an expired option is worth in cash."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from botfleet.application.ports.market import Market
from botfleet.domain.eastern import day_of
from botfleet.domain.market.instruments import MULTIPLIER, Option, Right, parse_occ
from botfleet.sandbox.book import BookPosition

_BARS_BACK = 10
_OCC_MIN = 10


def after_fill(
    held: BookPosition | None,
    account: str,
    symbol: str,
    count: int,
    price: Decimal,
    at: datetime,
) -> BookPosition:
    """Add `count` (< 0 sold) at `price` a share to a holding.

    Adding raises the cost by what was paid; taking away lowers it in proportion, for the rest was
    bought at the same average.
    """
    each = MULTIPLIER if len(symbol) > _OCC_MIN else 1
    if held is None or held.quantity == 0:
        return BookPosition(account, symbol, count, price * count * each, at)
    quantity = held.quantity + count
    if (count > 0) == (held.quantity > 0):
        return replace(held, quantity=quantity, cost=held.cost + price * count * each)
    return replace(held, quantity=quantity, cost=held.cost * quantity / held.quantity)


def cash_value(market: Market, position: BookPosition, now: datetime) -> Decimal | None:
    """Give the dollars an expired option brings (< 0: costs); None until a close is known."""
    option = parse_occ(position.symbol)
    close = _close(market, option, now)
    if close is None:
        return None
    beyond = close - option.strike if option.right is Right.CALL else option.strike - close
    return max(beyond, Decimal(0)) * MULTIPLIER * position.quantity


def _close(market: Market, option: Option, now: datetime) -> Decimal | None:
    if day_of(now) != option.expires_on:
        bars = market.bars([option.root], _BARS_BACK).get(option.root, ())
        for bar in bars:
            if bar.day == option.expires_on:
                return bar.close
    quote = market.quotes([option.root]).get(option.root)
    return quote.last if quote else None
