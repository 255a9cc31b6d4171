"""What starts an automation that is tried: the position that opened or closed, a call's payload."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

from botfleet.adapters.botfile.text import SIZE_MAX, parse_text
from botfleet.adapters.botfile.trial import with_payload
from botfleet.bootstrap import Wiring
from botfleet.cli.files import text_of
from botfleet.domain.bots.bot import Definition
from botfleet.domain.ids import BotId, PositionId
from botfleet.domain.positions.position import HOLDING, Position
from botfleet.domain.schedules.events import Hook, Resultant, Transition
from botfleet.errors import BadInput, NotFound


def position_of(wiring: Wiring, bot: BotId, position: UUID, today: date) -> Position:
    """Give a position of a bot, open or gone.

    Raises:
        NotFound: the bot has none like that.
    """
    record = wiring.panels.record(None, PositionId(position), today)
    if record.line.bot_id != bot:
        raise NotFound("That position is another bot's.")
    return record.position


def carriers(definition: Definition, chosen: Sequence[int], held: Position) -> list[int]:
    """Give which of the automations chosen such a position starts.

    Raises:
        BadInput: none of them.
    """
    found = [index for index in chosen if transition_of(definition, index, held)]
    if not found:
        state = held.state.value
        structure = held.structure.replace("_", " ")
        raise BadInput(f"No automation chosen here starts with a {structure} that is {state}.")
    return found


def transition_of(definition: Definition, index: int, held: Position) -> Transition | None:
    """Say by what of a position an automation would be started; None: it would not."""
    event = definition.automations[index].event
    if not isinstance(event, Resultant):
        return None
    is_gone = held.state not in HOLDING
    fits = held.structure in event.structures or not event.structures
    return event.transition if fits and is_gone is (event.transition is Transition.CLOSED) else None


def called(definition: Definition, chosen: Sequence[int], payload: str) -> list[Definition | None]:
    """Give the bot as a call with this payload has it, for each automation chosen.

    None where no call starts it. A payload is a file, - for stdin, or JSON itself, as a hook's
    caller sends it: `{"inputs": {"size": 2}}`.

    Raises:
        BadInput: no call starts any, or the payload is not as their inputs are declared.
    """
    starts = [isinstance(definition.automations[index].event, Hook) for index in chosen]
    if not any(starts):
        raise BadInput("No automation chosen here is started by a call; --payload is for those.")
    inputs = _inputs(payload)
    return [
        with_payload(definition, index, inputs) if is_called else None
        for index, is_called in zip(chosen, starts, strict=True)
    ]


def _inputs(payload: str) -> dict[str, object]:
    data, faults = parse_text(_read(payload))
    if faults:
        raise BadInput(faults)
    if not isinstance(data, dict) or data.keys() - {"id", "inputs"}:
        raise BadInput('A payload is like {"inputs": {"name": value}}.')
    inputs = data.get("inputs", {})
    if not isinstance(inputs, dict):
        raise BadInput("inputs: must be a mapping of names to values")
    return inputs


def _read(payload: str) -> bytes:
    if payload.lstrip().startswith("{"):
        return payload.encode()
    if payload == "-":
        return sys.stdin.buffer.read(SIZE_MAX + 1)
    return text_of(Path(payload))
