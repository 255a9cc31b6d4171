"""Links of a bot file's trees to inputs: found, resolved before the tree is read, written again.

`{input: name}` may stand for a symbol, an expiration, a leg's strike, a size, a price plan, a whole
bundle of exits, or a recipe's parameter; never for tags. `{input: name, default: 5}` has a value of
its own, which counts only where the automation has no such input. A notification's text may hold
`{name}`. What a link leads to is read and judged in its place like anything written there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botfleet.adapters.botfile.inputs import canonical
from botfleet.adapters.botfile.text import NESTING_MAX
from botfleet.domain.bots.inputs import Broken, Input, Link, Path, resolve
from botfleet.errors import Fault

LINKABLE = frozenset({"symbol", "expiration", "back", "size", "price", "exits"})
_UNLINKABLE = frozenset({"recipe", "tags", "tag", "held_for", "trade"})
#: Mappings and lists that are looked through for links: more than a file of `SIZE_MAX` can hold.
HOLDERS_MAX = 400_000
_LINK_KEYS = frozenset({"input", "default"})
_NAMED = re.compile(r"\{([^{}]{1,100})\}")
_Trail = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """A document with what its links stand for in their places; the links of each automation."""

    document: Any
    links: Mapping[int, tuple[Link, ...]]
    faults: tuple[Fault, ...]


def follow(document: Any) -> Linked:
    """Resolve every link of a bot file's plain data; the document itself is left as it is."""
    automations = document.get("automations") if isinstance(document, dict) else None
    if not isinstance(automations, list):
        return Linked(document, {}, ())
    bot = _inputs(document.get("inputs"))
    links: dict[int, tuple[Link, ...]] = {}
    faults: list[Fault] = []
    for i, automation in enumerate(automations):
        if not isinstance(automation, dict):
            continue
        own = _inputs(automation.get("inputs"))
        found = sorted(
            _found(automation.get("tree"), own), key=lambda one: [str(key) for key in one[0]]
        )
        for path, written in found:
            place = ("automations", i, "tree", *path)
            value = _value(written, place, own, bot, faults)
            if not isinstance(value, Broken):
                document = _put(document, place, value)
        if found:
            links[i] = tuple(Link(path, _canonical(written, own)) for path, written in found)
    return Linked(document, links, tuple(faults))


def _inputs(raw: object) -> tuple[Input, ...]:
    """Read inputs as far as they go; their shape is judged elsewhere."""
    return tuple(
        Input(
            one["name"],
            str(one.get("kind")),
            _written(str(one.get("kind")), one.get("default")),
            _written(str(one.get("kind")), one.get("value")),
            one["bot"] if isinstance(one.get("bot"), str) else "",
        )
        for one in (raw if isinstance(raw, list) else [])
        if isinstance(one, dict) and isinstance(one.get("name"), str)
    )


def _written(kind: str, raw: object) -> object:
    """Give a value as its kind writes it, or as it is where it is not of the kind."""
    try:
        return None if raw is None else canonical(kind, raw)
    except (KeyError, ValueError):
        return raw


def _found(tree: object, own: Sequence[Input]) -> Iterator[tuple[Path, Any]]:
    """Find links in a tree, each with its path; without recursion, and never without end.

    What is nested deeper or holds more than any bot may is refused by the rules, links or not.
    """
    waiting: list[tuple[_Trail, object, int]] = [((), tree, 0)]
    for _ in range(HOLDERS_MAX):
        if not waiting:
            return
        trail, node, depth = waiting.pop()
        if depth > NESTING_MAX:
            continue
        if isinstance(node, dict):
            if "input" in node:
                yield _path(trail), node
                continue
            text = node.get("notify")
            if own and isinstance(text, str) and _NAMED.search(text):
                yield (*_path(trail), "notify"), text
        items = _items(node)
        holders = ((key, below) for key, below in items if isinstance(below, dict | list))
        waiting.extend(((trail, key), below, depth + 1) for key, below in holders)


