"""What a bot's author should be told, though it is allowed (R3, and the composition rules of 3.1).

Each rule looks at one node and at what was done, or may have been, on the way to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from botfleet.adapters.botfile.linking import shown
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.chains import BUDGET_MAX, CHAIN_MAX, circles
from botfleet.domain.bots.symbols import SYMBOLS_MAX
from botfleet.domain.capital.sizing import Percent
from botfleet.domain.eastern import day_of, wall
from botfleet.domain.market.calendar import session_on
from botfleet.domain.schedules.events import Once, Repeating, Window, next_at
from botfleet.domain.schedules.hours import Hours
from botfleet.domain.schedules.intervals import marks
from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trades.structures import CREDIT
from botfleet.domain.trees.conditions import AllOf, AnyOf, Criterion
from botfleet.domain.trees.nodes import Close, Loop, LoopOver, Node, Open, children, every_node
from botfleet.errors import Fault

#: Recipes that look at the capital or at what is already held.
CHECKS = frozenset({"bot_available_capital", "bot_has_position", "bot_positions", "bot_can_open"})
_KEYS = {"y": "yes", "n": "no", "b": "do", "i": "do", "t": "then"}
_UNCHECKED = (
    "a percentage of capital in a symbol loop: whichever symbol reaches the pool first takes its "
    "share first; check the capital or the positions held before opening"
)
_STACKED = "a second open on one path: both use the same snapshot, and each needs its own capital"
_BOTH = "an open and a close on one path: the close does not free capital or a slot in this run"
_LOOPS = "a second loop in one automation: its items multiply; an automation of its own is clearer"
_PRIVATE_SYMBOL = (
    f"a symbol of its own below a symbol loop: it is opened once for every item; {LOOP_SYMBOL} is "
    "the loop's"
)
_CIRCLE = f"may bring itself about; events stop after {CHAIN_MAX} in a row, and {BUDGET_MAX} a day"
_NO_MARK = "no mark of the bot's interval lies between these times: it never runs"
_MANY = f"more than {SYMBOLS_MAX} symbols are named; a day has data of the first {SYMBOLS_MAX} used"
_OWN = "the value that stands with the link is used"
_ANY_FULL_DAY = date(2026, 3, 9)
_UNREACHED = "more than the credit received: what is sold can gain no more than that"
_PRIVATE_POSITION = "a position of its own below a positions loop: it is named once for every item"


@dataclass(frozen=True, slots=True)
class _Way:
    """What lies above a node, and which actions may have been done before it."""

    path: str
    is_checked: bool = False
    in_symbols: bool = False
    in_positions: bool = False
    done: frozenset[type[object]] = frozenset()


def warnings(definition: Definition) -> tuple[Fault, ...]:
    """List what is allowed but likely not meant, each with its path."""
    of_trees = [
        fault
        for i, automation in enumerate(definition.automations)
        for fault in _of_tree(automation.tree, f"automations[{i}].tree")
    ]
    first = (*_of_triggers(definition), *_of_symbols(definition), *_of_inputs(definition))
    return (*first, *of_trees)


def _of_symbols(definition: Definition) -> Iterator[Fault]:
    if len(definition.named) > SYMBOLS_MAX:
        yield Fault("symbols", _MANY)


def _of_inputs(definition: Definition) -> Iterator[Fault]:
    """Name links that lead nowhere, though what stands with them is used in their place."""
    above = {one.name for one in definition.inputs}
    for i, automation in enumerate(definition.automations):
        place = f"automations[{i}]"
        for n, one in enumerate(automation.inputs):
            if one.bot and one.bot not in above:
                yield Fault(f"{place}.inputs[{n}].bot", f"the bot has no input {one.bot}; {_OWN}")
        own = {one.name for one in automation.inputs}
        for link in automation.links:
            name = link.written["input"] if isinstance(link.written, dict) else ""
            if name and name not in own:
                missing = f"the automation has no input {name}; {_OWN}"
                yield Fault(f"{place}.tree.{shown(link.path)}", missing)


def idle(definition: Definition, at: datetime, hours: Hours) -> tuple[Fault, ...]:
    """List what of a bot never runs after `at` on an account of these hours, with its path."""
    return *over(definition, at), *outside(definition, hours)


def over(definition: Definition, at: datetime) -> tuple[Fault, ...]:
    """List the events that never come due after `at`, each with its path."""
    return tuple(
        Fault(f"automations[{i}].trigger", f"never comes due after {day_of(at)}")
        for i, one in enumerate(definition.automations)
        if isinstance(one.event, Once | Repeating) and next_at(one.event, at) is None
    )


def outside(definition: Definition, hours: Hours) -> tuple[Fault, ...]:
    """List the windows of which an account's hours let no mark through, each with its path."""
    ends = f"{hours.begins:%H:%M} until {hours.ends_min} minutes before the close"
    words = f"its account lets bots run from {ends}, and no mark of this lies there: it never runs"
    return tuple(
        Fault(f"automations[{i}].trigger.between", words)
        for i, one in enumerate(definition.automations)
        if isinstance(one.trigger, Window)
        and (found := _marks_in(one.trigger, definition.interval_min))
        and not any(hours.covers(at) for at in found)
    )


