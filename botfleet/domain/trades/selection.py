"""Meet a spec with real quotes: the same spec on the same quotes gives the same legs.

Source: actions-and-exits 3.2 to 3.4; S83. What cannot be met is a `NoTrade`: W5 no expiration, W2 a
price that makes no sense, E1 legs that are not the structure, E2 no such strike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import MULTIPLIER, Leg, Option
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.trades.expirations import NO_EXPIRATION, pick_expiration
from botfleet.domain.trades.margin import OPEN_ENDED, extremes, max_profit, worst_case
from botfleet.domain.trades.opportunities import (
    NoTrade,
    Odds,
    Opportunity,
    StrikeRule,
    TradeSpec,
)
from botfleet.domain.trades.pricing import years_to_expiration
from botfleet.domain.trades.probabilities import Outlook
from botfleet.domain.trades.prospects import net_greeks, prospects
from botfleet.domain.trades.strikes import Chosen, Scene, find, needs
from botfleet.domain.trades.structures import (
    CREDIT,
    LEVEL,
    ROLES,
    TWO_DAYS,
    WITH_SHARES,
    Role,
    Structure,
    lie_rightly,
)

__all__ = ["NO_EXPIRATION", "Sight", "build", "pick_expiration"]

_NOTHING = Decimal(0)
RATE = 0.04


@dataclass(frozen=True, slots=True)
class Sight:
    """What else a trade may be seen by: the later expiration's chain, the symbol's `sd30`, a rate.

    Without `sd30` the odds are not known.
    """

    back: Chain | None = None
    sd30: float | None = None
    rate: float = RATE


def build(
    spec: TradeSpec, chain: Chain | None, underlying: Quote, sight: Sight = Sight()
) -> Opportunity | NoTrade:
    """Meet `spec` from one expiration's chain (None for shares) and the underlying's quote."""
    if underlying.last is None or not underlying.last > 0:
        return _anomaly(f"{underlying.symbol} has no last price")
    if spec.structure is Structure.LONG_EQUITY:
        return _build_equity(spec, underlying, underlying.last)
    if chain is None or (spec.structure in TWO_DAYS and sight.back is None):
        return NO_EXPIRATION
    if sight.back is not None and sight.back.expires_on <= chain.expires_on:
        return NoTrade("E1", "Leg enforcement: the back expiration must be the later one")
    chosen = _choose_legs(spec, chain, sight, Scene(underlying.last, underlying.open, sight.sd30))
    if isinstance(chosen, NoTrade):
        return chosen
    quotes = [chosen[role.name] for role in ROLES[spec.structure]]
    return _price(spec, chain, quotes, underlying, sight)


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


def _choose_legs(spec: TradeSpec, chain: Chain, sight: Sight, scene: Scene) -> Chosen | NoTrade:
    """Find every leg, those that lean on another after it."""
    rules, chosen = dict(spec.strikes), Chosen()
    waiting = list(ROLES[spec.structure])
    while waiting:
        role = next((one for one in waiting if _is_ready(spec, one, rules, chosen)), None)
        if role is None:
            return NoTrade("E1", f"Leg enforcement: no rule leads to {waiting[0].name}")
        legs = sight.back if role.is_back and sight.back else chain
        found = find(spec.structure, role, rules[role.name], legs, chosen, scene)
        if found is None:
            return NoTrade("E2", f"Requested option not found: {spec.symbol} {role.name}")
        if isinstance(found, NoTrade):
            return found
        chosen[role.name] = found
        waiting.remove(role)
    return chosen


def _is_ready(spec: TradeSpec, role: Role, rules: dict[str, StrikeRule], chosen: Chosen) -> bool:
    rule = rules.get(role.name)
    return rule is not None and needs(spec.structure, role.name, rule) <= chosen.keys()


def _enforced(
    structure: Structure, strikes: tuple[Decimal, ...], quotes: Sequence[OptionQuote]
) -> str:
    """Say which leg rule is broken: how strikes lie, and that the nearer leg has the more delta."""
    roles = ROLES[structure]
    if not lie_rightly(structure, strikes):
        shown = ", ".join(f"{role.name} {at}" for role, at in zip(roles, strikes, strict=True))
        return f"strikes must rise{_but_one(structure)}: {shown}"
    for (one, first), (other, second) in combinations(zip(roles, quotes, strict=True), 2):
        if one.right is other.right and not (one.is_back or other.is_back):
            sold, bought = (first, second) if one.ratio < 0 else (second, first)
            if _is_reversed(structure, sold.delta, bought.delta):
                return f"the deltas of {one.name} and {other.name} lie the wrong way"
    return ""


def _but_one(structure: Structure) -> str:
    at = LEVEL.get(structure)
    if at is None:
        return ""
    low, high = ROLES[structure][at : at + 2]
    return f" and {low.name} equal {high.name}"


def _is_reversed(structure: Structure, sold: float | None, bought: float | None) -> bool:
    if sold is None or bought is None:
        return False
    gap = abs(sold) - abs(bought)
    return gap < 0 if structure in CREDIT else gap > 0


def _price(
    spec: TradeSpec,
    chain: Chain,
    quotes: Sequence[OptionQuote],
    underlying: Quote,
    sight: Sight,
) -> Opportunity | NoTrade:
    """Price the legs, which stand in the order of `ROLES`."""
    roles = ROLES[spec.structure]
    strikes = tuple(quote.option.strike for quote in quotes)
    broken = _enforced(spec.structure, strikes, quotes)
    if broken:
        return NoTrade("E1", f"Leg enforcement: {broken}")
    sides = _sides(roles, quotes)
    if isinstance(sides, NoTrade):
        return sides
    shares = _shares(spec.structure, underlying)
    if isinstance(shares, NoTrade):
        return shares
    bid, ask = sides[0] + shares[0], sides[1] + shares[1]
    mid = (bid + ask) / 2
    fault = _fault(spec.structure, strikes, mid)
    if fault:
        return _anomaly(fault)
    legs = _legs(spec.structure, [quote.option for quote in quotes])
    return Opportunity(
        symbol=spec.symbol,
        structure=spec.structure,
        legs=legs,
        expires_on=chain.expires_on,
        underlying=underlying.last or _NOTHING,
        bid=bid,
        ask=ask,
        max_profit=max_profit(spec.structure, strikes, mid),
        max_loss=worst_case(spec.structure, strikes, mid),
        delta=_delta(spec.structure, quotes),
        at=chain.at,
        greeks=net_greeks(legs, quotes),
        odds=_odds(spec.structure, quotes, mid, chain, sight),
        leg_quotes=tuple(quotes),
    )


def _odds(
    structure: Structure, quotes: Sequence[OptionQuote], mid: Decimal, chain: Chain, sight: Sight
) -> Odds | None:
    if sight.sd30 is None or chain.underlying.last is None:
        return None
    years = years_to_expiration(chain.at, chain.expires_on)
    outlook = Outlook(float(chain.underlying.last), sight.sd30, years, sight.rate)
    return prospects(structure, quotes, mid, outlook)


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
    ends = extremes(structure, strikes)
    if structure in CREDIT:
        return "" if ends[0] < mid < 0 else f"a credit of {-mid} on a width of {-ends[0]}"
    if structure in OPEN_ENDED:
        return "" if mid > 0 else "nothing to pay"
    return "" if 0 < mid < ends[1] else f"a debit of {mid} on a width of {ends[1]}"


def _shares(structure: Structure, quote: Quote) -> tuple[Decimal, Decimal] | NoTrade:
    """Give both sides of the shares a unit holds beside its options, a share."""
    if structure not in WITH_SHARES:
        return _NOTHING, _NOTHING
    if quote.bid is None or quote.ask is None or not 0 < quote.bid <= quote.ask:
        return _anomaly(f"{quote.symbol} is not quoted on both sides")
    return quote.bid, quote.ask


def _legs(structure: Structure, options: Sequence[Option]) -> tuple[Leg, ...]:
    """Give the legs of a unit, those of `ROLES` first, then its shares."""
    pairs = zip(ROLES[structure], options, strict=True)
    legs = tuple(Leg(option, role.ratio) for role, option in pairs)
    return (*legs, Leg(None, 1)) if structure in WITH_SHARES else legs


def _delta(structure: Structure, quotes: Sequence[OptionQuote]) -> float:
    pairs = zip(ROLES[structure], quotes, strict=True)
    shares = 1.0 if structure in WITH_SHARES else 0.0
    return MULTIPLIER * sum((role.ratio * (quote.delta or 0.0) for role, quote in pairs), shares)


def _anomaly(what: str) -> NoTrade:
    return NoTrade("W2", f"Pricing anomaly: {what}")
