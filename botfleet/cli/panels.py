"""Panels of exits on a command line: written as in a bot file, or by the name of a preset."""

from botfleet.adapters import botfile
from botfleet.adapters.botfile.text import parse_text
from botfleet.application.ports.panels import HeldRecord
from botfleet.bootstrap import Wiring
from botfleet.domain.ids import UserId
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.presets import class_of
from botfleet.errors import BadInput, NotFound


def exits_of(text: str) -> Exits:
    """Read a panel: `{profit: 50%, stop: 200%}`.

    Raises:
        BadInput: with every fault of it.
    """
    data, faults = parse_text(text)
    if faults:
        raise BadInput(faults)
    return botfile.read_exits(data)


def preset_named(wiring: Wiring, record: HeldRecord, name: str) -> Exits:
    """Give the panel of the owner's preset, if it is for positions of this class.

    Raises:
        NotFound: there is no such preset.
        BadInput: it is for another class.
    """
    owner = next(one for one in wiring.roster.users() if one.name == record.line.user)
    wanted = class_of(record.position.structure)
    for preset in wiring.panels.presets(UserId(owner.user_id)):
        if preset.name == name:
            if preset.position_class is not wanted:
                raise BadInput(f"{name} is for {preset.position_class} positions, not {wanted}.")
            return preset.exits
    raise NotFound(f"{owner.name} has no preset {name}; `botfleet exits list` shows them.")
