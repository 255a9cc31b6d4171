"""What an action that a walk came to asks to be remembered (R7)."""

from botfleet.domain.positions.position import Position
from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.facts import Binding
from botfleet.domain.trees.memory import BOT, Change, Mark, Verb, of_position, of_symbol
from botfleet.domain.trees.nodes import Action, Count, Scope, Switch, Tagging


def change(action: Action, binding: Binding) -> Change | None:
    """Give the change of an action with what it is bound to; None for those that remember nothing.

    An action on a position without one, or on the loop's symbol without one, changes nothing: the
    walk has ended it with no data.
    """
    if isinstance(action, Tagging):
        subject = _subject(action.scope, binding, action.symbol)
        return Change(Mark.TAG, subject, action.verb, action.tags) if subject else None
    if isinstance(action, Switch):
        subject = _subject(action.scope, binding, None)
        named = (action.name,)
        return Change(Mark.SWITCH, subject, Verb.SET, named, int(action.is_on)) if subject else None
    if isinstance(action, Count):
        subject = _subject(action.scope, binding, None)
        named = (action.name,)
        return Change(Mark.COUNTER, subject, action.verb, named, action.number) if subject else None
    return None


def _subject(scope: Scope, binding: Binding, symbol: str | None) -> str:
    match scope:
        case Scope.BOT:
            return BOT
        case Scope.POSITION:
            return _position(binding.position)
        case Scope.SYMBOL:
            of = binding.symbol if symbol in {None, LOOP_SYMBOL} else symbol
            return of_symbol(of) if of else ""


def _position(position: Position | None) -> str:
    return of_position(position.position_id) if position else ""
