"""A trade's expiration and strikes in words: short, and as a trader would say them."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from botfleet.domain.trades.opportunities import (
    ByDelta,
    ByDeltaRange,
    ByDeviation,
    ByExpectedMove,
    ByMatch,
    ByOffset,
    ByPosition,
    ByPremium,
    BySame,
    ByStrike,
    ByWidth,
    ExpirationMode,
    ExpirationRule,
    Reference,
    StrikeMode,
    StrikeRule,
    TradeSpec,
)

_MODES: Mapping[StrikeMode, str] = MappingProxyType(
    {
        StrikeMode.CLOSEST: "",
        StrikeMode.EXACTLY: " exactly",
        StrikeMode.OR_HIGHER: " or higher",
        StrikeMode.OR_LOWER: " or lower",
    }
)


def terms(spec: TradeSpec) -> tuple[str, ...]:
    """Word the expirations, then the strike of each leg."""
    front = (expiration(spec.expiration),) if spec.expiration else ()
    back = (f"the later leg {expiration(spec.back)}",) if spec.back else ()
    return front + back + tuple(strike(role, rule) for role, rule in spec.strikes)


def expiration(rule: ExpirationRule) -> str:
    """Word which expiration."""
    return _expiration(rule) + (", monthlies only" if rule.is_monthly else "")


def _expiration(rule: ExpirationRule) -> str:
    match rule.mode:
        case ExpirationMode.EXACTLY:
            return f"{_days(rule.days)} to expiration" if rule.days else "expiring today"
        case ExpirationMode.AT_LEAST:
            return f"at least {_days(rule.days)}"
        case ExpirationMode.BETWEEN:
            return f"{rule.days} to {_days(rule.days_max)}"
        case ExpirationMode.ON:
            return f"expiring on {rule.on}"
        case ExpirationMode.ON_OR_AFTER:
            return f"expiring on or after {rule.on}"
        case ExpirationMode.SAME_AS_POSITION:
            return "expiring with the position"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def strike(role: str, rule: StrikeRule) -> str:
    """Word which strike a leg takes."""
    name = role.replace("_", " ")
    match rule:
        case ByDelta(delta, mode):
            return f"{name} delta {delta:.2f}{_MODES[mode]}"
        case ByDeltaRange(low, high):
            return f"{name} delta {low:.2f} to {high:.2f}"
        case ByStrike(at, mode):
            return f"{name} at ${number(at)}{_MODES[mode]}"
        case ByPremium(premium, side, mode):
            return f"{name} with a {side.value} of ${number(premium)}{_MODES[mode]}"
        case ByPosition():
            return f"{name} at the position's strike"
        case BySame(of):
            return f"{name} at the strike of the {of.replace('_', ' ')}"
        case _:
            return f"{name} {_place(role, rule)}{_MODES[rule.mode]}"


def _place(role: str, rule: ByOffset | ByWidth | ByDeviation | ByExpectedMove | ByMatch) -> str:
    match rule:
        case ByOffset(amount, is_percent, _, reference):
            price = "the price" if reference is Reference.LAST else "today's open"
            far = _far(amount, is_percent=is_percent)
            return f"{far} {_side(amount)} {price}" if amount else f"at {price}"
        case ByWidth(of, amount, _, is_percent):
            return f"{_far(amount, is_percent=is_percent)} {_side(amount)}{_other(role, of)}"
        case ByDeviation(count):
            return f"{number(abs(count))} standard deviations {_side(count)} the price"
        case ByExpectedMove(count):
            return f"{number(abs(count))} expected moves {_side(count)} the price"
        case ByMatch(of):
            return f"as far from the {of.replace('_', ' ')} as the other wing is wide"


def _far(amount: Decimal, *, is_percent: bool) -> str:
    return f"{number(abs(amount))}%" if is_percent else f"${number(abs(amount))}"


def _side(amount: Decimal) -> str:
    return "above" if amount > 0 else "below"


def _other(role: str, of: str) -> str:
    is_plain = role.partition("_")[2] == of.partition("_")[2]
    return "" if is_plain else f" the {of.replace('_', ' ')}"


def number(value: Decimal) -> str:
    """Write a decimal without trailing zeros or exponents."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
