"""Which position a criterion or an action is about, where it is not the loop's.

`opened` and `closed` are the positions that a trigger carries: whoever starts the run binds them
(`Binding.opened`, `Binding.closed`). A lookup is the first open position, oldest first, that its
filter lets through; none that does is no data, for what does not exist has no return (R2).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.facts import BOOK, Binding, Book, Facts, Lacking, NoData


class Carried(StrEnum):
    """A position that came with the run's trigger."""

    OPENED = "opened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Lookup:
    """The first open position of that symbol and structure that has every one of the tags.

    What is not given does not filter.
    """

    symbol: str | None = None
    structure: Structure | None = None
    tags: tuple[str, ...] = ()


#: None is the loop's position.
PositionRef = Carried | Lookup | None


def wanted(positions: Iterable[Position], lookup: Lookup, symbol: str | None) -> Iterator[Position]:
    """Give the open positions a filter lets through; `symbol` is what a loop bound."""
    of = symbol if lookup.symbol == LOOP_SYMBOL else lookup.symbol
    tags = frozenset(lookup.tags)
    for position in positions:
        if (
            position.state is PositionState.OPEN
            and of in {None, position.symbol}
            and lookup.structure in {None, position.structure}
            and tags.issubset(position.tags)
        ):
            yield position


def find(ref: PositionRef, facts: Facts, binding: Binding) -> Position | NoData | Lacking:
    """Give the position `ref` names."""
    if isinstance(ref, Lookup):
        book = facts.get(BOOK)
        if not isinstance(book, Book):
            return book if isinstance(book, NoData) else Lacking(frozenset({BOOK}))
        if ref.symbol == LOOP_SYMBOL and binding.symbol is None:
            return NoData(LOOP_SYMBOL, "no loop bound a symbol here")
        first = next(wanted(book.positions, ref, binding.symbol), None)
        return first or NoData("position", "no open position is like that")
    if ref is None:
        return binding.position or NoData("position", "no loop bound a position here")
    carried = binding.opened if ref is Carried.OPENED else binding.closed
    return carried or NoData(f"{ref} position", "the run's trigger carried none")
