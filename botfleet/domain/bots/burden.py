"""How much work a bot can be at once, so that no batch holds more of it than another."""

from botfleet.domain.bots.bot import Definition, Lane
from botfleet.domain.trees.nodes import Loop, LoopOver, Node, children

_OF_A_MARK = frozenset({Lane.SCANNER, Lane.MONITOR})


def burden(definition: Definition) -> int:
    """Count the nodes that a mark, or an event, can walk at most: a loop's body once an item."""
    held = definition.limits.open_positions
    steps = [(one.lane, _steps(one.tree, held)) for one in definition.automations]
    of_a_mark = sum(count for lane, count in steps if lane in _OF_A_MARK)
    of_events = (count for lane, count in steps if lane is Lane.EVENT)
    return max(1, of_a_mark, *of_events)


def _steps(node: Node, held: int) -> int:
    times = _items(node, held) if isinstance(node, Loop) else 1
    body = (_steps(child, held) for letter, child in children(node))
    return 1 + times * sum(body)


def _items(loop: Loop, held: int) -> int:
    return held if loop.over is LoopOver.POSITIONS else max(1, len(loop.symbols))
