"""The order in which a bot's scanners run, and that in which its monitors do (S118, S122-S124).

Each lane is a sequence of its own, first the one on top. Events and buttons run when something
starts them: they have no order. A lane that is put in another order leaves every other automation
at its index, so that what was started by its index goes on being that.
"""

from collections.abc import Sequence
from dataclasses import replace

from botfleet.domain.bots.bot import Definition, Lane
from botfleet.errors import BadInput

#: The lanes that run one automation after another.
SEQUENCES = (Lane.SCANNER, Lane.MONITOR)


def sequence(definition: Definition, lane: Lane) -> tuple[str, ...]:
    """Name the automations of a lane in their order."""
    return tuple(one.name for _, one in definition.lane(lane))


def lane_of(definition: Definition, name: str) -> Lane:
    """Give the lane of an automation that has a place in an order.

    Raises:
        BadInput: there is no such automation, or it has none.
    """
    lane = next((one.lane for one in definition.automations if one.name == name), None)
    if lane is None:
        names = ", ".join(one.name for one in definition.automations)
        raise BadInput(f"There is no automation {name}; there are {names}.")
    if lane not in SEQUENCES:
        raise BadInput(f"{name} runs when it is started; only scanners and monitors have an order.")
    return lane


def moved(definition: Definition, name: str, to: str | int) -> tuple[str, ...]:
    """Give the order of an automation's lane once it went `up`, `down`, or to a place from 0 on.

    What is at an end already stays there.

    Raises:
        BadInput: it has no place in an order, or there is no such place.
    """
    names = list(sequence(definition, lane_of(definition, name)))
    place, last = names.index(name), len(names) - 1
    ways = {"up": max(0, place - 1), "down": min(last, place + 1), "first": 0, "last": last}
    target = ways.get(to, -1) if isinstance(to, str) else to
    if not 0 <= target <= last:
        raise BadInput(f"It goes up, down, first, last, or to a place from 0 to {last}.")
    names.insert(target, names.pop(place))
    return tuple(names)


def reordered(definition: Definition, lane: Lane, names: Sequence[str]) -> Definition:
    """Give the bot with a lane in this order.

    Raises:
        BadInput: the lane has none, or these are not its automations, each once.
    """
    if lane not in SEQUENCES:
        raise BadInput("Only scanners and monitors have an order.")
    now = sequence(definition, lane)
    if sorted(names) != sorted(now):
        raise BadInput(f"An order names each {lane} once; there are {', '.join(now) or 'none'}.")
    by_name = {one.name: one for _, one in definition.lane(lane)}
    coming = iter(names)
    automations = tuple(
        by_name[next(coming)] if one.lane is lane else one for one in definition.automations
    )
    return replace(definition, automations=automations)
