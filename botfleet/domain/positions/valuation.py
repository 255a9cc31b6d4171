"""What a position is worth, leg by leg, from the market's two sides."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_CEILING, Decimal

from botfleet.domain.market.instruments import Leg, Option
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.money import CENT
from botfleet.domain.positions.position import Position, Valuation
from botfleet.domain.trades.probabilities import Outlook
from botfleet.domain.trades.prospects import net_greeks, prospects
from botfleet.domain.trades.structures import CREDIT, WITH_SHARES, multiplier

_NOTHING = Decimal(0)
Sides = tuple[Decimal, Decimal]


def value(
    position: Position,
    options: Mapping[Option, OptionQuote],
    underlying: Quote | None,
    outlook: Outlook | None = None,
) -> Valuation | None:
    """Value one unit of `position`; None while a leg is not quoted, as `sides` has it.

    `outlook` is what the underlying may do until the position expires; without it, no odds.
    """
    bid = ask = _NOTHING
    at = None if underlying is None else underlying.at
    for leg in position.legs:
        quote = underlying if leg.option is None else options.get(leg.option)
        shown = sides(quote)
        if quote is None or shown is None:
            return None
        low, high = shown if leg.ratio > 0 else shown[::-1]
        bid, ask = bid + leg.ratio * low, ask + leg.ratio * high
        at = at or quote.at
    last = None if underlying is None else underlying.last
    if at is None:
        return None
    quotes = tuple(options[leg.option] for leg in position.legs if leg.option is not None)
    odds = prospects(position.structure, quotes, position.entry, outlook) if outlook else None
    greeks = net_greeks(position.legs, quotes)
    return Valuation(position.position_id, bid, ask, last, at, greeks, odds, quotes)


def sides(quote: Quote | OptionQuote | None) -> Sides | None:
    """Give both sides of a leg; None without an ask, and where one of them is wrong: crossed, NaN.

    A missing bid is worth nothing.
    """
    if quote is None or quote.ask is None:
        return None
    bid, ask = quote.bid or _NOTHING, quote.ask
    is_sound = bid.is_finite() and ask.is_finite() and bid <= ask
    return (bid, ask) if is_sound else None


def intrinsic(legs: tuple[Leg, ...], underlying: Decimal) -> Decimal:
    """Give what one unit is worth at expiration, a share, with the underlying at `underlying`."""
    worth = _NOTHING
    for leg in legs:
        if leg.option is None:
            worth += leg.ratio * underlying
        elif leg.option.right == "call":
            worth += leg.ratio * max(_NOTHING, underlying - leg.option.strike)
        else:
            worth += leg.ratio * max(_NOTHING, leg.option.strike - underlying)
    return worth


def last_day(legs: tuple[Leg, ...]) -> date | None:
    """Give the day the last leg expires; None of shares."""
    return max((leg.option.expires_on for leg in legs if leg.option is not None), default=None)


def is_in_the_money(legs: tuple[Leg, ...], underlying: Decimal) -> bool:
    """Say whether any option leg lies strictly beyond its strike (R35)."""
    return any(
        underlying > leg.option.strike
        if leg.option.right == "call"
        else underlying < leg.option.strike
        for leg in legs
        if leg.option is not None
    )


def decisive(position: Position) -> list[Leg]:
    """Give the legs that say where a position stands: a credit's sold ones, a debit's bought.

    A covered call stands where its call does; shares stand nowhere.
    """
    sign = -1 if position.structure in CREDIT | WITH_SHARES else 1
    return [leg for leg in position.legs if leg.option is not None and leg.ratio * sign > 0]


def locked(position: Position, fired: str, worth: Decimal) -> Decimal | None:
    """Give what a share must bring at least for the profit that fired to be kept (3.6).

    The lowest of the levels that `worth` has reached, in whole cents; None where what fired takes
    no profit.
    """
    exits, entry = position.exits, position.entry
    units = position.quantity * multiplier(position.structure)
    levels: list[Decimal] = []
    if fired == "profit" and exits.profit is not None:
        levels.append(entry + exits.profit * abs(entry))
    if fired == "profit" and exits.profit_amount is not None:
        levels.append(entry + exits.profit_amount.dollars / units)
    if fired == "price" and exits.price is not None:
        levels.append(exits.price.copy_sign(entry))
    reached = [level for level in levels if entry <= level <= worth]
    return min(reached).quantize(CENT, ROUND_CEILING) if reached else None
