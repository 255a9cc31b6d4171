"""Sizes as an author words them, and what the pool is told of them (actions-and-exits 3.5).

What leans on the bot's own past or positions is settled while the tree is walked, on the facts of
the run, so a replay comes to the same size.
"""

from dataclasses import dataclass

from botfleet.domain.capital.sizing import On, Progressive, Size, Units
from botfleet.domain.trees.facts import HISTORY, Binding, Facts, Lacking, NoData
from botfleet.domain.trees.history import History
from botfleet.domain.trees.operands import PositionRef, find


@dataclass(frozen=True, slots=True)
class SameAs:
    """As many units as a position has: the loop's, or the one that is named."""

    position: PositionRef = None


AnySize = Size | Progressive | SameAs


def settled(size: AnySize, facts: Facts, binding: Binding) -> Size | NoData | Lacking:
    """Give the size the pool is asked for."""
    if isinstance(size, SameAs):
        found = find(size.position, facts, binding)
        return found if isinstance(found, NoData | Lacking) else Units(found.quantity)
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