def _of_triggers(definition: Definition) -> Iterator[Fault]:
    for circle in circles(definition):
        yield Fault(f"automations[{circle.automation}].trigger", _CIRCLE)
    for i, automation in enumerate(definition.automations):
        window = automation.trigger
        if isinstance(window, Window) and not _marks_in(window, definition.interval_min):
            yield Fault(f"automations[{i}].trigger.between", _NO_MARK)


def _marks_in(window: Window, interval_min: int) -> list[datetime]:
    session = session_on(_ANY_FULL_DAY)
    every = marks(session, interval_min) if session else ()
    return [at for at in every if window.begins <= wall(at).time() <= window.ends]


def _of_tree(tree: Node, path: str) -> Iterator[Fault]:
    yield from _walk(tree, _Way(path))
    loops = [place for place, node in every_node(tree) if isinstance(node, Loop)]
    for place in loops[1:]:
        yield Fault(".".join((path, *(_KEYS[letter] for letter in place), "loop")), _LOOPS)


def _walk(node: Node, way: _Way) -> Iterator[Fault]:
    if isinstance(node, Open):
        yield from _of_open(node, way)
    if isinstance(node, Close):
        yield from _of_close(node, way)
    action = getattr(node, "action", None)
    if action is not None:
        yield from _walk(action, way)
    for letter, child in children(node):
        yield from _walk(child, _below(node, way, letter))


def _of_open(node: Open, way: _Way) -> Iterator[Fault]:
    place = f"{way.path}.open"
    if isinstance(node.size, Percent) and way.in_symbols and not way.is_checked:
        yield Fault(f"{place}.size", _UNCHECKED)
    if way.in_symbols and node.spec.symbol != LOOP_SYMBOL:
        yield Fault(f"{place}.symbol", _PRIVATE_SYMBOL)
    profit = node.exits.profit
    if profit is not None and profit > 1 and node.spec.structure in CREDIT:
        yield Fault(f"{place}.exits.profit", _UNREACHED)
    if Open in way.done:
        yield Fault(place, _STACKED)
    if Close in way.done:
        yield Fault(place, _BOTH)


def _of_close(node: Close, way: _Way) -> Iterator[Fault]:
    if way.in_positions and getattr(node, "position", None) is not None:
        yield Fault(f"{way.path}.close.position", _PRIVATE_POSITION)
    if Open in way.done:
        yield Fault(f"{way.path}.close", _BOTH)


def _below(node: Node, way: _Way, letter: str) -> _Way:
    """Say what lies above the child `letter`; what follows a part comes after all it may do."""
    below = replace(way, path=f"{way.path}.{_KEYS[letter]}")
    if letter == "t":
        return replace(below, done=way.done | _may_do(node))
    if isinstance(node, Loop):
        is_positions = node.over is LoopOver.POSITIONS
        return replace(
            below,
            in_positions=way.in_positions or is_positions,
            in_symbols=way.in_symbols or not is_positions,
        )
    condition = getattr(node, "condition", None)
    return replace(below, is_checked=way.is_checked or _checks(condition))


def _may_do(node: Node) -> frozenset[type[object]]:
    """Give the kinds of action that may be done before a node's `then`."""
    before = [child for letter, child in children(node) if letter != "t"]
    every = [one for child in before for _, one in every_node(child)]
    done = {type(getattr(one, "action", one)) for one in (node, *every)}
    return frozenset(done)


def _checks(condition: object) -> bool:
    """Say whether a condition looks at the capital or at what is held, in any of its parts."""
    if isinstance(condition, Criterion):
        return condition.recipe.recipe_id in CHECKS
    parts = condition.parts if isinstance(condition, AllOf | AnyOf) else ()
    return any(_checks(part) for part in parts)
