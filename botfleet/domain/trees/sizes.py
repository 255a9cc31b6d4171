"""Sizes as an author words them, and what the pool is told of them (actions-and-exits 3.5).

What leans on the bot's own past or positions is settled while the tree is walked, on the facts of
the run, so a replay comes to the same size.
"""

from dataclasses import dataclass

from botfleet.domain.capital.sizing import On, Progressive, Size, Units
from botfleet.domain.market.instruments import MULTIPLIER
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.facts import HISTORY, Binding, Facts, Lacking, NoData
from botfleet.domain.trees.history import History
from botfleet.domain.trees.operands import PositionRef, find


@dataclass(frozen=True, slots=True)
class SameAs:
    """As many units as a position has: the loop's, or the one that is named.

    100 shares are one contract and one contract is 100 shares.
    """

    position: PositionRef = None


AnySize = Size | Progressive | SameAs


def settled(
    size: AnySize, structure: Structure, facts: Facts, binding: Binding
) -> Size | NoData | Lacking:
    """Give the size the pool is asked for; 0 units where shares are too few for one contract."""
    if isinstance(size, SameAs):
        found = find(size.position, facts, binding)
        if isinstance(found, NoData | Lacking):
            return found
        is_shares, wants_shares = (
            one is Structure.LONG_EQUITY for one in (found.structure, structure)
        )
        if is_shares and not wants_shares:
            return Units(found.quantity // MULTIPLIER)
        return Units(found.quantity * (MULTIPLIER if wants_shares and not is_shares else 1))
    if isinstance(size, Progressive):
        history = facts.get(HISTORY)
        if isinstance(history, History):
            return size.after(_count(size.on, history))
        return history if isinstance(history, NoData) else Lacking(frozenset({HISTORY}))
    return size


def _count(on: On, history: History) -> int:
    match on:
        case On.WINS:
            return history.wins
        case On.LOSSES:
            return history.losses
        case On.CONSECUTIVE_WINS:
            return max(0, history.streak.length)
        case On.CONSECUTIVE_LOSSES:
            return max(0, -history.streak.length)
