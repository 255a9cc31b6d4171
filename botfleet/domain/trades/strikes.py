"""Choose a strike in a chain (actions-and-exits 3.4).

Ties go to the lower strike, and a target outside the listed strikes is not found. A rule that
leans on a number nobody knows (the volatility, the open, the straddle) is a price anomaly.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Right
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.trades.expectations import expected_move
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
    NoTrade,
    PriceSide,
    Reference,
    StrikeMode,
    StrikeRule,
)
from botfleet.domain.trades.structures import ROLES, Role, Structure

DELTA_PLACES = 8
_NOTHING = Decimal(0)
_MONTH = math.sqrt(30 / 365)
Chosen = dict[str, OptionQuote]
#: Where a rule counts from, how far it goes, and what else will do.
Target = tuple[Decimal, Decimal, StrikeMode]
Aimed = ByStrike | ByOffset | ByWidth | ByDeviation | ByExpectedMove | BySame | ByMatch


@dataclass(frozen=True, slots=True)
class Scene:
    """What a strike may be counted from: the underlying's `last`, today's `opened`, its `sd30`."""

    last: Decimal
    opened: Decimal | None = None
    sd30: float | None = None


def needs(structure: Structure, name: str, rule: StrikeRule) -> frozenset[str]:
    """Name the legs whose strikes must be known before this rule can be met."""
    match rule:
        case ByWidth(of=of) | BySame(of=of):
            return frozenset({of})
        case ByMatch(of=of):
            others = {role.name for role in ROLES[structure]} - {name}
            return frozenset(others | {of})
        case _:
            return frozenset()


def find(
    structure: Structure, role: Role, rule: StrikeRule, chain: Chain, chosen: Chosen, scene: Scene
) -> OptionQuote | NoTrade | None:
    """Find the option a rule names, of `role`'s right; None where it is not listed."""
    quotes = chain.side(role.right)
    match rule:
        case ByDelta():
            return _by_delta(quotes, rule, role.right)
        case ByDeltaRange(low, high):
            return _by_delta_range(quotes, low, high)
        case ByPremium(premium, side, mode):
            return _by_premium(quotes, premium, side, mode)
        case ByPosition():
            return None  # no position is bound, or it has no such leg
        case _:
            target = _target(structure, role, rule, chain, chosen, scene)
            return target if isinstance(target, NoTrade) else _by_target(quotes, *target)


def _target(
    structure: Structure, role: Role, rule: Aimed, chain: Chain, chosen: Chosen, scene: Scene
) -> Target | NoTrade:
    """Give where a rule counts from, how far it goes, and what else will do."""
    match rule:
        case ByStrike(strike, mode):
            return strike, _NOTHING, mode
        case ByWidth(of, amount, mode, is_percent):
            strike = chosen[of].option.strike
            return strike, strike * amount / 100 if is_percent else amount, mode
        case BySame(of):
            return chosen[of].option.strike, _NOTHING, StrikeMode.EXACTLY
        case ByMatch(of, mode):
            return chosen[of].option.strike, _matching(structure, role.name, of, chosen), mode
        case _:
            return _from_price(rule, chain, scene)


def _from_price(
    rule: ByOffset | ByDeviation | ByExpectedMove, chain: Chain, scene: Scene
) -> Target | NoTrade:
    match rule:
        case ByOffset(amount, is_percent, mode, reference):
            origin = scene.last if reference is Reference.LAST else scene.opened
            if origin is None:
                return _unknown("today's open")
            return origin, origin * amount / 100 if is_percent else amount, mode
        case ByDeviation(count, mode):
            if scene.sd30 is None:
                return _unknown("the 30-day volatility")
            return scene.last, count * scene.last * Decimal(str(scene.sd30 * _MONTH)), mode
        case ByExpectedMove(count, mode):
            move = expected_move(chain)
            if move is None:
                return _unknown("the straddle's price")
            return scene.last, count * move, mode


def _unknown(what: str) -> NoTrade:
    return NoTrade("W2", f"Pricing anomaly: {what} is not known")


