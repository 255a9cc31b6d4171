"""Why the broker would not take an order. Empty words mean it does.

A closing leg needs a holding no other live order is closing already; an opening leg must not cross
what the account holds, or opens elsewhere, on the other side of the same contract (R36). No call is
naked: each one sold has a bought one beside it or 100 shares, and shares that cover are not sold.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from botfleet.domain.market.instruments import MULTIPLIER, Right, parse_occ
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
        if leg.symbol != order.symbol and parse_occ(leg.symbol).root != order.symbol:
            return f"OptionSymbolMismatch: {leg.symbol} is not an option of {order.symbol}."
        words = _crossing(leg, held, live) if leg.opens else _uncovered(leg, held, live)
        if words:
            return words
    return _naked(order, held, live)


def _naked(order: BookOrder, held: Mapping[str, int], live: Sequence[BookOrder]) -> str:
    """Say whether calls would stand naked, were all that lives and this filled.

    Of a live order that would bring more cover than it needs, nothing counts yet.
    """
    root = order.symbol
    before = Counter({symbol: count for symbol, count in held.items() if _is_of(symbol, root)})
    after = Counter(before)
    after.update(_change(order))
    for one in live:
        if one.symbol == root and _cover(change := _change(one), root) < 0:
            after.update(change)
    calls = _calls(after)
    if calls >= 0 or _cover(after, root) >= 0:
        return ""
    makes_worse = calls < _calls(before) or after[root] < before[root]
    return f"NakedCall: {-calls} calls on {root} are not covered by shares." if makes_worse else ""


def _change(order: BookOrder) -> dict[str, int]:
    """Give what the rest of an order would add to each holding."""
    left = {leg: leg.quantity - _done(order, leg) for leg in order.legs}
    return {leg.symbol: count if leg.is_bought else -count for leg, count in left.items()}


def _cover(holdings: Mapping[str, int], root: str) -> int:
    """Give the shares that would be left, were every call delivered against."""
    return _calls(holdings) * MULTIPLIER + holdings.get(root, 0)


def _calls(holdings: Mapping[str, int]) -> int:
    return sum(count for symbol, count in holdings.items() if _is_call(symbol))


def _is_of(symbol: str, root: str) -> bool:
    return symbol == root or (_is_contract(symbol) and parse_occ(symbol).root == root)


def _is_call(symbol: str) -> bool:
    return _is_contract(symbol) and parse_occ(symbol).right is Right.CALL


def _is_contract(symbol: str) -> bool:
    return len(symbol) > _OCC_MIN


_OCC_MIN = 10


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
