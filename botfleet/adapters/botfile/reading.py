"""A bot file to a `Definition`: every fault with its path in one go, or the whole bot.

Nothing half accepted: the text, the shape and the rules are all judged before anything is built.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from botfleet.adapters.botfile.about import AboutModel
from botfleet.adapters.botfile.actions import closed, counted, opened, re_exited, switched
from botfleet.adapters.botfile.conditions import condition_of
from botfleet.adapters.botfile.exits import ExitsModel, exited
from botfleet.adapters.botfile.fields import Name
from botfleet.adapters.botfile.linking import follow, settled
from botfleet.adapters.botfile.models import (
    AutomationModel,
    BotModel,
    CloseNode,
    ConditionalNode,
    CounterNode,
    DecisionNode,
    InputModel,
    LinkedInputModel,
    LoopNode,
    NodeModel,
    NotifyNode,
    OpenNode,
    PositionsModel,
    ResetTagsNode,
    SwitchNode,
    SymbolsModel,
    TagNode,
    Then,
    UntagNode,
    UpdateExitsNode,
)
from botfleet.adapters.botfile.presets import filled
from botfleet.adapters.botfile.rules import broken_rules
from botfleet.adapters.botfile.text import parse_text
from botfleet.adapters.botfile.triggers import EVENTS, TriggerModel, triggered
from botfleet.adapters.botfile.writing import plain_tree
from botfleet.domain.bots.bot import Automation, Definition, Limits
from botfleet.domain.bots.chains import circles
from botfleet.domain.bots.description import Description
from botfleet.domain.bots.inputs import Input, Link
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.presets import Preset
from botfleet.domain.schedules.events import Event, Window
from botfleet.domain.trees.memory import Verb
from botfleet.domain.trees.nodes import (
    Action,
    Close,
    Conditional,
    Decision,
    Loop,
    LoopOver,
    Node,
    Nothing,
    Notify,
    Step,
)
from botfleet.errors import BadInput, Fault

FAULTS_MAX = 500
_ENDLESS = "brings itself about: nothing in its way can stop it from starting again"
Symbols = tuple[str, ...]
_NAME: TypeAdapter[str] = TypeAdapter(Name)
_EVENT: TypeAdapter[object] = TypeAdapter(TriggerModel)
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
    "recursion_loop": "is nested too deeply",
}


def read(text: str | bytes, presets: Iterable[Preset] | None = None) -> Definition:
    """Read a bot file, YAML or JSON; `presets` are those of its owner, where one is known.

    Raises:
        BadInput: with every fault of it.
    """
    data, faults = parse_text(text)
    return _read(data, faults, presets)


def parse(data: object, presets: Iterable[Preset] = ()) -> Definition:
    """Read a bot file's plain data, as a JSON door hands them over.

    Raises:
        BadInput: with every fault of it.
    """
    return _read(data, [], presets)


def load(text: str) -> Definition:
    """Read what `dump` wrote; only the shape is checked again.

    Raises:
        BadInput: it is not what `dump` writes.
    """
    try:
        linked = follow(json.loads(text))
        return _definition(BotModel.model_validate(linked.document), linked.links)
    except (ValueError, RecursionError) as error:
        raise BadInput("is no stored bot") from error


def read_event(data: object) -> Event:
    """Read an event's plain data alone, as the trigger of an automation has it.

    Raises:
        BadInput: with every fault of it.
    """
    try:
        model = _EVENT.validate_python(data, context={"is_fresh": True})
    except ValidationError as error:
        raise BadInput(faults_of(error)) from None
    event = triggered(model)
    if event is None or isinstance(event, Window):
        raise BadInput(EVENTS)
    return event


def read_about(data: object) -> Description:
    """Read what is said beside a bot's trees, as it stands in a bot file.

    Raises:
        BadInput: with every fault of it.
    """
    try:
        return AboutModel.model_validate(data).description
    except ValidationError as error:
        raise BadInput(_listed(faults_of(error))) from None


def read_name(text: str) -> str:
    """Read a bot's name alone.

    Raises:
        BadInput: it is none.
    """
    try:
        return _NAME.validate_python(text)
    except ValidationError as error:
        raise BadInput(f"A bot's name {error.errors()[0]['ctx']['error']}.") from None


def read_exits(data: object) -> Exits:
    """Read a panel of exits, as it stands in a bot file under `exits`.

    Raises:
        BadInput: with every fault of it.
    """
    try:
        return exited(ExitsModel.model_validate(data))
    except ValidationError as error:
        raise BadInput(_listed(faults_of(error))) from None


def _read(data: object, faults: list[Fault], presets: Iterable[Preset] | None) -> Definition:
    data, unfit = filled(data, presets)
    faults += unfit
    linked = follow(data)
    data = linked.document
    faults += linked.faults
    model, misshapen = _shape(data)
    known = {fault.path for fault in faults}
    faults += [fault for fault in misshapen if fault.path not in known]
    faults += [fault for fault in broken_rules(data) if fault.path not in known]
    if faults or model is None:
        raise BadInput(_listed(faults))
    definition = _definition(model, linked.links)
    endless = [one.automation for one in circles(definition) if one.is_certain]
    if endless:
        raise BadInput([Fault(f"automations[{i}].trigger", _ENDLESS) for i in endless])
    return definition


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
        return BotModel.model_validate(data, context={"is_fresh": True}), []
    except ValidationError as error:
        return None, faults_of(error)


def faults_of(error: ValidationError) -> list[Fault]:
    """List what a model found wrong, each with its place, in our words."""
    return [fault for one in error.errors() for fault in _faults(one)]


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


def _definition(model: BotModel, links: Mapping[int, tuple[Link, ...]]) -> Definition:
    limits, symbols = model.limits, tuple(model.symbols)
    return Definition(
        name=model.name,
        limits=Limits(limits.allocation, limits.daily_positions, limits.open_positions),
        symbols=symbols,
        automations=tuple(
            _automation(one, symbols, links.get(i, ())) for i, one in enumerate(model.automations)
        ),
        interval_min=model.interval,
        may_day_trade=model.day_trading == "allowed",
        inputs=tuple(map(_input, model.inputs)),
        description=model.description,
    )


def _input(model: InputModel) -> Input:
    bot = model.bot if isinstance(model, LinkedInputModel) else None
    return Input(model.name, model.kind, model.default, model.value, bot or "")


def _automation(model: AutomationModel, symbols: Symbols, links: tuple[Link, ...]) -> Automation:
    tree = _Tree(model.name, symbols).node(model.tree)
    return Automation(
        model.name,
        model.lane,
        tree,
        model.label or "",
        tuple(map(_input, model.inputs)),
        _settled(links, tree, model),
        triggered(model.trigger),
    )


def _settled(links: tuple[Link, ...], tree: Node, model: AutomationModel) -> tuple[Link, ...]:
    known = {one.name for one in model.inputs}
    broken = [
        one for one in links if isinstance(one.written, dict) and one.written["input"] not in known
    ]
    if not broken:
        return links
    written = {link.path: link for link in settled(broken, plain_tree(tree))}
    return tuple(written.get(link.path, link) for link in links)


class _Tree:
    """Builds the nodes of one automation's tree."""

    def __init__(self, owner: str, symbols: Symbols) -> None:
        self._owner, self._symbols = owner, symbols

    def node(self, model: NodeModel) -> Node:
        match model:
            case DecisionNode():
                condition = condition_of(model.condition, self._owner)
                return Decision(condition, self.node(model.yes), self.node(model.no))
            case ConditionalNode():
                condition = condition_of(model.condition, self._owner)
                return Conditional(condition, self.node(model.do), self.node(model.then))
            case LoopNode():
                return self._loop(model)
            case Then():
                action = _action(model)
                return action if model.then is None else Step(action, self.node(model.then))
            case _:
                return Close() if model == "close" else Nothing()

    def _loop(self, model: LoopNode) -> Loop:
        body = self.node(model.do)
        then = None if model.then is None else self.node(model.then)
        match model.loop:
            case SymbolsModel(symbols=listed):
                return Loop(LoopOver.SYMBOLS, body, tuple(listed), then=then)
            case PositionsModel(positions=wanted):
                tags = tuple(wanted.tags)
                filters = (wanted.symbol, wanted.structure, tags)
                return Loop(LoopOver.POSITIONS, body, (), *filters, then=then)
            case "bot_symbols":
                return Loop(LoopOver.BOT_SYMBOLS, body, self._symbols, then=then)
            case _:
                return Loop(LoopOver.POSITIONS, body, then=then)


def _action(model: Then) -> Action:
    match model:
        case OpenNode():
            return opened(model.open)
        case CloseNode():
            return closed(model.close)
        case UpdateExitsNode():
            return re_exited(model.update_exits)
        case NotifyNode():
            return Notify(model.notify)
        case SwitchNode():
            return switched(model.switch)
        case CounterNode():
            return counted(model.counter)
        case _:
            return _tagging(model)


def _tagging(model: Then) -> Action:
    match model:
        case TagNode():
            return model.tag.tagging(Verb.TAG)
        case UntagNode():
            return model.untag.tagging(Verb.UNTAG)
        case ResetTagsNode():
            return model.reset_tags.tagging(Verb.RESET)
        case _:
            return Nothing()