def _matching(structure: Structure, name: str, of: str, chosen: Chosen) -> Decimal:
    """Give the width of the other side's wing, turned to this side."""
    names = [role.name for role in ROLES[structure]]
    others = [chosen[one].option.strike for one in names if one not in {name, of}]
    width = max(others) - min(others)
    return width if names.index(name) > names.index(of) else -width


def _by_delta(quotes: Sequence[OptionQuote], rule: ByDelta, right: Right) -> OptionQuote | None:
    """Compare deltas signed, as quoted: -0.18 is higher than -0.20."""
    wanted = float(rule.delta) if right is Right.CALL else -float(rule.delta)
    known = [(quote.delta - wanted, quote) for quote in quotes if quote.delta is not None]
    if rule.mode is StrikeMode.OR_HIGHER:
        known = [pair for pair in known if round(pair[0], DELTA_PLACES) >= 0]
    elif rule.mode is StrikeMode.OR_LOWER:
        known = [pair for pair in known if round(pair[0], DELTA_PLACES) <= 0]
    gaps = [abs(gap) for gap, _ in known]
    least = round(min(gaps, default=1.0), DELTA_PLACES)
    if not gaps or (rule.mode is StrikeMode.EXACTLY and least > 0):
        return None
    within = least + 10.0**-DELTA_PLACES
    return next(
        known[i][1]
        for i, gap in enumerate(gaps)
        if gap <= within and round(gap, DELTA_PLACES) == least
    )


def _by_delta_range(
    quotes: Sequence[OptionQuote], low: Decimal, high: Decimal
) -> OptionQuote | None:
    middle = float(low + high) / 2
    known = [
        (round(abs(abs(quote.delta) - middle), DELTA_PLACES), quote)
        for quote in quotes
        if quote.delta is not None and float(low) <= abs(quote.delta) <= float(high)
    ]
    return min(known, key=lambda pair: pair[0], default=(0.0, None))[1]


def _by_premium(
    quotes: Sequence[OptionQuote], premium: Decimal, side: PriceSide, mode: StrikeMode
) -> OptionQuote | None:
    known = [(price - premium, q) for q in quotes if (price := _side(q, side)) is not None]
    match mode:
        case StrikeMode.EXACTLY:
            known = [pair for pair in known if pair[0] == 0]
        case StrikeMode.OR_HIGHER:
            known = [pair for pair in known if pair[0] >= 0]
        case StrikeMode.OR_LOWER:
            known = [pair for pair in known if pair[0] <= 0]
        case StrikeMode.CLOSEST:
            pass
    return min(known, key=lambda pair: abs(pair[0]), default=(_NOTHING, None))[1]


def _side(quote: OptionQuote, side: PriceSide) -> Decimal | None:
    return {PriceSide.BID: quote.bid, PriceSide.ASK: quote.ask, PriceSide.MID: quote.mid}[side]


def _strike(quote: OptionQuote) -> Decimal:
    return quote.option.strike


def _by_target(
    quotes: Sequence[OptionQuote], origin: Decimal, offset: Decimal, mode: StrikeMode
) -> OptionQuote | None:
    """Find the strike at `origin + offset`: only on that side of the origin, never upon it."""
    target = origin + offset
    if not quotes or not quotes[0].option.strike <= target <= quotes[-1].option.strike:
        return None
    first = bisect_right(quotes, origin, key=_strike) if offset > 0 else 0
    end = bisect_left(quotes, origin, key=_strike) if offset < 0 else len(quotes)
    at = bisect_left(quotes, target, key=_strike)
    is_listed = quotes[at].option.strike == target
    below, above = at if is_listed else at - 1, at
    match mode:
        case StrikeMode.EXACTLY if not is_listed:
            return None
        case StrikeMode.OR_LOWER:
            above = below
        case StrikeMode.OR_HIGHER:
            below = above
        case _:
            pass
    return _nearer(quotes[first:end], below - first, above - first, target)


def _nearer(
    side: Sequence[OptionQuote], below: int, above: int, target: Decimal
) -> OptionQuote | None:
    """Take the nearer neighbour of the target, of two as near the lower, of one that one."""
    near = [side[i] for i in dict.fromkeys((below, above)) if 0 <= i < len(side)]
    return min(near, key=lambda quote: abs(quote.option.strike - target), default=None)
