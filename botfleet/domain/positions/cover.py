"""Which shares cover which sold calls: a call on shares is never sold without, nor they before it.

Shares are promised to every call that is opening, open or closing over them; the commit keeps the
same count in the row of the shares and decides between bots' runs that know nothing of each other.
"""

from collections.abc import Iterable

from botfleet.domain.ids import PositionId
from botfleet.domain.market.instruments import MULTIPLIER
from botfleet.domain.positions.position import HOLDING, Position, PositionState
from botfleet.domain.trades.structures import Structure


def promised(position_id: PositionId, positions: Iterable[Position]) -> int:
    """Count the shares of a position that sold calls stand on."""
    return sum(
        one.quantity * MULTIPLIER
        for one in positions
        if one.covered_by == position_id and one.state in HOLDING
    )


def cover(symbol: str, contracts: int, positions: Iterable[Position]) -> PositionId | None:
    """Find the oldest open shares in `symbol` that cover so many calls more."""
    every = tuple(positions)
    return next(
        (
            one.position_id
            for one in every
            if one.structure is Structure.LONG_EQUITY
            and one.symbol == symbol
            and one.state is PositionState.OPEN
            and one.quantity - promised(one.position_id, every) >= contracts * MULTIPLIER
        ),
        None,
    )
