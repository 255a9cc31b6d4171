"""A bot with other values for its inputs, to be tried; the bot itself stays as it is."""

from collections.abc import Iterator, Mapping
from typing import Any

from botfleet.adapters.botfile.reading import parse
from botfleet.adapters.botfile.text import parse_text
from botfleet.adapters.botfile.writing import plain
from botfleet.domain.bots.bot import Definition
from botfleet.domain.schedules.events import Hook
from botfleet.errors import BadInput, Fault


def with_inputs(definition: Definition, given: Mapping[str, str]) -> Definition:
    """Give the bot with the active values of inputs set, each written as in a bot file.

    A name stands for every input of that name, the bot's and its automations'.

    Raises:
        BadInput: there is no such input, or the value is not of its kind.
    """
    if not given:
        return definition
    document = plain(definition)
    inputs = list(_inputs(document))
    for name, text in given.items():
        found = [one for one in inputs if one["name"] == name]
        if not found:
            known = ", ".join(dict.fromkeys(one["name"] for one in inputs)) or "none"
            raise BadInput(f"The bot has no input {name}; it has {known}.")
        value, _ = parse_text(text)
        for one in found:
            one["value"] = value
    return parse(document)


def with_payload(
    definition: Definition, automation: int, inputs: Mapping[str, object]
) -> Definition:
    """Give the bot as a call has it whose payload gives inputs of one automation their values.

    Raises:
        BadInput: the call feeds no such input, or a value is not of its kind.
    """
    event = definition.automations[automation].event
    feeds = event.feeds if isinstance(event, Hook) else ()
    strange = sorted(inputs.keys() - set(feeds))
    if strange:
        raise BadInput([Fault(f"inputs.{name}", "feeds nothing") for name in strange])
    faults = []
    for one in definition.automations[automation].inputs:
        try:
            if one.name in inputs:
                parse(_fed(definition, automation, {one.name: inputs[one.name]}))
        except BadInput:
            faults.append(Fault(f"inputs.{one.name}", f"is no {one.kind}"))
    if faults:
        raise BadInput(faults)
    return parse(_fed(definition, automation, inputs))


def _fed(
    definition: Definition, automation: int, inputs: Mapping[str, object]
) -> Mapping[str, Any]:
    document = plain(definition)
    for one in document["automations"][automation].get("inputs", ()):
        if one["name"] in inputs:
            one["value"] = inputs[one["name"]]
            one.pop("bot", None)
    return document


def _inputs(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document.get("inputs", ())
    for automation in document["automations"]:
        yield from automation.get("inputs", ())
