"""The structures a bot may trade: which legs each has, and how their strikes must lie.

Only defined risk. Credit structures are sold (net price below zero), debit ones bought. No call is
sold naked: a covered call buys its shares with it, a call on shares has them already. A back leg
expires later than the others: it is always bought, so it covers what is sold before it.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from botfleet.domain.market.instruments import MULTIPLIER, Leg, Right


class Structure(StrEnum):
    """What the trade is called."""

    LONG_EQUITY = "long_equity"
    LONG_CALL = "long_call"
    LONG_PUT = "long_put"
    SHORT_PUT_SPREAD = "short_put_spread"
    SHORT_CALL_SPREAD = "short_call_spread"
    LONG_CALL_SPREAD = "long_call_spread"
    LONG_PUT_SPREAD = "long_put_spread"
    IRON_CONDOR = "iron_condor"
    IRON_BUTTERFLY = "iron_butterfly"
    CASH_SECURED_PUT = "cash_secured_put"
    CALL_CALENDAR = "call_calendar"
    PUT_CALENDAR = "put_calendar"
    CALL_DIAGONAL = "call_diagonal"
    PUT_DIAGONAL = "put_diagonal"
    COVERED_CALL = "covered_call"
    CALL_ON_SHARES = "call_on_shares"


@dataclass(frozen=True, slots=True)
class Role:
    """One leg a structure calls for: bought (`ratio` 1) or sold (-1); a back leg expires later."""

    name: str
    right: Right
    ratio: int
    is_back: bool = False


LONG_PUT, SHORT_PUT = Role("long_put", Right.PUT, 1), Role("short_put", Right.PUT, -1)
LONG_CALL, SHORT_CALL = Role("long_call", Right.CALL, 1), Role("short_call", Right.CALL, -1)
BACK_PUT, BACK_CALL = replace(LONG_PUT, is_back=True), replace(LONG_CALL, is_back=True)

#: The legs of each structure, in the order their strikes must rise, strictly except for `LEVEL`.
ROLES: dict[Structure, tuple[Role, ...]] = {
    Structure.LONG_EQUITY: (),
    Structure.LONG_CALL: (LONG_CALL,),
    Structure.LONG_PUT: (LONG_PUT,),
    Structure.SHORT_PUT_SPREAD: (LONG_PUT, SHORT_PUT),
    Structure.SHORT_CALL_SPREAD: (SHORT_CALL, LONG_CALL),
    Structure.LONG_CALL_SPREAD: (LONG_CALL, SHORT_CALL),
    Structure.LONG_PUT_SPREAD: (SHORT_PUT, LONG_PUT),
    Structure.IRON_CONDOR: (LONG_PUT, SHORT_PUT, SHORT_CALL, LONG_CALL),
    Structure.IRON_BUTTERFLY: (LONG_PUT, SHORT_PUT, SHORT_CALL, LONG_CALL),
    Structure.CASH_SECURED_PUT: (SHORT_PUT,),
    Structure.CALL_CALENDAR: (SHORT_CALL, BACK_CALL),
    Structure.PUT_CALENDAR: (SHORT_PUT, BACK_PUT),
    Structure.CALL_DIAGONAL: (BACK_CALL, SHORT_CALL),
    Structure.PUT_DIAGONAL: (SHORT_PUT, BACK_PUT),
    Structure.COVERED_CALL: (SHORT_CALL,),
    Structure.CALL_ON_SHARES: (SHORT_CALL,),
}

#: Neighbours (the place of the first) whose strikes must be one and the same.
LEVEL: dict[Structure, int] = {
    Structure.IRON_BUTTERFLY: 1,
    Structure.CALL_CALENDAR: 0,
    Structure.PUT_CALENDAR: 0,
}

CREDIT = frozenset(
    {
        Structure.SHORT_PUT_SPREAD,
        Structure.SHORT_CALL_SPREAD,
        Structure.IRON_CONDOR,
        Structure.IRON_BUTTERFLY,
        Structure.CASH_SECURED_PUT,
        Structure.CALL_ON_SHARES,
    }
)
#: Structures whose unit holds 100 shares beside its options: one to a share of the unit's price.
WITH_SHARES = frozenset({Structure.COVERED_CALL})
#: Structures that shares held in another position cover: they draw no capital (R21).
ON_SHARES = frozenset({Structure.CALL_ON_SHARES})
#: Structures with a wing on either side.
WINGED = frozenset({Structure.IRON_CONDOR, Structure.IRON_BUTTERFLY})
#: Structures whose legs expire on two days.
TWO_DAYS = frozenset(one for one, roles in ROLES.items() if any(role.is_back for role in roles))


def lie_rightly(structure: Structure, strikes: tuple[Decimal, ...]) -> bool:
    """Say whether strikes, in the order of `ROLES`, lie as the structure wants them."""
    level = LEVEL.get(structure, -1)
    pairs = enumerate(pairwise(strikes))
    return all(low == high if at == level else low < high for at, (low, high) in pairs)


def widths(strikes: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    """Give the wing widths of a spread or condor; `strikes` in the order of `ROLES`."""
    if len(strikes) < 2:  # noqa: PLR2004  a spread has two legs
        return ()
    return tuple(high - low for low, high in zip(strikes[::2], strikes[1::2], strict=True))


def strikes_of(legs: tuple[Leg, ...]) -> tuple[Decimal, ...]:
    """Give the strikes of a structure's legs, in the order of `ROLES`; none for shares."""
    return tuple(leg.option.strike for leg in legs if leg.option is not None)


def shares_in(structure: Structure, leg: Leg) -> int:
    """Give how many shares or contracts one unit of a leg's ratio is."""
    return multiplier(structure) if leg.option is None else 1


def multiplier(structure: Structure) -> int:
    """Give how many shares one unit's price a share counts for."""
    return 1 if structure is Structure.LONG_EQUITY else MULTIPLIER
