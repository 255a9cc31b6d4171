"""What a bot's author should be told, though it is allowed (R3)."""

from collections.abc import Iterator

from botfleet.domain.bots.bot import Definition
from botfleet.domain.capital.sizing import Percent
from botfleet.domain.trees.conditions import Condition, Criterion
from botfleet.domain.trees.nodes import Decision, Loop, LoopOver, Node, Open, children
from botfleet.errors import Fault

#: Recipes that look at the capital or at what is already held.
CHECKS = frozenset({"bot_available_capital", "bot_has_position", "bot_positions"})
_KEYS = {"y": "yes", "n": "no", "b": "do"}
_WHY = (
    "a percentage of capital in a symbol loop: whichever symbol reaches the pool first takes its "
    "share first; check the capital or the positions held before opening"
)


def warnings(definition: Definition) -> tuple[Fault, ...]:
    """List what is allowed but likely not meant, each with its path."""
    return tuple(
        fault
        for i, automation in enumerate(definition.automations)
        for fault in _uncertain(automation.tree, f"automations[{i}].tree", in_loop=False)
    )


def _uncertain(node: Node, path: str, *, in_loop: bool) -> Iterator[Fault]:
    """Find percentage sizing in symbol loops that no decision on the way checks."""
    if isinstance(node, Open) and in_loop and isinstance(node.size, Percent):
        yield Fault(f"{path}.open.size", _WHY)
    if isinstance(node, Decision) and _checks(node.condition):
        return
    in_loop |= isinstance(node, Loop) and node.over is not LoopOver.POSITIONS
    for letter, child in children(node):
        yield from _uncertain(child, f"{path}.{_KEYS[letter]}", in_loop=in_loop)


def _checks(condition: Condition) -> bool:
    if isinstance(condition, Criterion):
        return condition.recipe.recipe_id in CHECKS
    return any(_checks(part) for part in condition.parts)
