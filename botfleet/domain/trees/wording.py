"""What a node says to its author: a headline, and the details a reader may skip.

Conditions are worded by `grammar` (S86: each recipe renders to one sentence); actions and loops
are worded here. Pages and terminals show these words and never invent their own.
"""

from collections.abc import Callable
from decimal import Decimal

from botfleet.domain.capital.sizing import Amount, Percent, Size, Units
from botfleet.domain.money import Money
from botfleet.domain.orders.ladder import PricePlan
from botfleet.domain.positions.position import Exits
from botfleet.domain.trades.opportunities import (
    ByDelta,
    ByOffset,
    ExpirationMode,
    ExpirationRule,
    StrikeMode,
    StrikeRule,
    TradeSpec,
)
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.conditions import Condition
from botfleet.domain.trees.grammar import render_condition, say_symbol
from botfleet.domain.trees.nodes import Close, Decision, Loop, LoopOver, Node, Notify, Open

Sentence = Callable[[Condition], str]
_SYMBOLS_NAMED_MAX = 6
_MODES = {
    StrikeMode.CLOSEST: "",
    StrikeMode.EXACTLY: " exactly",
    StrikeMode.OR_HIGHER: " or higher",
    StrikeMode.OR_LOWER: " or lower",
}


def structure(one: Structure) -> str:
    """Word a structure: `short put spread`."""
    return one.value.replace("_", " ")


def trade(spec: TradeSpec) -> str:
    """Word a whole trade: structure, symbol, expiration and strikes."""
    return ", ".join((f"{structure(spec.structure)} on {say_symbol(spec.symbol)}", *_terms(spec)))


def _terms(spec: TradeSpec) -> tuple[str, ...]:
    expiration = (_expiration(spec.expiration),) if spec.expiration else ()
    return expiration + tuple(_strike(role, rule) for role, rule in spec.strikes)


def _expiration(rule: ExpirationRule) -> str:
    match rule.mode:
        case ExpirationMode.EXACTLY:
            return f"{_days(rule.days)} to expiration" if rule.days else "expiring today"
        case ExpirationMode.AT_LEAST:
            return f"at least {_days(rule.days)}"
        case ExpirationMode.BETWEEN:
            return f"{rule.days} to {_days(rule.days_max)}"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _strike(role: str, rule: StrikeRule) -> str:
    name = role.replace("_", " ")
    if isinstance(rule, ByDelta):
        return f"{name} delta {rule.delta:.2f}{_MODES[rule.mode]}"
    side = "above" if rule.amount > 0 else "below"
    if isinstance(rule, ByOffset):
        far = f"{number(abs(rule.amount))}%" if rule.is_percent else _usd(rule.amount)
        where = f"{far} {side} the price" if rule.amount else "at the price"
    else:
        where = f"{_usd(rule.amount)} {side}{_other(role, rule.of)}"
    return f"{name} {where}{_MODES[rule.mode]}"


def _other(role: str, of: str) -> str:
    is_plain = role.partition("_")[2] == of.partition("_")[2]
    return "" if is_plain else f" the {of.replace('_', ' ')}"


def _usd(amount: Decimal) -> str:
    return f"${number(abs(amount))}"


def number(value: Decimal) -> str:
    """Write a decimal without trailing zeros or exponents."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def size(one: Size, unit: str = "contract") -> str:
    """Word how large a position may be."""
    match one:
        case Units(count):
            return f"{count} {unit}{'' if count == 1 else 's'}"
        case Amount(amount):
            return f"up to {_money(amount)} of risk"
        case Percent(bps, base):
            return f"{number(Decimal(bps) / 100)}% of {base.value.replace('_', ' ')}"


def _money(amount: Money) -> str:
    return str(amount).removesuffix(".00")


def exits(one: Exits) -> str:
    """Word the exits a position is watched for; empty when all are off."""
    parts = []
    if one.profit is not None:
        parts.append(f"at {_percent(one.profit)} profit")
    if one.stop is not None:
        parts.append(f"at {_percent(one.stop)} loss")
    if one.trail is not None:
        parts.append(f"trailing {_percent(one.trail)} from {_percent(one.trail_from or Decimal())}")
    return "exit " + ", ".join(parts) if parts else ""


def _percent(fraction: Decimal) -> str:
    return f"{number(fraction * 100)}%"


def price(plan: PricePlan) -> str:
    """Word a price plan; empty for the usual one."""
    if plan == PricePlan():
        return ""
    return f"price {plan.speed.value}, to {plan.final_pct}% of the spread"


def headline(node: Node, worded: Sentence = render_condition) -> str:
    """Say in one line what a node asks or does; `worded` words its condition."""
    match node:
        case Decision(condition=condition):
            return worded(condition)
        case Loop():
            return _loop(node)
        case Open(spec=spec):
            return f"Open {structure(spec.structure)} on {say_symbol(spec.symbol)}"
        case Close():
            return "Close the position"
        case Notify(message):
            return f"Tell the owner: “{message}”"
        case _:
            return "Do nothing"


def details(node: Node) -> str:
    """Say the rest: an open's terms, size, price and exits; a close's price; else nothing."""
    match node:
        case Open(spec, wanted, plan, watched):
            unit = "share" if spec.structure is Structure.LONG_EQUITY else "contract"
            terms = ", ".join(_terms(spec))
            return "; ".join(filter(None, (terms, size(wanted, unit), price(plan), exits(watched))))
        case Close(plan):
            return price(plan)
        case _:
            return ""


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
