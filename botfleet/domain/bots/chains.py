"""Events that bring each other about: what opens a position may be what waits for one to open.

Told where a bot is written: a circle that nothing in its trees can break is refused, one that a
decision may break is worth a warning. While it runs, depth and a day's budget stop the rest (E13).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from botfleet.domain.bots.bot import Automation, Definition
from botfleet.domain.schedules.events import Resultant, Transition
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.nodes import (
    Close,
    Conditional,
    Loop,
    LoopOver,
    Node,
    Open,
    Step,
    every_node,
)

#: How many events may follow one from another, and how many a bot may have in a session day.
CHAIN_MAX, BUDGET_MAX = 5, 200


@dataclass(frozen=True, slots=True)
class Circle:
    """An automation (by its index) that may start itself; `is_certain`: no decision can stop it."""

    automation: int
    is_certain: bool


def circles(definition: Definition) -> tuple[Circle, ...]:
    """List the automations that may bring about their own event, in their order."""
    waiting = {
        i: (one, one.trigger)
        for i, one in enumerate(definition.automations)
        if isinstance(one.trigger, Resultant)
    }
    may = {i: _starts(_everything(one), waiting) for i, (one, _) in waiting.items()}
    must = {i: _starts(_certain(one.tree), waiting) for i, (one, _) in waiting.items()}
    return tuple(Circle(i, _returns(i, must)) for i in waiting if _returns(i, may))


def _starts(
    nodes: Iterator[Node], waiting: Mapping[int, tuple[Automation, Resultant]]
) -> frozenset[int]:
    """Say which of the waiting automations are started by what `nodes` do."""
    done = [node for node in nodes if isinstance(node, Open | Close)]
    return frozenset(
        i for i, (_, event) in waiting.items() if any(_fits(event, node) for node in done)
    )


def _fits(event: Resultant, action: Open | Close) -> bool:
    if isinstance(action, Open):
        return event.transition is Transition.OPENED and _is_of(event, action.spec.structure)
    return event.transition is Transition.CLOSED


def _is_of(event: Resultant, structure: Structure) -> bool:
    return not event.structures or structure in event.structures


def _everything(automation: Automation) -> Iterator[Node]:
    for _, node in every_node(automation.tree):
        yield node.action if isinstance(node, Step) else node


def _certain(node: Node | None) -> Iterator[Node]:
    """Give what is reached whatever the answers are."""
    while node is not None:
        match node:
            case Step(action, then):
                yield action
                node = then
            case Conditional():
                node = node.then
            case Loop():
                if node.over is not LoopOver.POSITIONS and node.symbols:
                    yield from _certain(node.body)
                node = node.then
            case _:
                yield node
                return


def _returns(start: int, edges: Mapping[int, frozenset[int]]) -> bool:
    seen: set[int] = set()
    waiting = set(edges[start])
    while waiting:
        one = waiting.pop()
        if one == start:
            return True
        if one not in seen:
            seen.add(one)
            waiting |= edges[one]
    return False
