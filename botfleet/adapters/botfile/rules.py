"""The rules of a bot file that look beyond one mapping, judged on the plain data.

They run beside the models and stand on nothing the models have checked, so that every fault of a
file is found in one go: bounds of the tree (R8), what needs a loop above it, what must be unique.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from botfleet.adapters.botfile.triggers import kind_of
from botfleet.domain.bots.bot import CARRIED, SLOTS
from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.nodes import DEPTH_MAX, GROUP_DEPTH_MAX, LOOP_DEPTH_MAX, NODES_MAX
from botfleet.domain.trees.recipes.catalogue import CATALOGUE
from botfleet.errors import Fault


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the loops above a node bind, and how deep it lies."""

    bot_has_symbols: bool
    has_symbol: bool = False
    has_position: bool = False
    carried: frozenset[str] = frozenset()
    loops: int = 0
    depth: int = 1


def broken_rules(document: object) -> Iterator[Fault]:
    """Find every broken rule of a bot file's plain data."""
    if not isinstance(document, dict):
        return
    symbols, automations = document.get("symbols"), document.get("automations")
    yield from _repeated("symbols", symbols)
    yield from _repeated_names("inputs", document.get("inputs"))
    if not isinstance(automations, list):
        return
    for key in ("name", "label"):
        yield from _repeated_key("automations", automations, key)
    yield from _crowded(automations)
    for i, automation in enumerate(automations):
        if isinstance(automation, dict):
            carried = CARRIED.get(kind_of(automation), frozenset())
            scope = _Scope(bot_has_symbols=bool(symbols), carried=carried)
            yield from _repeated_names(f"automations[{i}].inputs", automation.get("inputs"))
            yield from _tree_faults(automation.get("tree"), f"automations[{i}].tree", scope)


def _crowded(automations: list[object]) -> Iterator[Fault]:
    """Find automations beyond what a bot may have of their kind."""
    counts: Counter[str] = Counter()
    for i, kind in enumerate(map(kind_of, automations)):
        counts[kind] += 1
        if kind in SLOTS and counts[kind] > SLOTS[kind]:
            words = kind.replace("_", " ")
            yield Fault(f"automations[{i}]", f"is one too many: {words} at most {SLOTS[kind]}")


def _repeated(path: str, names: object) -> Iterator[Fault]:
    for i, name in _again(names if isinstance(names, list) else []):
        yield Fault(f"{path}[{i}]", f"{name} is given twice")


def _repeated_names(path: str, items: object) -> Iterator[Fault]:
    yield from _repeated_key(path, items if isinstance(items, list) else [], "name")


def _repeated_key(path: str, items: list[Any], key: str) -> Iterator[Fault]:
    names = [item.get(key) if isinstance(item, dict) else None for item in items]
    for i, _ in _again(names):
        yield Fault(f"{path}[{i}].{key}", "must be unique")


def _again(names: list[Any]) -> Iterator[tuple[int, str]]:
    """Find the texts that stood in the list before."""
    seen: set[str] = set()
    for i, name in enumerate(names):
        if isinstance(name, str):
            if name in seen:
                yield i, name
            seen.add(name)


def _tree_faults(tree: object, path: str, outside: _Scope) -> Iterator[Fault]:
    for count, (place, node, scope) in enumerate(_nodes(tree, path, outside), start=1):
        if count > NODES_MAX:
            yield Fault(path, f"must have at most {NODES_MAX} nodes")
            return
        if scope.depth == DEPTH_MAX and _branches(node):
            yield Fault(place, f"must not branch: a tree is at most {DEPTH_MAX} deep")
        yield from _node_faults(node, place, scope)


def _nodes(node: object, path: str, scope: _Scope) -> Iterator[tuple[str, object, _Scope]]:
    """Go through a tree from the root down, each node with its path and scope."""
    waiting = [(path, node, scope)]
    while waiting:
        path, node, scope = waiting.pop()
        yield path, node, scope
        if not isinstance(node, dict) or scope.depth == DEPTH_MAX:
            continue
        below = replace(scope, depth=scope.depth + 1)
        inside = _inside(node["loop"], below) if "loop" in node else below
        waiting.extend(
            (f"{path}.{key}", node[key], inside if key == "do" else below)
            for key in _branches(node)
        )


def _branches(node: object) -> list[str]:
    """Name the keys that lead further down, the last one first."""
    return [key for key in ("then", "no", "yes", "do") if isinstance(node, dict) and key in node]


def _inside(loop: object, scope: _Scope) -> _Scope:
    is_positions = loop == "positions" or (isinstance(loop, dict) and "positions" in loop)
    scope = replace(scope, loops=scope.loops + 1)
    return replace(scope, has_position=True) if is_positions else replace(scope, has_symbol=True)


