"""What a node says to its author: a headline, and the details a reader may skip.

Conditions are worded by `grammar` (S86: each recipe renders to one sentence); actions and loops
are worded here. Pages and terminals show these words and never invent their own.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TypeVar

from botfleet.domain.capital.sizing import Amount, On, Percent, Progressive, Units
from botfleet.domain.money import Money
from botfleet.domain.orders.ladder import PricePlan
from botfleet.domain.positions.exits import Exits
from botfleet.domain.trades.opportunities import TradeSpec
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.conditions import Condition
from botfleet.domain.trees.grammar import render_condition, say_symbol
from botfleet.domain.trees.kinds import say_position
from botfleet.domain.trees.memory_words import remembered
from botfleet.domain.trees.nodes import (
    Close,
    Conditional,
    Count,
    Decision,
    Loop,
    LoopOver,
    Node,
    Notify,
    Open,
    Step,
    Switch,
    Tagging,
    UpdateExits,
)
from botfleet.domain.trees.sizes import AnySize, SameAs
from botfleet.domain.trees.trade_words import number, terms

__all__ = [
    "details",
    "exits",
    "headline",
    "number",
    "price",
    "size",
    "structure",
    "trade",
    "words",
]

Sentence = Callable[[Condition], str]
Value = TypeVar("Value")
_SYMBOLS_NAMED_MAX = 6
_HOUR_MIN = 60


def structure(one: Structure) -> str:
    """Word a structure: `short put spread`."""
    return one.value.replace("_", " ")


def trade(spec: TradeSpec) -> str:
    """Word a whole trade: structure, symbol, expiration and strikes."""
    return ", ".join((f"{structure(spec.structure)} on {say_symbol(spec.symbol)}", *terms(spec)))


def size(one: AnySize, unit: str = "contract") -> str:
    """Word how large a position may be."""
    match one:
        case Units(count):
            return _units(count, unit)
        case Amount(amount, at_most):
            return f"up to {_money(amount)} of risk{_at_most(at_most, unit)}"
        case Percent(bps, base, at_most):
            of = base.value.replace("_", " ")
            return f"{number(Decimal(bps) / 100)}% of {of}{_at_most(at_most, unit)}"
        case SameAs(position):
            return f"as many {unit}s as the {say_position(position).removeprefix('the ')}"
        case Progressive():
            return _progressive(one, unit)


def _units(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _at_most(count: int | None, unit: str) -> str:
    return "" if count is None else f", at most {_units(count, unit)}"


def _progressive(one: Progressive, unit: str) -> str:
    more = "twice as many" if one.increment is None else f"{one.increment} more"
    kind = "loss" if one.on in {On.LOSSES, On.CONSECUTIVE_LOSSES} else "win"
    row = " in a row" if one.on in {On.CONSECUTIVE_WINS, On.CONSECUTIVE_LOSSES} else ""
    return f"{_units(one.start, unit)}, {more} after each {kind}{row}, at most {one.end}"


def _money(amount: Money) -> str:
    return str(amount).removesuffix(".00")


def exits(one: Exits) -> str:
    """Word the exits a position is watched for; empty when all are off."""
    parts = [
        *(f"at {_percent(level)} profit" for level in _given(one.profit)),
        *(f"at {_money(amount)} profit" for amount in _given(one.profit_amount)),
        *(f"at a price of ${number(price)}" for price in _given(one.price)),
        *(f"at {_percent(level)} loss" for level in _given(one.stop)),
        *(f"at {_money(amount)} loss" for amount in _given(one.stop_amount)),
        *(_trail(one) for _ in _given(one.trail)),
        *(_touch(away, one) for away in _given(one.touch)),
        *(f"{_time(minutes)} before it expires" for minutes in _given(one.expiration_min)),
        *(f"{_days(days)} before it expires" for days in _given(one.expiration_days)),
        *(_avoid(one) for _ in one.avoid[:1]),
        *(f"{_days(days)} before earnings" for days in _given(one.earnings_days)),
        *(f"below an alpha of {_percent(level)}" for level in _given(one.alpha_min)),
        *(f"below an expected value of {_money(amount)}" for amount in _given(one.value_min)),
    ]
    guards = [
        *("not on the day it opened" for _ in range(one.waits_a_day)),
        *(f"not while wider than ${number(width)}" for width in _given(one.spread_max)),
    ]
    return "exit " + ", ".join(parts + guards) if parts else ""


def _given(value: Value | None) -> tuple[Value, ...]:
    return () if value is None else (value,)


def _trail(one: Exits) -> str:
    least, most = one.trail_return_min, one.trail_pullback_max
    guards = [f"at {_percent(level)} or more" for level in _given(least)]
    guards += [f"unless {_percent(level)} was given back" for level in _given(most)]
    said = (
        f"trailing {_percent(one.trail or Decimal())} from {_percent(one.trail_from or Decimal())}"
    )
    return " ".join((said, *guards))


def _touch(away: Decimal, one: Exits) -> str:
    if not away:
        return "at the strike"
    size = _percent(abs(away)) if one.touch_is_fraction else f"${number(abs(away))}"
    return f"{size} {'before the strike' if away > 0 else 'in the money'}"


def _time(minutes: int) -> str:
    hours, rest = divmod(minutes, _HOUR_MIN)
    return f"{minutes} minutes" if rest else f"{hours} hour{'' if hours == 1 else 's'}"


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _avoid(one: Exits) -> str:
    names = " or ".join(name.replace("_", " ") for name in one.avoid)
    return f"the session before {names}, {_time(one.avoid_min)} before its close"


def _percent(fraction: Decimal) -> str:
    return f"{number(fraction * 100)}%"


def price(plan: PricePlan) -> str:
    """Word a price plan; empty for the usual one."""
    if plan == PricePlan():
        return ""
    ends = list(_finals(plan)) or ["100% of the spread"]
    if len(ends) == 1:
        return f"price {plan.speed.value}, to {ends[0]}"
    return f"price {plan.speed.value}, to the best of {', '.join(ends[:-1])} and {ends[-1]}"


def _finals(plan: PricePlan) -> Iterator[str]:
    if plan.final_pct is not None:
        yield f"{plan.final_pct}% of the spread"
    if plan.from_mid is not None:
        yield f"${number(plan.from_mid)} from the middle"
    if plan.fixed is not None:
        yield f"${number(plan.fixed)}"
    if plan.of_entry is not None:
        yield f"{_percent(plan.of_entry)} of the opening price"
    if plan.from_entry is not None:
        side = "above" if plan.from_entry > 0 else "below"
        yield f"${number(abs(plan.from_entry))} {side} the opening price"


def headline(node: Node, worded: Sentence = render_condition) -> str:
    """Say in one line what a node asks or does; `worded` words its condition."""
    match node:
        case Decision(condition=condition):
            return worded(condition)
        case Conditional(condition=condition):
            return f"If {lowered(worded(condition))}"
        case Step(action=action):
            return headline(action, worded)
        case Loop():
            return _loop(node)
        case _:
            return _deed(node)


def _deed(action: Node) -> str:
    match action:
        case Tagging() | Switch() | Count():
            return remembered(action)
        case Open(spec=spec):
            return f"Open {structure(spec.structure)} on {say_symbol(spec.symbol)}"
        case Close(position=position):
            return f"Close {_the(say_position(position))}"
        case UpdateExits(exits=panel):
            return f"Set other exits: {exits(panel) or 'none'}"
        case Notify(message):
            return f"Tell the owner: “{message}”"
        case _:
            return "Do nothing"


def details(node: Node) -> str:
    """Say the rest: an open's terms, size, price and exits; a close's price; else nothing."""
    match node:
        case Open(spec, wanted, plan, watched):
            unit = "share" if spec.structure is Structure.LONG_EQUITY else "contract"
            said = ", ".join(terms(spec))
            parts = (said, size(wanted, unit), price(plan), exits(watched), _asked(ask=node.ask))
            return "; ".join(filter(None, parts))
        case Close(plan):
            return "; ".join(filter(None, (price(plan), _asked(ask=node.ask))))
        case Step(action=action):
            return details(action)
        case _:
            return ""


def _the(named: str) -> str:
    return named if named.startswith("the ") else f"the {named}"


def lowered(sentence: str) -> str:
    """Put a sentence into the middle of another: tickers and names stay as they are."""
    first, second = sentence[:1], sentence[1:2]
    return sentence if second.isupper() or not second.isalpha() else first.lower() + sentence[1:]


def _asked(*, ask: bool) -> str:
    return "once the owner has said yes" if ask else ""


def words(node: Node, worded: Sentence = render_condition) -> str:
    """Say all of a node in one sentence."""
    more = details(node)
    return f"{headline(node, worded)}, {more}" if more else headline(node, worded)


def _loop(loop: Loop) -> str:
    if loop.over is LoopOver.POSITIONS:
        kind = f"open {structure(loop.structure)}" if loop.structure else "open position"
        return f"For each {kind}" + (f" on {say_symbol(loop.symbol)}" if loop.symbol else "")
    what = "bot symbol" if loop.over is LoopOver.BOT_SYMBOLS else "symbol"
    return f"For each {what}: {_names(loop.symbols)}" if loop.symbols else f"For each {what}"


def _names(symbols: tuple[str, ...]) -> str:
    named = ", ".join(symbols[:_SYMBOLS_NAMED_MAX])
    more = len(symbols) - _SYMBOLS_NAMED_MAX
    return f"{named} and {more} more" if more > 0 else named
