"""The binary tree: decisions branch Yes (left) and No (right), loops repeat what hangs below them,
and actions end a branch (S66-S79).

Every node has an id, its place in the tree: "" the root, then `y`, `n` or `b` (a loop's body) for
each step down: "yn" is the No child of the root's Yes child.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from botfleet.domain.capital.sizing import Size
from botfleet.domain.orders.ladder import PricePlan
from botfleet.domain.positions.position import Exits
from botfleet.domain.trades.opportunities import TradeSpec
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.conditions import Condition

#: Bounds (R8): a tree beyond them is refused when it is read.
NODES_MAX, DEPTH_MAX, GROUP_DEPTH_MAX, LOOP_ITEMS_MAX, LOOP_DEPTH_MAX = 500, 50, 5, 100, 2


@dataclass(frozen=True, slots=True)
class Open:
    """Leaf: open the trade `spec` describes."""

    spec: TradeSpec
    size: Size
    price: PricePlan = PricePlan()
    exits: Exits = Exits()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Close:
    """Leaf: close the loop's position, all of it."""

    price: PricePlan = PricePlan()


@dataclass(frozen=True, slots=True)
class Notify:
    """Leaf: tell the owner."""

    message: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Leaf: end of this branch."""


Action = Open | Close | Notify | Nothing


@dataclass(frozen=True, slots=True)
class Decision:
    """Inner node: a condition and its two branches."""

    condition: Condition
    yes: "Node"
    no: "Node"


class LoopOver(StrEnum):
    """What a loop repeats for."""

    SYMBOLS = "symbols"
    BOT_SYMBOLS = "bot_symbols"
    POSITIONS = "positions"


@dataclass(frozen=True, slots=True)
class Loop:
    """Inner node: walks `body` for every item at once, on the same facts (S132-S137).

    `symbols` are the items of a symbol loop (for bot symbols: the bot's own, filled in when the bot
    is read). A positions loop takes the bot's open positions, oldest first, of `symbol` and
    `structure` where those are given.
    """

    over: LoopOver
    body: "Node"
    symbols: tuple[str, ...] = ()
    symbol: str | None = None
    structure: Structure | None = None


Node = Decision | Loop | Action


def children(node: Node) -> tuple[tuple[str, "Node"], ...]:
    """Give the children of a node, each with the letter of its place, Yes before No."""
    match node:
        case Decision(_, yes, no):
            return (("y", yes), ("n", no))
        case Loop(body=body):
            return (("b", body),)
        case _:
            return ()


def every_node(root: Node, place: str = "") -> Iterator[tuple[str, Node]]:
    """Go through a tree from the root down, each node with its place."""
    yield place, root
    for letter, child in children(root):
        yield from every_node(child, place + letter)
