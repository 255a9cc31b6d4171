"""Trades as plain data, the way a bot file words them: what is written is read back the same."""

from decimal import Decimal
from typing import Any

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
    PriceSide,
    Reference,
    StrikeMode,
    StrikeRule,
    TradeSpec,
)
from botfleet.domain.trees.grammar import number, percent

Mapped = dict[str, Any]


def plain_trade(spec: TradeSpec) -> Mapped:
    """Write a trade; the legs stand in the order of `ROLES`."""
    trade: Mapped = {"symbol": spec.symbol, "structure": str(spec.structure)}
    if spec.expiration:
        trade["expiration"] = plain_expiration(spec.expiration)
    if spec.back:
        trade["back"] = plain_expiration(spec.back)
    if spec.strikes:
        trade["strikes"] = {name: plain_strike(rule) for name, rule in spec.strikes}
    return trade


def plain_expiration(rule: ExpirationRule) -> Mapped:
    """Write an expiration."""
    return _day(rule) | ({"monthly": True} if rule.is_monthly else {})


def _day(rule: ExpirationRule) -> Mapped:
    match rule.mode:
        case ExpirationMode.BETWEEN:
            return {"between": [rule.days, rule.days_max]}
        case ExpirationMode.SAME_AS_POSITION:
            return {"same_as": "position"}
        case ExpirationMode.ON_OR_AFTER | ExpirationMode.ON:
            return {"on_or_after": rule.on.isoformat() if rule.on else ""}
        case ExpirationMode.EXACTLY | ExpirationMode.AT_LEAST:
            return {str(rule.mode): rule.days}


def plain_strike(rule: StrikeRule) -> Mapped:
    """Write a strike."""
    match rule:
        case ByDelta(delta):
            return {"delta": number(delta), **_mode(rule.mode)}
        case ByDeltaRange(low, high):
            return {"delta_between": [number(low), number(high)]}
        case ByStrike(strike):
            return {"strike": number(strike), **_mode(rule.mode)}
        case ByPremium(premium, side):
            named: Mapped = {} if side is PriceSide.MID else {"side": str(side)}
            return {"premium": number(premium), **named, **_mode(rule.mode)}
        case ByOffset(amount, is_percent, mode, reference):
            named = {} if reference is Reference.LAST else {"from": str(reference)}
            return {"offset": _far(amount, is_percent=is_percent), **named, **_mode(mode)}
        case _:
            return _measured(rule)


def _measured(
    rule: ByWidth | ByDeviation | ByExpectedMove | BySame | ByMatch | ByPosition,
) -> Mapped:
    match rule:
        case ByWidth(of, amount, mode, is_percent):
            return {"width": _far(amount, is_percent=is_percent), "of": of, **_mode(mode)}
        case ByDeviation(count):
            return {"deviations": number(count), **_mode(rule.mode)}
        case ByExpectedMove(count):
            return {"expected_moves": number(count), **_mode(rule.mode)}
        case ByMatch(of):
            return {"match": of, **_mode(rule.mode)}
        case BySame(of):
            return {"same_as": of}
        case ByPosition():
            return {"same_as": "position"}


def _mode(mode: StrikeMode) -> Mapped:
    return {} if mode is StrikeMode.CLOSEST else {"mode": str(mode)}


def _far(amount: Decimal, *, is_percent: bool) -> object:
    return percent(amount / 100) if is_percent else number(amount)
