"""What fills, and at which price: a pure rule on the quotes of an instant.

A combination's *natural* price pays every ask and takes every bid; its *middle* lies half way of
each leg. An order fills at the natural price when its limit reaches it; short of that it fills at
its own limit once that covers `fill_share` of the way from the middle to the natural price; an
order at the market fills at the natural price. So no order ever fills better than the middle plus
that share. A missing bid is worth nothing; a missing ask means no fill.

On paper an order also takes no more at an instant than the thinnest of its legs is quoted for, and
nothing before it could have reached the exchange; the rest waits for the next instant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from botfleet.domain.market.instruments import MULTIPLIER
from botfleet.sandbox.book import BookLeg, BookOrder

#: A fill share no market has: the order fills at its limit, however far from the quotes.
ANYWAY = Decimal("-Infinity")
_NOTHING = Decimal(0)
_HUNDREDTH_CENT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Sides:
    """The two-sided market of one instrument."""

    bid: Decimal | None
    ask: Decimal | None
    bid_size: int | None = None
    ask_size: int | None = None


@dataclass(frozen=True, slots=True)
class Realism:
    """How much like a real market orders fill; `share` as above.

    Where `heeds_size`, only as many fill at an instant as are quoted (shares are quoted without a
    size, and are plenty). An order, or its new price, is on its way for `latency` of market time.
    """

    share: Decimal = Decimal("0.5")
    heeds_size: bool = False
    latency: timedelta = timedelta(0)


PLAIN = Realism()
#: What a paper account gets.
PAPER = Realism(heeds_size=True, latency=timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class Match:
    """A price an order fills at: net, and of each leg a share (the legs add up to the net)."""

    price: Decimal
    legs: tuple[tuple[str, Decimal], ...]


def match(order: BookOrder, market: Mapping[str, Sides], fill_share: Decimal) -> Match | None:
    """Find the price `order` fills at now, or None; `ANYWAY` as share fills at any limit."""
    quoted = [_quoted(leg, market) for leg in order.legs]
    weights = [_weight(order, leg) for leg in order.legs]
    pairs = [pair for pair in quoted if pair is not None]
    if len(pairs) < len(quoted):
        return None
    middle = sum((w * mid for w, (mid, _) in zip(weights, pairs, strict=True)), Decimal(0))
    natural = sum((w * side for w, (_, side) in zip(weights, pairs, strict=True)), Decimal(0))
    price = _price(order.limit, middle, natural, fill_share)
    if price is None:
        return None
    share = (price - middle) / (natural - middle) if natural != middle else Decimal(1)
    legs = [mid + (side - mid) * share for mid, side in pairs]
    return Match(price, _balanced(order, legs, weights, price))


def depth(order: BookOrder, market: Mapping[str, Sides]) -> int:
    """Count the units of `order` that the quotes hold, as many as are left where nothing says."""
    rest = order.units - order.executed
    for leg in order.legs:
        sides = market[leg.symbol]
        size = sides.ask_size if leg.is_bought else sides.bid_size
        if size is not None:
            rest = min(rest, size // (leg.quantity // order.units))
    return rest


def _price(
    limit: Decimal | None, middle: Decimal, natural: Decimal, fill_share: Decimal
) -> Decimal | None:
    if limit is None or limit >= natural:
        return natural
    return (
        limit if fill_share == ANYWAY or limit >= middle + fill_share * (natural - middle) else None
    )


def _weight(order: BookOrder, leg: BookLeg) -> int:
    """Give what a leg counts for in the price a share; shares in a combo count by the hundred."""
    is_shares = order.kind == "combo" and leg.symbol == order.symbol
    ratio = leg.quantity // order.units // (MULTIPLIER if is_shares else 1)
    return ratio if leg.is_bought else -ratio


def _quoted(leg: BookLeg, market: Mapping[str, Sides]) -> tuple[Decimal, Decimal] | None:
    """Give a leg's middle, and the side it would trade at."""
    sides = market.get(leg.symbol)
    if sides is None or sides.ask is None:
        return None
    bid = sides.bid or _NOTHING
    if bid > sides.ask:
        return None
    return (bid + sides.ask) / 2, sides.ask if leg.is_bought else bid


def _balanced(
    order: BookOrder, prices: list[Decimal], weights: list[int], net: Decimal
) -> tuple[tuple[str, Decimal], ...]:
    """Round leg prices to hundredths of a cent; the first leg takes what rounding left."""
    rounded = [price.quantize(_HUNDREDTH_CENT) for price in prices]
    rest = net - sum((w * price for w, price in zip(weights, rounded, strict=True)), Decimal(0))
    rounded[0] += rest / weights[0]
    return tuple((leg.symbol, price) for leg, price in zip(order.legs, rounded, strict=True))