def _node_faults(node: object, path: str, scope: _Scope) -> Iterator[Fault]:
    if node == "close" and not scope.has_position:
        yield Fault(path, "close needs a positions loop above it")
    if not isinstance(node, dict):
        return
    for key in ("if", "when"):
        if key in node:
            yield from _condition_faults(node[key], f"{path}.{key}", scope, 0)
    if "loop" in node:
        yield from _loop_faults(node["loop"], f"{path}.loop", scope)
    yield from _actions_faults(node, path, scope)
    if "open" in node:
        yield from _unbound(node["open"], f"{path}.open", scope)
        yield from _size_faults(node["open"], f"{path}.open.size", scope)


def _size_faults(opened: object, path: str, scope: _Scope) -> Iterator[Fault]:
    size = opened.get("size") if isinstance(opened, dict) else None
    if isinstance(size, dict) and size.get("same_as") is not None:
        ref = None if size["same_as"] == "position" else size["same_as"]
        yield from _position_faults({"same_as": ref}, "same_as", path, scope)


def _actions_faults(node: dict[Any, Any], path: str, scope: _Scope) -> Iterator[Fault]:
    for key in ("close", "update_exits", "tag", "untag", "reset_tags", "switch", "counter"):
        if key not in node:
            continue
        given = node[key] if isinstance(node[key], dict) else {}
        is_theirs = key in {"close", "update_exits"} or given.get("of") == "position"
        if is_theirs:
            yield from _position_faults(given, "position", f"{path}.{key}", scope)
        needs_symbol = given.get("of") == "symbol" and given.get("symbol") is None
        if needs_symbol and not scope.has_symbol:
            yield Fault(f"{path}.{key}", "needs a symbol, or a symbol loop above it")
        yield from _unbound(given, f"{path}.{key}", scope)


def _position_faults(given: dict[Any, Any], key: str, path: str, scope: _Scope) -> Iterator[Fault]:
    """Find a position that nothing binds: no loop's, no lookup, none that the trigger carries."""
    ref = given.get(key)
    if ref is None and not scope.has_position:
        yield Fault(path, "needs a positions loop above it")
    if isinstance(ref, str) and ref in {"opened", "closed"} and ref not in scope.carried:
        yield Fault(f"{path}.{key}", f"needs a trigger that carries an {ref} position")
    yield from _unbound(ref, f"{path}.{key}", scope)


def _loop_faults(loop: object, path: str, scope: _Scope) -> Iterator[Fault]:
    if scope.loops >= LOOP_DEPTH_MAX:
        yield Fault(path, f"loops may nest {LOOP_DEPTH_MAX} deep")
    if loop == "bot_symbols" and not scope.bot_has_symbols:
        yield Fault(path, "the bot has no symbols")
    if isinstance(loop, dict):
        yield from _repeated(f"{path}.symbols", loop.get("symbols"))
        yield from _unbound(loop.get("positions"), f"{path}.positions", scope)


def _condition_faults(condition: object, path: str, scope: _Scope, groups: int) -> Iterator[Fault]:
    if not isinstance(condition, dict):
        return
    for key in ("all", "any"):
        parts = condition.get(key)
        if not isinstance(parts, list):
            continue
        if groups >= GROUP_DEPTH_MAX:
            yield Fault(f"{path}.{key}", f"groups may nest {GROUP_DEPTH_MAX} deep")
            continue
        for i, part in enumerate(parts):
            yield from _condition_faults(part, f"{path}.{key}[{i}]", scope, groups + 1)
    yield from _recipe_faults(condition, path, scope)
    yield from _unbound(condition, path, scope)
    yield from _unbound(condition.get("trade"), f"{path}.trade", scope)


def _recipe_faults(condition: dict[Any, Any], path: str, scope: _Scope) -> Iterator[Fault]:
    recipe = condition.get("recipe")
    known = CATALOGUE.get(recipe) if isinstance(recipe, str) else None
    if known is None:
        return
    for name, kind in known.parameters.items():
        if kind == "position":
            at = f"{path}.recipe" if condition.get(name) is None else path
            yield from _position_faults(condition, name, at, scope)
        elif kind in {"series", "past_series"}:
            yield from _unbound(condition.get(name), f"{path}.{name}", scope)


def _unbound(raw: object, path: str, scope: _Scope) -> Iterator[Fault]:
    if scope.has_symbol or not isinstance(raw, dict):
        return
    for key, value in raw.items():
        if value == LOOP_SYMBOL:
            yield Fault(f"{path}.{key}", f"{LOOP_SYMBOL} needs a symbol loop above it")
