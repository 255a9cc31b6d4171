"""Which side of each contract an account has taken, and what would cross it (R36).

A leg crosses where the account holds, or is about to hold, the other side of the same contract; a
position being closed has both sides taken, for its legs are held and their opposites are working.
Closing is never a crossing: leaving must always be possible.
"""

from collections.abc import Iterable, Mapping

from botfleet.domain.market.instruments import Leg, occ

#: Of each contract the sides that are taken: 1 bought, -1 sold.
Sides = Mapping[str, frozenset[int]]


def sides_of(symbol: str, legs: Iterable[Leg]) -> dict[str, int]:
    """Give the side of each contract that legs on `symbol` take; shares go by their ticker."""
    return {occ(leg.option) if leg.option else symbol: _sign(leg.ratio) for leg in legs}


def crossed(wanted: Mapping[str, int], taken: Sides) -> str:
    """Name the first contract whose other side is taken; empty where there is none."""
    return next((name for name, side in wanted.items() if -side in taken.get(name, ())), "")


def _sign(ratio: int) -> int:
    return 1 if ratio > 0 else -1