def _items(node: object) -> Iterable[tuple[Any, object]]:
    if isinstance(node, dict):
        return node.items()
    return enumerate(node) if isinstance(node, list) else ()


def _path(trail: _Trail) -> Path:
    steps: list[str | int] = []
    while trail:
        trail, key = trail
        steps.append(key)
    return tuple(reversed(steps))


def _value(
    written: Any, place: Path, own: Sequence[Input], bot: Sequence[Input], faults: list[Fault]
) -> Any | Broken:
    where = shown(place)
    if isinstance(written, str):
        return _text(written, where, own, bot, faults)
    name = written["input"]
    if not isinstance(name, str) or not written.keys() <= _LINK_KEYS:
        faults.append(Fault(where, "must be a mapping of input and default"))
        return Broken(str(name))
    if not _is_linkable(place):
        faults.append(Fault(where, "takes no input"))
        return Broken(name)
    value = resolve(name, automation=own, bot=bot, default=written.get("default"))
    if isinstance(value, Broken) or value is None:
        faults.append(Fault(f"{where}.input", f"the automation has no input {name[:100]}"))
        return Broken(name)
    return value


def _text(
    written: str, where: str, own: Sequence[Input], bot: Sequence[Input], faults: list[Fault]
) -> str:
    def said(match: re.Match[str]) -> str:
        value = resolve(match[1], automation=own, bot=bot)
        if isinstance(value, Broken):
            faults.append(Fault(where, f"the automation has no input {match[1]}"))
            return match[0]
        return str(value)

    return _NAMED.sub(said, written)


def _is_linkable(place: Path) -> bool:
    last, above = place[-1], place[-2]
    if last in _UNLINKABLE or "exits" in place[:-1] or isinstance(last, int):
        return False
    return last in LINKABLE or above == "strikes" or _is_parameter(place)


def _is_parameter(place: Path) -> bool:
    """Say whether a place is one of a criterion: under `if`, `when`, or a group's list."""
    above = place[-2]
    is_part = isinstance(above, int) and place[-3] in {"all", "any"}
    return is_part or above in {"if", "when"}


def _canonical(written: Any, own: Sequence[Input]) -> Any:
    """Give a link the one way it is written: its default as its input's kind writes it."""
    if isinstance(written, str) or written.get("default") is None:
        return written if isinstance(written, str) else {"input": written["input"]}
    one = next((each for each in own if each.name == written["input"]), None)
    if one is None:
        return dict(written)
    try:
        return {"input": one.name, "default": canonical(one.kind, written["default"])}
    except (KeyError, ValueError):
        return dict(written)


def _put(document: Any, path: Path, value: Any) -> Any:
    """Give `document` with another value at `path`; only what lies on the way is copied."""
    root = above = _copy(document)
    for key in path[:-1]:
        above[key] = _copy(above[key])
        above = above[key]
    above[path[-1]] = value
    return root


def _copy(holder: Any) -> Any:
    return list(holder) if isinstance(holder, list) else dict(holder)


def shown(path: Path) -> str:
    """Write a path as faults name it: `yes.open.size`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def with_links(tree: Any, links: Sequence[Link]) -> Any:
    """Put links back in their places of a tree's plain data."""
    for link in links:
        tree = _put(tree, link.path, link.written) if link.path else tree
    return tree


def settled(links: Sequence[Link], tree: Any) -> tuple[Link, ...]:
    """Give links whose input there is none of their default as the tree has it written."""
    return tuple(_settled(link, tree) for link in links)


def _settled(link: Link, tree: Any) -> Link:
    if isinstance(link.written, str) or "default" not in link.written:
        return link
    for key in link.path:
        tree = tree.get(key) if isinstance(tree, dict) else tree[key]
        if tree is None:
            return link
    return Link(link.path, {"input": link.written["input"], "default": tree})
