"""A `Definition` to a bot file: the one way to write each bot, so that writing, reading and writing
again gives the same bytes.

What is as it would be anyway (price plan, exits, tags) is left out. `dump` is the same document as
one line of JSON, decimals as text: what is stored, and what `version` names.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

import yaml

from botfleet.adapters.botfile.about import plain_about
from botfleet.adapters.botfile.action_writing import plain_action
from botfleet.adapters.botfile.linking import with_links
from botfleet.adapters.botfile.trade_writing import plain_expiration, plain_trade
from botfleet.adapters.botfile.trigger_writing import plain_trigger
from botfleet.application.enlist import Written
from botfleet.domain.bots.bot import Automation, Definition
from botfleet.domain.bots.description import UNSAID
from botfleet.domain.bots.inputs import Input
from botfleet.domain.trades.opportunities import ExpirationRule, TradeSpec
from botfleet.domain.trees.conditions import AllOf, Condition, Criterion, Held
from botfleet.domain.trees.grammar import KINDS, number
from botfleet.domain.trees.nodes import Close, Conditional, Decision, Loop, LoopOver, Node, Step

Mapped = dict[str, Any]


class _Dumper(yaml.SafeDumper):
    """Writes decimals as plain numbers and innermost mappings in one line."""


def _represent_decimal(dumper: yaml.SafeDumper, value: Decimal) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}")


_Dumper.add_representer(Decimal, _represent_decimal)


def write(definition: Definition, *, as_json: bool = False) -> str:
    """Write a bot file in YAML, or as one line of JSON."""
    if as_json:
        return _json(plain(definition))
    return yaml.dump(
        plain(definition),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=100,
    )


def dump(definition: Definition) -> str:
    """Write a bot as one line of JSON, to be stored: without its description, which may change."""
    return _json(plain(replace(definition, description=UNSAID)))


def _json(document: Mapped) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=_decimal_text)


def version(definition: Definition) -> str:
    """Name this exact bot: the first 32 hexadecimal digits of its stored form's SHA-256."""
    return sha256(dump(definition).encode()).hexdigest()[:32]


def written(definition: Definition) -> Written:
    """Give a bot as it is kept."""
    return Written(definition, dump(definition), version(definition))


def _decimal_text(value: Decimal) -> str:
    return f"{value:f}"


def plain(definition: Definition) -> Mapped:
    """Give the plain data of a bot file."""
    limits = definition.limits
    return {
        "botfleet": 1,
        "name": definition.name,
        **plain_about(definition.description),
        "limits": {
            "allocation": number(limits.allocation.dollars),
            "daily_positions": limits.daily_positions,
            "open_positions": limits.open_positions,
        },
        "symbols": list(definition.symbols),
        "interval": definition.interval_min,
        **({} if definition.may_day_trade else {"day_trading": "blocked"}),
        **({"inputs": [_input(one) for one in definition.inputs]} if definition.inputs else {}),
        "automations": [_automation(one) for one in definition.automations],
    }


def _automation(one: Automation) -> Mapped:
    label = {"label": one.label} if one.label else {}
    trigger = {} if one.trigger is None else {"trigger": plain_trigger(one.trigger)}
    inputs = {"inputs": [_input(each) for each in one.inputs]} if one.inputs else {}
    tree = with_links(plain_tree(one.tree), one.links)
    return {"name": one.name, "lane": str(one.lane), **label, **trigger, **inputs, "tree": tree}


def _input(one: Input) -> Mapped:
    value = {} if one.value is None else {"value": one.value}
    bot = {"bot": one.bot} if one.bot else {}
    return {"name": one.name, "kind": one.kind, "default": one.default, **value, **bot}


def plain_tree(node: Node) -> object:
    """Give the plain data of a tree, without the links its author gave."""
    match node:
        case Decision(condition, yes, no):
            return {"if": plain_condition(condition), "yes": plain_tree(yes), "no": plain_tree(no)}
        case Conditional(condition, inside, then):
            when = plain_condition(condition)
            return {"when": when, "do": plain_tree(inside), "then": plain_tree(then)}
        case Loop():
            return {"loop": _loop(node), "do": plain_tree(node.body), **_then(node.then)}
        case Step(action, then):
            return {**plain_action(action), **_then(then)}
        case Close():
            written = plain_action(node)
            return written if written["close"] else "close"
        case _:
            return plain_action(node) or "nothing"


def _then(node: Node | None) -> Mapped:
    return {} if node is None else {"then": plain_tree(node)}


def _loop(loop: Loop) -> object:
    if loop.over is LoopOver.SYMBOLS:
        return {"symbols": list(loop.symbols)}
    wanted = {"symbol": loop.symbol, "structure": loop.structure and str(loop.structure)}
    given: Mapped = {key: value for key, value in wanted.items() if value}
    given |= {"tags": list(loop.tags)} if loop.tags else {}
    return {"positions": given} if given else str(loop.over)


def plain_condition(condition: Condition) -> Mapped:
    """Give the plain data of a condition."""
    if isinstance(condition, Criterion):
        return _criterion(condition)
    if isinstance(condition, Held):
        return {**plain_condition(condition.part), "held_for": condition.minutes}
    key = "all" if isinstance(condition, AllOf) else "any"
    return {key: [plain_condition(part) for part in condition.parts]}


def _criterion(criterion: Criterion) -> Mapped:
    recipe, arguments = criterion.recipe, criterion.arguments
    written: Mapping[str, object] = {
        name: _argument(kind, arguments[name]) for name, kind in recipe.parameters.items()
    }
    given = {name: value for name, value in written.items() if value is not None}
    return {"recipe": recipe.recipe_id, **given}


def _argument(kind: str, value: Any) -> object:
    if isinstance(value, TradeSpec):
        return plain_trade(value)
    if isinstance(value, ExpirationRule):
        return plain_expiration(value)
    return KINDS[kind].write(value)
