"""What an account should hold for its bots, and what of it is not there.

The broker's holding of an instrument is the bots' together with the user's own. So more than the
bots hold is nobody's business here; less means that something was closed elsewhere, or assigned.
Nothing is ever traded to mend it (RELIABILITY 4, 6).

Whose it is that is gone, where several positions share a contract (docs/adr/0031): no more of them
than the broker lacks. First a position every leg of which is short, then any that holds what is
short; of equals the oldest. What turns out not to be needed for the lack is given back, newest
first. So what stays with the bots is there, and nothing goes without a lack.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from botfleet.domain.ids import PositionId
from botfleet.domain.market.instruments import MULTIPLIER, Leg, Right, occ, parse_occ

_OCC_MIN = 10


@dataclass(frozen=True, slots=True)
class Held:
    """What a bot's position, or the filled part of an order under way, holds: units of legs.

    `may_go`: it is open, with no order under way that may tell of it.
    """

    position: PositionId
    symbol: str
    legs: tuple[Leg, ...]
    units: int
    opened_at: datetime
    may_go: bool = True


@dataclass(frozen=True, slots=True)
class Shortfall:
    """An instrument of which `there` is held and `expected` should be; what goes for it."""

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
    sums: Counter[str] = Counter()
    for one in held:
        sums.update(_holds(one))
    return {name: count for name, count in sums.items() if count}


def instrument(symbol: str, leg: Leg) -> str:
    """Name what a leg trades as a broker's holdings do."""
    return occ(leg.option) if leg.option else symbol


def shortfalls(held: Sequence[Held], there: Mapping[str, int]) -> list[Shortfall]:
    """Find every instrument of which less is held, in the bots' direction, than should be.

    One of which something has an order under way is left out: that order may tell.
    """
    moving = {name for one in held if not one.may_go for name in _holds(one)}
    wanted = expected(held)
    short = {
        name: count
        for name, count in sorted(wanted.items())
        if name not in moving
        and (there.get(name, 0) < count if count > 0 else there.get(name, 0) > count)
    }
    going = _going(held, {name: count - there.get(name, 0) for name, count in short.items()})
    return [
        Shortfall(
            name,
            count,
            there.get(name, 0),
            tuple(one.position for one in going if name in _holds(one)),
            count < 0 and _assigned(name, wanted, there),
        )
        for name, count in short.items()
    ]


def _going(held: Sequence[Held], lacks: Mapping[str, int]) -> list[Held]:
    """Choose the positions that account for what is lacking, by instrument, < 0 of what is sold."""
    left, going = Counter(lacks), list[Held]()
    may_go = [one for one in held if one.may_go and _holds(one)]
    oldest = sorted(may_go, key=lambda one: (one.opened_at, one.position))
    for is_enough in (all, any):
        for one in oldest:
            mine = _holds(one)
            is_gone = is_enough(_is_short(left[name], count) for name, count in mine.items())
            if is_gone and one not in going:
                going.append(one)
                left.subtract(mine)
    return [one for one in reversed(going) if not _is_spared(one, left)]


def _is_spared(one: Held, left: Counter[str]) -> bool:
    """Give a position back that the others make good for already."""
    mine = _holds(one)
    if any(_is_short(left[name] + count, count) for name, count in mine.items()):
        return False
    left.update(mine)
    return True


def _is_short(lack: int, count: int) -> bool:
    """Say whether something is still lacking in the direction of what is held."""
    return lack * count > 0


def _holds(one: Held) -> dict[str, int]:
    """Give what it holds, by instrument, < 0 sold."""
    sums: dict[str, int] = {}
    for leg in one.legs:
        name = instrument(one.symbol, leg)
        sums[name] = sums.get(name, 0) + leg.ratio * one.units
    return {name: count for name, count in sums.items() if count}


def _assigned(name: str, wanted: Mapping[str, int], there: Mapping[str, int]) -> bool:
    """Say whether shares came, by a put, or went, by a call, as when a sold option is assigned."""
    if len(name) <= _OCC_MIN:
        return False
    option = parse_occ(name)
    shares = there.get(option.root, 0) - wanted.get(option.root, 0)
    return shares >= MULTIPLIER if option.right is Right.PUT else shares <= -MULTIPLIER
