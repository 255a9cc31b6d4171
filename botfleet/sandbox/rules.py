"""Why the broker would not take an order. Empty words mean it does.

A closing leg needs a holding no other live order is closing already; an opening leg must not cross
what the account holds, or opens elsewhere, on the other side of the same contract (R36).
"""

from collections.abc import Mapping, Sequence

from botfleet.domain.market.instruments import parse_occ
from botfleet.sandbox.book import BookLeg, BookOrder
from botfleet.sandbox.matching import Sides


def objection(
    order: BookOrder,
    held: Mapping[str, int],
    live: Sequence[BookOrder],
    market: Mapping[str, Sides],
) -> str:
    """Say what is wrong with `order` for an account that holds `held` and has `live` orders."""
    for leg in order.legs:
        if leg.symbol not in market:
            return f"SymbolNotFound: {leg.symbol} is not listed."
        if order.kind != "equity" and parse_occ(leg.symbol).root != order.symbol:
            return f"OptionSymbolMismatch: {leg.symbol} is not an option of {order.symbol}."
        words = _crossing(leg, held, live) if leg.opens else _uncovered(leg, held, live)
        if words:
            return words
    return ""


def _uncovered(leg: BookLeg, held: Mapping[str, int], live: Sequence[BookOrder]) -> str:
    holding = held.get(leg.symbol, 0)
    there = -holding if leg.is_bought else holding
    taken = sum(
        other.quantity - _done(order, other)
        for order in live
        for other in order.legs
        if other.symbol == leg.symbol and other.side == leg.side
    )
    if leg.quantity > there - taken:
        return f"PositionNotFound: {leg.side} of {leg.quantity} {leg.symbol} is not covered."
    return ""


def _crossing(leg: BookLeg, held: Mapping[str, int], live: Sequence[BookOrder]) -> str:
    holding = held.get(leg.symbol, 0)
    crosses = holding < 0 if leg.is_bought else holding > 0
    crosses = crosses or any(
        other.symbol == leg.symbol and other.opens and other.is_bought != leg.is_bought
        for order in live
        for other in order.legs
    )
    return f"CrossedOrder: {leg.side} crosses {leg.symbol} of this account." if crosses else ""


def _done(order: BookOrder, leg: BookLeg) -> int:
    return leg.quantity // order.units * order.executed
