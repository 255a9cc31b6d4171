"""What an account should hold for its bots, and what of it is not there.

The broker's holding of an instrument is the bots' together with the user's own. So more than the
bots hold is nobody's business here; less means that something was closed elsewhere, or assigned.
Nothing is ever traded to mend it (RELIABILITY 4, 6).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from botfleet.domain.ids import PositionId
from botfleet.domain.market.instruments import MULTIPLIER, Leg, Right, occ, parse_occ

_OCC_MIN = 10


@dataclass(frozen=True, slots=True)
class Held:
    """What a bot's position, or the filled part of an order under way, holds: units of legs."""

    position: PositionId
    symbol: str
    legs: tuple[Leg, ...]
    units: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """An instrument of which `there` is held and `expected` should be; whose it is."""

    instrument: str
    expected: int
    there: int
    positions: tuple[PositionId, ...]
    is_assigned: bool

    @property
    def words(self) -> str:
        """Say it in a sentence's end."""
        how = "assigned" if self.is_assigned else "closed elsewhere"
        return f"{self.expected} {self.instrument} should be held and {self.there} are: {how}"


def expected(held: Iterable[Held]) -> dict[str, int]:
    """Add up what should be held, by instrument."""
    sums: dict[str, int] = {}
    for one in held:
        for leg in one.legs:
            name = instrument(one.symbol, leg)
            sums[name] = sums.get(name, 0) + leg.ratio * one.units
    return {name: count for name, count in sums.items() if count}


def instrument(symbol: str, leg: Leg) -> str:
    """Name what a leg trades as a broker's holdings do."""
    return occ(leg.option) if leg.option else symbol


def shortfalls(held: Sequence[Held], there: Mapping[str, int]) -> list[Shortfall]:
    """Find every instrument of which less is held, in the bots' direction, than should be."""
    return [
        Shortfall(name, count, there.get(name, 0), _owners(held, name), _assigned(name, there))
        for name, count in sorted(expected(held).items())
        if (there.get(name, 0) < count if count > 0 else there.get(name, 0) > count)
    ]


def _owners(held: Sequence[Held], name: str) -> tuple[PositionId, ...]:
    owners = {
        one.position: None
        for one in held
        if one.units and any(instrument(one.symbol, leg) == name for leg in one.legs)
    }
    return tuple(owners)


def _assigned(name: str, there: Mapping[str, int]) -> bool:
    """Say whether shares stand where a short option was: bought by a put, sold by a call."""
    if len(name) <= _OCC_MIN:
        return False
    option = parse_occ(name)
    shares = there.get(option.root, 0)
    return shares >= MULTIPLIER if option.right is Right.PUT else shares <= -MULTIPLIER
