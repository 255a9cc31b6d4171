"""The binary tree: decisions branch Yes (left) and No (right), conditionals and loops hang a side
way beside the main one, steps act and go on, and actions end a branch (S66-S79, spec 3.1).

Every node has an id, its place in the tree: "" the root, then a letter for each step down: `y` and
`n` a decision's branches, `i` inside a conditional, `b` a loop's body, `t` what then follows on the
main way. "yn" is the No child of the root's Yes child. No node has more than two children.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from botfleet.domain.orders.ladder import PricePlan
from botfleet.domain.positions.exits import Exits
from botfleet.domain.trades.opportunities import TradeSpec
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.conditions import Condition, Held
from botfleet.domain.trees.gates import OPEN_GATES, Gates
from botfleet.domain.trees.memory import Verb
from botfleet.domain.trees.operands import PositionRef
from botfleet.domain.trees.sizes import AnySize

#: Bounds (R8): a tree beyond them is refused when it is read.
NODES_MAX, DEPTH_MAX, GROUP_DEPTH_MAX, LOOP_ITEMS_MAX, LOOP_DEPTH_MAX = 500, 50, 5, 100, 2


@dataclass(frozen=True, slots=True)
class Open:
    """Leaf: open the trade `spec` describes."""

    spec: TradeSpec
    size: AnySize
    price: PricePlan = PricePlan()
    exits: Exits = Exits()
    tags: tuple[str, ...] = ()
    gates: Gates = OPEN_GATES
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Leaf: close a position, all of it: the loop's, or the one that is named."""

    price: PricePlan = PricePlan()
    position: PositionRef = None
    ask: bool = False


@dataclass(frozen=True, slots=True)
class UpdateExits:
    """Leaf: give a position other exits, the whole bundle, as often as wanted."""

    exits: Exits
    position: PositionRef = None


@dataclass(frozen=True, slots=True)
class Notify:
    """Leaf: tell the owner."""

    message: str


class Scope(StrEnum):
    """Whose memory an action changes."""

    BOT = "bot"
    POSITION = "position"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Tagging:
    """Leaf: tag, untag or reset (replace) the tags of the bot, a position or a symbol."""

    verb: Verb
    scope: Scope
    tags: tuple[str, ...]
    symbol: str | None = None
    position: PositionRef = None


@dataclass(frozen=True, slots=True)
class Switch:
    """Leaf: turn a named switch of the bot or of a position on or off."""

    name: str
    is_on: bool
    scope: Scope = Scope.BOT
    position: PositionRef = None


@dataclass(frozen=True, slots=True)
class Count:
    """Leaf: set a named counter of the bot or of a position, or add to it."""

    name: str
    verb: Verb
    number: int
    scope: Scope = Scope.BOT
    position: PositionRef = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """Leaf: end of this branch."""


Action = Open | Close | UpdateExits | Notify | Tagging | Switch | Count | Nothing


@dataclass(frozen=True, slots=True)
class Decision:
    """Inner node: a condition and its two branches."""

    condition: Condition
    yes: "Node"
    no: "Node"


@dataclass(frozen=True, slots=True)
class Conditional:
    """Inner node: if the condition holds, walk `inside` and come back; then go on to `then`."""

    condition: Condition
    inside: "Node"
    then: "Node"


@dataclass(frozen=True, slots=True)
class Step:
    """Inner node: do `action`, then go on to `then`. What follows sees the same snapshot."""

    action: Action
    then: "Node"


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
    `structure` and with every one of `tags`, where those are given. `then` follows whatever came of
    the items.
    """

    over: LoopOver
    body: "Node"
    symbols: tuple[str, ...] = ()
    symbol: str | None = None
    structure: Structure | None = None
    tags: tuple[str, ...] = ()
    then: "Node | None" = None


Node = Decision | Conditional | Step | Loop | Action


def children(node: Node) -> tuple[tuple[str, "Node"], ...]:
    """Give the children of a node, each with the letter of its place, the left one first."""
    match node:
        case Decision(_, yes, no):
            return (("y", yes), ("n", no))
        case Conditional(_, inside, then):
            return (("i", inside), ("t", then))
        case Step(_, then):
            return (("t", then),)
        case Loop(body=body, then=then):
            return (("b", body),) if then is None else (("b", body), ("t", then))
        case _:
            return ()


def every_node(root: Node, place: str = "") -> Iterator[tuple[str, Node]]:
    """Go through a tree from the root down, each node with its place."""
    yield place, root
    for letter, child in children(root):
        yield from every_node(child, place + letter)


def held_keys(root: Node) -> frozenset[str]:
    """Name every streak that a tree's held conditions may leave."""
    return frozenset(one.key for _, node in every_node(root) for one in _holds(node))


def _holds(node: Node) -> tuple[Held, ...]:
    return node.condition.holds if isinstance(node, Decision | Conditional) else ()
