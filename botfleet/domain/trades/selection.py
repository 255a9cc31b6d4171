"""Choose expiration and strikes in a chain: the same spec on the same quotes gives the same legs.

Source: actions-and-exits 3.3, 3.4; S83. What cannot be met is a `NoTrade`: W5 no expiration, W2 a
price that makes no sense, E1 legs that are not the structure, E2 no such strike. Ties go to the
lower strike, and a target outside the listed strikes is not found.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.trades.margin import max_profit, worst_case
from botfleet.domain.trades.opportunities import (
    ByDelta,
    ByOffset,
    ByWidth,
    ExpirationMode,
    ExpirationRule,
    NoTrade,
    Opportunity,
    StrikeMode,
    StrikeRule,
    TradeSpec,
)
from botfleet.domain.trades.structures import CREDIT, ROLES, Role, Structure

DELTA_PLACES = 8
NO_EXPIRATION = NoTrade("W5", "No expiration available")
_NOTHING = Decimal(0)
Chosen = dict[str, OptionQuote]


def pick_expiration(
    rule: ExpirationRule, today: date, expirations: Sequence[date]
) -> date | NoTrade:
    """Pick one of `expirations` (rising) by calendar days from `today`; 0 is today."""
    days_max = {ExpirationMode.EXACTLY: rule.days, ExpirationMode.BETWEEN: rule.days_max}
    for expires_on in expirations:
        days = (expires_on - today).days
        if rule.days <= days <= days_max.get(rule.mode, days):
            return expires_on
    return NO_EXPIRATION


def build(spec: TradeSpec, chain: Chain | None, underlying: Quote) -> Opportunity | NoTrade:
    """Meet `spec` from one expiration's chain (None for shares) and the underlying's quote."""
    if underlying.last is None or not underlying.last > 0:
        return _anomaly(f"{underlying.symbol} has no last price")
    if spec.structure is Structure.LONG_EQUITY:
        return _build_equity(spec, underlying, underlying.last)
    if chain is None:
        return NO_EXPIRATION
    chosen = _choose_legs(spec, chain, underlying.last)
    if isinstance(chosen, NoTrade):
        return chosen
    return _price(spec, chain, [chosen[role.name] for role in ROLES[spec.structure]], underlying)


def _build_equity(spec: TradeSpec, quote: Quote, last: Decimal) -> Opportunity | NoTrade:
    bid, ask = quote.bid, quote.ask
    if bid is None or ask is None or not 0 < bid <= ask:
        return _anomaly(f"{spec.symbol} is not quoted on both sides")
    return Opportunity(
        symbol=spec.symbol,
        structure=spec.structure,
        legs=(Leg(None, 1),),
        expires_on=None,
        underlying=last,
        bid=bid,
        ask=ask,
        max_profit=None,
        max_loss=worst_case(spec.structure, (), (bid + ask) / 2),
        delta=1.0,
        at=quote.at,
    )


def _choose_legs(spec: TradeSpec, chain: Chain, last: Decimal) -> Chosen | NoTrade:
    """Find every leg, those that lean on another after it, and hold them to their structure."""
    rules, chosen = dict(spec.strikes), Chosen()
    waiting = list(ROLES[spec.structure])
    while waiting:
        role = next((one for one in waiting if _is_ready(rules.get(one.name), chosen)), None)
        if role is None:
            return NoTrade("E1", f"Leg enforcement: no rule leads to {waiting[0].name}")
        found = _find(role, rules[role.name], chain, chosen, last)
        if found is None:
            return NoTrade("E2", f"Requested option not found: {spec.symbol} {role.name}")
        chosen[role.name] = found
        waiting.remove(role)
    return chosen


def _is_ready(rule: StrikeRule | None, chosen: Chosen) -> bool:
    return rule is not None and (not isinstance(rule, ByWidth) or rule.of in chosen)


def _find(
    role: Role, rule: StrikeRule, chain: Chain, chosen: Chosen, last: Decimal
) -> OptionQuote | None:
    quotes = chain.side(role.right)
    match rule:
        case ByDelta():
            return _by_delta(quotes, rule, role.right)
        case ByOffset(amount, is_percent, mode):
            offset = last * amount / 100 if is_percent else amount
            return _by_target(quotes, last, offset, mode)
        case ByWidth(of, amount, mode):
            return _by_target(quotes, chosen[of].option.strike, amount, mode)


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


def _price(
    spec: TradeSpec, chain: Chain, quotes: Sequence[OptionQuote], underlying: Quote
) -> Opportunity | NoTrade:
    """Price the legs, which stand in the order of `ROLES`."""
    roles = ROLES[spec.structure]
    strikes = tuple(quote.option.strike for quote in quotes)
    if any(low >= high for low, high in pairwise(strikes)):
        shown = ", ".join(f"{role.name} {at}" for role, at in zip(roles, strikes, strict=True))
        return NoTrade("E1", f"Leg enforcement: strikes must rise: {shown}")
    sides = _sides(roles, quotes)
    if isinstance(sides, NoTrade):
        return sides
    bid, ask = sides
    mid = (bid + ask) / 2
    fault = _fault(spec.structure, strikes, mid)
    if fault:
        return _anomaly(fault)
    return Opportunity(
        symbol=spec.symbol,
        structure=spec.structure,
        legs=_legs(roles, [quote.option for quote in quotes]),
        expires_on=chain.expires_on,
        underlying=underlying.last or _NOTHING,
        bid=bid,
        ask=ask,
        max_profit=max_profit(spec.structure, strikes, mid),
        max_loss=worst_case(spec.structure, strikes, mid),
        delta=_delta(roles, quotes),
        at=chain.at,
    )


def _sides(
    roles: Sequence[Role], quotes: Sequence[OptionQuote]
) -> tuple[Decimal, Decimal] | NoTrade:
    """Give what selling and buying the combination would bring and cost.

    What is bought needs an ask, what is sold a bid and, to value it, an ask; a bought leg nobody
    bids for is worth nothing.
    """
    bid = ask = _NOTHING
    for role, quote in zip(roles, quotes, strict=True):
        leg_bid, leg_ask = quote.bid, quote.ask
        if leg_ask is None or (leg_bid is None and role.ratio < 0):
            return _anomaly(f"{role.name} {quote.option.strike} has no market")
        leg_bid = leg_bid or _NOTHING
        if leg_bid > leg_ask or leg_ask <= 0:
            return _anomaly(f"{role.name} {quote.option.strike} is crossed")
        bid += leg_bid if role.ratio > 0 else -leg_ask
        ask += leg_ask if role.ratio > 0 else -leg_bid
    return bid, ask


def _fault(structure: Structure, strikes: tuple[Decimal, ...], mid: Decimal) -> str:
    """Say what is wrong with a middle price: a credit lies between 0 and the width, so a debit."""
    if structure in CREDIT:
        wing = max(high - low for low, high in zip(strikes[::2], strikes[1::2], strict=True))
        return "" if -wing < mid < 0 else f"a credit of {-mid} on a width of {wing}"
    if len(strikes) == 1:
        return "" if mid > 0 else "nothing to pay"
    width = strikes[1] - strikes[0]
    return "" if 0 < mid < width else f"a debit of {mid} on a width of {width}"


def _legs(roles: Sequence[Role], options: Sequence[Option]) -> tuple[Leg, ...]:
    return tuple(Leg(option, role.ratio) for role, option in zip(roles, options, strict=True))


def _delta(roles: Sequence[Role], quotes: Sequence[OptionQuote]) -> float:
    pairs = zip(roles, quotes, strict=True)
    return 100 * sum(role.ratio * (quote.delta or 0.0) for role, quote in pairs)


def _anomaly(what: str) -> NoTrade:
    return NoTrade("W2", f"Pricing anomaly: {what}")
