"""Asks: actions that wait for their owner's yes, holding no capital (R42).

An ask stands for ten minutes from the mark, or the event, that brought it up; then it lapses. A yes
runs the action alone, as it stood in the bot, with all its checks on fresh prices.
"""

from dataclasses import replace
from datetime import timedelta

from botfleet.domain.bots.bot import Definition, Lane
from botfleet.domain.trees.nodes import Close, Open, every_node
from botfleet.errors import Refusal

#: How long after its mark an ask may be answered, market time.
ASK_LIFE = timedelta(minutes=10)


def agreed(definition: Definition, automation: int, path: str) -> Definition:
    """Give the bot with nothing but the action at `path` left of the automation, asking no more.

    A close is of the position it was about, however its author had named it.

    Raises:
        Refusal: no such action stands there any more.
    """
    root = definition.automations[automation].tree
    node = next((node for place, node in every_node(root) if place == path), None)
    action = getattr(node, "action", node)
    if isinstance(action, Open):
        tree: Open | Close = replace(action, ask=False)
    elif isinstance(action, Close):
        tree = replace(action, ask=False, position=None)
    else:
        raise Refusal("The bot was changed since it asked.")
    one = definition.automations[automation]
    alone = replace(one, lane=Lane.BUTTON, tree=tree, trigger=None, links=())
    automations = list(definition.automations)
    automations[automation] = alone
    return replace(definition, automations=tuple(automations))
