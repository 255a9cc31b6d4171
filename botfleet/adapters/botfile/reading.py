"""A bot file to a `Definition`: every fault with its path in one go, or the whole bot.

Nothing half accepted: the text, the shape and the rules are all judged before anything is built.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from botfleet.adapters.botfile.conditions import condition_of
from botfleet.adapters.botfile.models import (
    AutomationModel,
    BotModel,
    CloseNode,
    DecisionNode,
    ExitsModel,
    LoopNode,
    NodeModel,
    NotifyNode,
    OpenModel,
    OpenNode,
    PositionsModel,
    PriceModel,
    SizeModel,
    SymbolsModel,
)
from botfleet.adapters.botfile.rules import broken_rules
from botfleet.adapters.botfile.text import parse_text
from botfleet.domain.bots.bot import Automation, Definition, Limits
from botfleet.domain.capital.sizing import Amount, Base, Percent, Size, Units
from botfleet.domain.orders.ladder import PricePlan
from botfleet.domain.positions.position import Exits
from botfleet.domain.trees.nodes import (
    Close,
    Decision,
    Loop,
    LoopOver,
    Node,
    Nothing,
    Notify,
    Open,
)
from botfleet.errors import BadInput, Fault

FAULTS_MAX = 500
Symbols = tuple[str, ...]
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
    "recursion_loop": "is nested too deeply",
}


def read(text: str | bytes) -> Definition:
    """Read a bot file, YAML or JSON.

    Raises:
        BadInput: with every fault of it.
    """
    data, faults = parse_text(text)
    return _read(data, faults)


def parse(data: object) -> Definition:
    """Read a bot file's plain data, as a JSON door hands them over.

    Raises:
        BadInput: with every fault of it.
    """
    return _read(data, [])


def load(text: str) -> Definition:
    """Read what `dump` wrote; only the shape is checked again.

    Raises:
        BadInput: it is not what `dump` writes.
    """
    try:
        return _definition(BotModel.model_validate(json.loads(text)))
    except (ValueError, RecursionError) as error:
        raise BadInput("is no stored bot") from error


def _read(data: object, faults: list[Fault]) -> Definition:
    model, misshapen = _shape(data)
    known = {fault.path for fault in faults}
    faults += [fault for fault in misshapen if fault.path not in known]
    faults += [fault for fault in broken_rules(data) if fault.path not in known]
    if faults or model is None:
        raise BadInput(_listed(faults))
    return _definition(model)


def _listed(faults: list[Fault]) -> list[Fault]:
    """Order faults by path, and say how many more there are past `FAULTS_MAX`."""
    ordered = sorted(dict.fromkeys(faults), key=lambda fault: _natural(fault.path))
    rest = len(ordered) - FAULTS_MAX
    more = [Fault("", f"and {rest:,} more faults")] if rest > 0 else []
    return ordered[:FAULTS_MAX] + more


def _natural(path: str) -> list[tuple[int, str]]:
    """Order paths as their author counts: [10] after [9]."""
    parts = path.replace("]", "").replace("[", ".").split(".")
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _shape(data: object) -> tuple[BotModel | None, list[Fault]]:
    try:
        return BotModel.model_validate(data), []
    except ValidationError as error:
        return None, [fault for one in error.errors() for fault in _faults(one)]


def _faults(error: Mapping[str, Any]) -> Iterator[Fault]:
    """Turn one of pydantic's errors into faults; its loc holds marks in angle brackets."""
    path, context = _path(error["loc"]), error.get("ctx", {})
    if error["type"] == "faults":
        for place, message in context["faults"]:
            yield Fault(".".join(part for part in (path, place) if part), message)
    elif error["type"] == "condition" and "recipe" in _mapping(error["input"]):
        shown = str(error["input"]["recipe"])[:50]
        yield Fault(f"{path}.recipe", f"{shown!r} is not in the catalogue")
    elif error["type"] == "value_error":
        yield Fault(path, str(context["error"]))
    else:
        yield Fault(path, _WORDS.get(error["type"], _sentence(error)))


def _mapping(raw: object) -> Mapping[Any, Any]:
    return raw if isinstance(raw, dict) else {}


def _sentence(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "enum" | "literal_error":
            return f"must be one of {context['expected']}"
        case "too_long":
            return f"must have at most {context['max_length']}"
        case "too_short":
            return f"must have at least {context['min_length']}"
        case _:
            message: str = error["msg"]
            return message[0].lower() + message[1:]


def _path(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith("<") and part != "[key]":
            path += f".{part}" if path else part
    return path


def _definition(model: BotModel) -> Definition:
    limits, symbols = model.limits, tuple(model.symbols)
    return Definition(
        name=model.name,
        limits=Limits(limits.allocation, limits.daily_positions, limits.open_positions),
        symbols=symbols,
        automations=tuple(_automation(one, symbols) for one in model.automations),
        interval_min=model.interval,
    )


def _automation(model: AutomationModel, symbols: Symbols) -> Automation:
    return Automation(model.name, model.lane, _node(model.tree, symbols), model.label or "")


def _node(model: NodeModel, symbols: Symbols) -> Node:
    match model:
        case DecisionNode():
            yes, no = _node(model.yes, symbols), _node(model.no, symbols)
            return Decision(condition_of(model.condition), yes, no)
        case LoopNode():
            return _loop(model, symbols)
        case OpenNode():
            return _open(model.open)
        case CloseNode():
            return Close(_plan(model.close.price))
        case NotifyNode():
            return Notify(model.notify)
        case _:
            return Close() if model == "close" else Nothing()


def _loop(model: LoopNode, symbols: Symbols) -> Loop:
    body = _node(model.do, symbols)
    match model.loop:
        case SymbolsModel(symbols=listed):
            return Loop(LoopOver.SYMBOLS, body, tuple(listed))
        case PositionsModel(positions=wanted):
            return Loop(LoopOver.POSITIONS, body, symbol=wanted.symbol, structure=wanted.structure)
        case "bot_symbols":
            return Loop(LoopOver.BOT_SYMBOLS, body, symbols)
        case _:
            return Loop(LoopOver.POSITIONS, body)


def _open(model: OpenModel) -> Open:
    price, exits = _plan(model.price), _exits(model.exits)
    return Open(model.spec(), _size(model.size), price, exits, tuple(model.tags))


def _plan(model: PriceModel) -> PricePlan:
    return PricePlan(model.speed, model.final)


def _exits(model: ExitsModel) -> Exits:
    return Exits(model.profit, model.stop, model.trail_from, model.trail)


def _size(model: SizeModel) -> Size:
    if model.amount is not None:
        return Amount(model.amount)
    if model.percent is not None:
        return Percent(model.percent, model.of or Base.AVAILABLE)
    return Units(model.contracts or model.shares or 1)
