"""What an action that changes memory says: tags, switches and counters, and whose they are."""

from botfleet.domain.trees.grammar import say_symbol
from botfleet.domain.trees.kinds import say_position
from botfleet.domain.trees.memory import Verb
from botfleet.domain.trees.nodes import Count, Scope, Switch, Tagging

_TAGGED = {Verb.TAG: "Tag", Verb.UNTAG: "Untag", Verb.RESET: "Replace the tags of"}


def remembered(action: Tagging | Switch | Count) -> str:
    """Word a change of memory: `Tag the position: tested, rolled`."""
    match action:
        case Tagging(verb, _, tags):
            names = ", ".join(tags) or "none"
            return f"{_TAGGED[verb]} {_whose(action)}: {names}"
        case Switch(name, is_on):
            return f"Turn {'on' if is_on else 'off'} the switch “{name}”{_of(action)}"
        case Count(name, Verb.SET, number):
            return f"Set the counter “{name}”{_of(action)} to {number}"
        case Count(name, _, number):
            does = f"Add {number} to" if number >= 0 else f"Take {-number} from"
            return f"{does} the counter “{name}”{_of(action)}"


def _whose(action: Tagging | Switch | Count) -> str:
    if action.scope is Scope.POSITION:
        name = say_position(action.position)
        return name if name.startswith("the ") else f"the {name}"
    if isinstance(action, Tagging) and action.scope is Scope.SYMBOL:
        return say_symbol(action.symbol or "")
    return "the bot"


def _of(action: Switch | Count) -> str:
    return f" of {_whose(action)}" if action.scope is Scope.POSITION else ""
