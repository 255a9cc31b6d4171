"""Actions as plain data: what is as it would be anyway is left out."""

from decimal import Decimal
from typing import Any, assert_never

from botfleet.adapters.botfile.exits import plain_exits
from botfleet.adapters.botfile.gates import plain_gates
from botfleet.adapters.botfile.trade_writing import plain_trade
from botfleet.domain.capital.sizing import Amount, Percent, Progressive, Units
from botfleet.domain.orders.ladder import PricePlan
from botfleet.domain.positions.exits import Exits
from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.grammar import number, percent
from botfleet.domain.trees.kinds import write_position
from botfleet.domain.trees.memory import Verb
from botfleet.domain.trees.nodes import (
    Action,
    Close,
    Count,
    Notify,
    Open,
    Scope,
    Switch,
    Tagging,
    UpdateExits,
)
from botfleet.domain.trees.operands import PositionRef
from botfleet.domain.trees.sizes import AnySize, SameAs

Mapped = dict[str, Any]
_TAGGED = {Verb.TAG: "tag", Verb.UNTAG: "untag", Verb.RESET: "reset_tags"}


def plain_action(action: Action) -> Mapped:
    """Write an action as a mapping; the empty one does nothing."""
    match action:
        case Open():
            return {"open": _open(action)}
        case Close(price, position, ask):
            given = {} if price == PricePlan() else {"price": plain_price(price)}
            return {"close": given | _position(position) | _ask(ask=ask)}
        case UpdateExits(exits, position):
            return {"update_exits": {"exits": plain_exits(exits), **_position(position)}}
        case Notify(message):
            return {"notify": message}
        case Tagging():
            return {_TAGGED[action.verb]: _tagging(action)}
        case Switch():
            to = "on" if action.is_on else "off"
            return {"switch": {"name": action.name, "to": to, **_owner(action)}}
        case Count():
            verb = "set" if action.verb is Verb.SET else "add"
            return {"counter": {"name": action.name, verb: action.number, **_owner(action)}}
        case _:
            return {}


def _position(ref: PositionRef) -> Mapped:
    return {} if ref is None else {"position": write_position(ref)}


def _ask(*, ask: bool) -> Mapped:
    return {"ask": True} if ask else {}


def _owner(action: Tagging | Switch | Count) -> Mapped:
    of = {} if action.scope is Scope.BOT else {"of": str(action.scope)}
    return of | _position(action.position)


def _tagging(action: Tagging) -> Mapped:
    symbol = {} if action.symbol in {None, LOOP_SYMBOL} else {"symbol": action.symbol}
    return {"tags": list(action.tags), **_owner(action), **symbol}


def _open(action: Open) -> Mapped:
    is_equity = action.spec.structure is Structure.LONG_EQUITY
    opened = {**plain_trade(action.spec), "size": plain_size(action.size, is_equity=is_equity)}
    if action.price != PricePlan():
        opened["price"] = plain_price(action.price)
    if action.exits != Exits():
        opened["exits"] = plain_exits(action.exits)
    opened |= plain_gates(action.gates)
    return opened | ({"tags": list(action.tags)} if action.tags else {}) | _ask(ask=action.ask)


def plain_size(size: AnySize, *, is_equity: bool) -> Mapped:
    """Write a size, in shares or in contracts."""
    match size:
        case Units(count):
            return {"shares" if is_equity else "contracts": count}
        case Amount(amount, at_most):
            return {"amount": number(amount.dollars), **_max(at_most)}
        case Percent(bps, base, at_most):
            share = percent(Decimal(bps) / 10_000)
            return {"percent": share, "of": str(base), **_max(at_most)}
        case SameAs(position):
            return {"same_as": write_position(position) or "position"}
        case Progressive(start, end, increment, on):
            step = "double" if increment is None else increment
            return {"progressive": {"start": start, "end": end, "increment": step, "on": str(on)}}
        case _:
            assert_never(size)


def _max(at_most: int | None) -> Mapped:
    return {} if at_most is None else {"max": at_most}


def plain_price(price: PricePlan) -> Mapped:
    """Write a price plan."""
    given = {
        "final": None if price.final_pct is None else f"{price.final_pct}%",
        "from_mid": _number(price.from_mid),
        "fixed": _number(price.fixed),
        "of_entry": None if price.of_entry is None else percent(price.of_entry),
        "from_entry": _number(price.from_entry),
    }
    return {"speed": str(price.speed)} | {
        key: value for key, value in given.items() if value is not None
    }


def _number(value: Decimal | None) -> object:
    return None if value is None else number(value)
