"""Events that bring each other about: what opens a position may be what waits for one to open.

Told where a bot is written: a circle that nothing in its trees can break is refused, one that a
decision may break is worth a warning. While it runs, depth and a day's budget stop the rest (E13).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from botfleet.domain.bots.bot import Definition
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
    children,
)
from botfleet.domain.trees.operands import Lookup

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
    events = {i: event for i, (_, event) in waiting.items()}
    may = {i: _starts(_doings(one.tree, event), events) for i, (one, event) in waiting.items()}
    must = {i: _starts(_certain(one.tree, event), events) for i, (one, event) in waiting.items()}
    return tuple(Circle(i, _returns(i, must)) for i in waiting if _returns(i, may))


@dataclass(frozen=True, slots=True)
class _Doing:
    """What an action brings about; of which structure, where that is known."""

    transition: Transition
    structure: Structure | None


def _starts(doings: Iterator[_Doing], events: Mapping[int, Resultant]) -> frozenset[int]:
    """Say which of the waiting automations are started by what is done."""
    done = set(doings)
    return frozenset(i for i, event in events.items() if any(_fits(event, one) for one in done))


def _fits(event: Resultant, done: _Doing) -> bool:
    any_of = event.structures
    is_of = done.structure is None or not any_of or done.structure in any_of
    return event.transition is done.transition and is_of


def _doings(node: Node, event: Resultant, of: Structure | None = None) -> Iterator[_Doing]:
    """Give what any action of a tree may bring about; a loop says what is closed below it."""
    yield from _of_action(node.action if isinstance(node, Step) else node, event, of)
    for letter, child in children(node):
        is_inside = isinstance(node, Loop) and letter == "b"
        yield from _doings(child, event, _looped(node, of) if is_inside else of)


def _looped(node: Node, of: Structure | None) -> Structure | None:
    is_of_positions = isinstance(node, Loop) and node.over is LoopOver.POSITIONS
    return node.structure if is_of_positions and isinstance(node, Loop) else of


def _of_action(action: Node, event: Resultant, of: Structure | None) -> Iterator[_Doing]:
    if isinstance(action, Open):
        yield _Doing(Transition.OPENED, action.spec.structure)
    elif isinstance(action, Close):
        yield _Doing(Transition.CLOSED, _closed(action, event, of))


def _closed(action: Close, event: Resultant, of: Structure | None) -> Structure | None:
    """Name the structure a close is of, where that is known."""
    if isinstance(action.position, Lookup):
        return action.position.structure
    if action.position is None:
        return of
    return event.structures[0] if len(event.structures) == 1 else None


def _certain(node: Node | None, event: Resultant, of: Structure | None = None) -> Iterator[_Doing]:
    """Give what is brought about whatever the answers are."""
    while node is not None:
        match node:
            case Step(action, then):
                yield from _of_action(action, event, of)
                node = then
            case Conditional():
                node = node.then
            case Loop():
                if node.over is not LoopOver.POSITIONS and node.symbols:
                    yield from _certain(node.body, event, of)
                node = node.then
            case _:
                yield from _of_action(node, event, of)
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
