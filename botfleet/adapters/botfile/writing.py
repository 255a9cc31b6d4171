"""A `Definition` to a bot file: the one way to write each bot, so that writing, reading and writing
again gives the same bytes.

What is as it would be anyway (price plan, exits, tags) is left out. `dump` is the same document as
one line of JSON, decimals as text: what is stored, and what `version` names.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, assert_never

import yaml

from botfleet.adapters.botfile.trade_writing import plain_trade
from botfleet.domain.bots.bot import Automation, Definition
from botfleet.domain.capital.sizing import Amount, Percent, Size, Units
from botfleet.domain.orders.ladder import PricePlan
from botfleet.domain.positions.position import Exits
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.conditions import AllOf, Condition, Criterion
from botfleet.domain.trees.grammar import KINDS, number, percent
from botfleet.domain.trees.nodes import Close, Decision, Loop, LoopOver, Node, Notify, Open

Mapped = dict[str, Any]


class _Dumper(yaml.SafeDumper):
    """Writes decimals as plain numbers and innermost mappings in one line."""


def _represent_decimal(dumper: yaml.SafeDumper, value: Decimal) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}")


_Dumper.add_representer(Decimal, _represent_decimal)


def write(definition: Definition) -> str:
    """Write a bot file in YAML."""
    return yaml.dump(
        plain(definition),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=100,
    )


def dump(definition: Definition) -> str:
    """Write a bot as one line of JSON, to be stored."""
    return json.dumps(
        plain(definition), separators=(",", ":"), ensure_ascii=False, default=_decimal_text
    )


def version(definition: Definition) -> str:
    """Name this exact bot: the first 32 hexadecimal digits of its stored form's SHA-256."""
    return sha256(dump(definition).encode()).hexdigest()[:32]


def _decimal_text(value: Decimal) -> str:
    return f"{value:f}"


def plain(definition: Definition) -> Mapped:
    """Give the plain data of a bot file."""
    limits = definition.limits
    return {
        "botfleet": 1,
        "name": definition.name,
        "limits": {
            "allocation": number(limits.allocation.dollars),
            "daily_positions": limits.daily_positions,
            "open_positions": limits.open_positions,
        },
        "symbols": list(definition.symbols),
        "interval": definition.interval_min,
        "automations": [_automation(one) for one in definition.automations],
    }


def _automation(one: Automation) -> Mapped:
    label = {"label": one.label} if one.label else {}
    return {"name": one.name, "lane": str(one.lane), **label, "tree": _node(one.tree)}


def _node(node: Node) -> object:
    match node:
        case Decision(condition, yes, no):
            return {"if": plain_condition(condition), "yes": _node(yes), "no": _node(no)}
        case Loop():
            return {"loop": _loop(node), "do": _node(node.body)}
        case Open():
            return {"open": _open(node)}
        case Close(price):
            return {"close": {"price": _plan(price)}} if price != PricePlan() else "close"
        case Notify(message):
            return {"notify": message}
        case _:
            return "nothing"


def _loop(loop: Loop) -> object:
    if loop.over is LoopOver.SYMBOLS:
        return {"symbols": list(loop.symbols)}
    wanted = {"symbol": loop.symbol, "structure": loop.structure and str(loop.structure)}
    given = {key: value for key, value in wanted.items() if value}
    return {"positions": given} if given else str(loop.over)


def plain_condition(condition: Condition) -> Mapped:
    """Give the plain data of a condition."""
    if isinstance(condition, Criterion):
        return _criterion(condition)
    key = "all" if isinstance(condition, AllOf) else "any"
    return {key: [plain_condition(part) for part in condition.parts]}


def _criterion(criterion: Criterion) -> Mapped:
    recipe, arguments = criterion.recipe, criterion.arguments
    written: Mapping[str, object] = {
        name: plain_trade(arguments[name])
        if kind == "trade"
        else KINDS[kind].write(arguments[name])
        for name, kind in recipe.parameters.items()
    }
    given = {name: value for name, value in written.items() if value is not None}
    return {"recipe": recipe.recipe_id, **given}


def _open(action: Open) -> Mapped:
    is_equity = action.spec.structure is Structure.LONG_EQUITY
    opened = {**plain_trade(action.spec), "size": _size(action.size, is_equity=is_equity)}
    if action.price != PricePlan():
        opened["price"] = _plan(action.price)
    if action.exits != Exits():
        opened["exits"] = _exits(action.exits)
    return opened | ({"tags": list(action.tags)} if action.tags else {})


def _size(size: Size, *, is_equity: bool) -> Mapped:
    match size:
        case Units(count):
            return {"shares" if is_equity else "contracts": count}
        case Amount(amount):
            return {"amount": number(amount.dollars)}
        case Percent(bps, base):
            return {"percent": percent(Decimal(bps) / 10_000), "of": str(base)}
        case _:
            assert_never(size)


def _plan(price: PricePlan) -> Mapped:
    return {"speed": str(price.speed), "final": f"{price.final_pct}%"}


def _exits(exits: Exits) -> Mapped:
    given = {
        "profit": exits.profit,
        "stop": exits.stop,
        "trail_from": exits.trail_from,
        "trail": exits.trail,
    }
    return {key: percent(value) for key, value in given.items() if value is not None}
