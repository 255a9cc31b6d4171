"""What a trade of quoted legs is exposed to, and what becomes of it at its expiration."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from botfleet.domain.market.instruments import MULTIPLIER, Leg, Right
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.trades.margin import worst_case
from botfleet.domain.trades.opportunities import NetGreeks, Odds
from botfleet.domain.trades.pricing import DAYS_A_YEAR, Floats, Terms, price
from botfleet.domain.trades.probabilities import Outlook, odds
from botfleet.domain.trades.structures import ROLES, TWO_DAYS, Structure
from botfleet.errors import Refusal


def net_greeks(legs: Sequence[Leg], quotes: Sequence[OptionQuote]) -> NetGreeks | None:
    """Add up one unit's greeks; None while one of a leg's is not known. Shares: delta only."""
    if not quotes:
        shares = float(sum(leg.ratio for leg in legs))
        return NetGreeks(shares, 0.0, 0.0, 0.0)
    shares = sum(leg.ratio for leg in legs if leg.option is None)
    sums = [float(MULTIPLIER * shares), 0.0, 0.0, 0.0]
    options = [leg for leg in legs if leg.option is not None]
    for leg, quote in zip(options, quotes, strict=True):
        for at, greek in enumerate((quote.delta, quote.gamma, quote.theta, quote.vega)):
            if greek is None:
                return None
            sums[at] += MULTIPLIER * leg.ratio * greek
    return NetGreeks(*sums)


def prospects(
    structure: Structure, quotes: Sequence[OptionQuote], paid: Decimal, outlook: Outlook
) -> Odds | None:
    """Give the odds of holding one unit, taken on at `paid` a share, to its (first) expiration.

    None for shares, which do not expire; for a price at which the trade is not what it claims to
    be; and for a later leg whose volatility is not known.
    """
    strikes = tuple(quote.option.strike for quote in quotes)
    if not strikes:
        return None
    try:
        max_loss = float(worst_case(structure, strikes, paid).dollars)
    except Refusal:
        return None
    if structure in TWO_DAYS:
        return _with_back_leg(structure, quotes, float(paid), outlook, max_loss)
    return odds(structure, tuple(map(float, strikes)), float(paid), outlook, max_loss)


def _with_back_leg(
    structure: Structure,
    quotes: Sequence[OptionQuote],
    paid: float,
    outlook: Outlook,
    max_loss: float,
) -> Odds | None:
    """Sum over prices at the first expiration, the later leg worth what its volatility says."""
    back = next(q for role, q in zip(ROLES[structure], quotes, strict=True) if role.is_back)
    front = next(q for role, q in zip(ROLES[structure], quotes, strict=True) if not role.is_back)
    if not back.implied_volatility:
        return None
    cells = list(outlook.prices())
    spots = np.array([spot for spot, _ in cells])
    weights = np.array([weight for _, weight in cells])
    days = (back.option.expires_on - front.option.expires_on).days
    is_call = back.option.right is Right.CALL
    terms = Terms(is_call, spots, float(back.option.strike), days / DAYS_A_YEAR, outlook.rate)
    gains = price(terms, back.implied_volatility) - _paid_out(front, spots) - paid
    mean = MULTIPLIER * float(np.sum(weights * gains))
    strike = float(front.option.strike)
    sold = outlook.above(strike) if is_call else outlook.below(strike)
    return Odds(
        profit=float(np.sum(weights[gains > 0])),
        max_profit=0.0,
        max_loss=0.0,
        in_the_money=sold,
        expected_value=mean,
        alpha=mean / max_loss,
    )


def _paid_out(front: OptionQuote, spots: Floats) -> Floats:
    strike = float(front.option.strike)
    distance = spots - strike if front.option.right is Right.CALL else strike - spots
    return np.maximum(distance, 0.0)
