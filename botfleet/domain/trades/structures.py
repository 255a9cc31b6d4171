"""The structures a bot may trade: which legs each has, and how their strikes must lie.

Only defined risk. Credit structures are sold (net price below zero), debit ones bought.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Role:
    """One leg a structure calls for: bought (`ratio` 1) or sold (-1)."""

    name: str
    right: Right
    ratio: int


LONG_PUT, SHORT_PUT = Role("long_put", Right.PUT, 1), Role("short_put", Right.PUT, -1)
LONG_CALL, SHORT_CALL = Role("long_call", Right.CALL, 1), Role("short_call", Right.CALL, -1)

#: The legs of each structure, in the order their strikes must strictly rise.
ROLES: dict[Structure, tuple[Role, ...]] = {
    Structure.LONG_EQUITY: (),
    Structure.LONG_CALL: (LONG_CALL,),
    Structure.LONG_PUT: (LONG_PUT,),
    Structure.SHORT_PUT_SPREAD: (LONG_PUT, SHORT_PUT),
    Structure.SHORT_CALL_SPREAD: (SHORT_CALL, LONG_CALL),
    Structure.LONG_CALL_SPREAD: (LONG_CALL, SHORT_CALL),
    Structure.LONG_PUT_SPREAD: (SHORT_PUT, LONG_PUT),
    Structure.IRON_CONDOR: (LONG_PUT, SHORT_PUT, SHORT_CALL, LONG_CALL),
}

CREDIT = frozenset({Structure.SHORT_PUT_SPREAD, Structure.SHORT_CALL_SPREAD, Structure.IRON_CONDOR})


def widths(strikes: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    """Give the wing widths of a spread or condor; `strikes` in the order of `ROLES`."""
    if len(strikes) < 2:  # noqa: PLR2004  a spread has two legs
        return ()
    return tuple(high - low for low, high in zip(strikes[::2], strikes[1::2], strict=True))


def strikes_of(legs: tuple[Leg, ...]) -> tuple[Decimal, ...]:
    """Give the strikes of a structure's legs, in the order of `ROLES`; none for shares."""
    return tuple(leg.option.strike for leg in legs if leg.option is not None)


def multiplier(structure: Structure) -> int:
    """Give how many shares one unit's price a share counts for."""
    return 1 if structure is Structure.LONG_EQUITY else MULTIPLIER
