"""Fills, named so that a repeated report changes nothing.

Brokers show fills in three ways: each by itself, the last one beside the sum, or the sum alone. All
are read as *runs*, so many at one price, and cut anew: an order has at most 100 equal grains, each
grain that has filled is one execution, named by the order and the cumulative quantity it ends at.
The names are the same at every look and after any loss of memory (R45); a part of a grain shows
once the order has ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import accumulate, pairwise

from botfleet.adapters.brokers.reading import OddReplyError
from botfleet.domain.orders.order import Execution

GRAINS_MAX = 100
_PRICE = Decimal("0.0001")
#: So many at one price.
Run = tuple[int, Decimal]


def executions(
    order: str, units: int, runs: Sequence[Run], at: datetime, *, is_over: bool
) -> tuple[Execution, ...]:
    """Cut the `runs` of units that filled, of an order of `units`, into named executions.

    Raises:
        OddReplyError: more filled than was ordered.
    """
    done = filled(runs)
    if done > units:
        raise OddReplyError("an order filled beyond itself")
    grain = -(-units // GRAINS_MAX)
    ends = [min(start + grain, done) for start in range(0, done, grain)]
    if ends and done % grain and not is_over:
        ends.pop()
    return tuple(
        Execution(f"{order}:{end}", end - start, _mean(runs, start, end).quantize(_PRICE), at)
        for start, end in pairwise([0, *ends])
    )


def filled(runs: Sequence[Run]) -> int:
    """Count what filled."""
    return sum(count for count, _ in runs)


@dataclass(frozen=True, slots=True)
class Share:
    """A leg's part in a unit: `each` of it, of which the net price counts `weight` (< 0 sold)."""

    weight: int
    each: int
    runs: Sequence[Run]


def net(shares: Sequence[Share]) -> list[Run]:
    """Join the fills of legs into runs of whole units; a net price > 0 is paid.

    Only units of which every leg has filled count.
    """
    done = min(filled(one.runs) // one.each for one in shares)
    cuts = {done}
    for one in shares:
        for end in accumulate(count for count, _ in one.runs):
            cuts |= {end // one.each, -(-end // one.each)}
    ends = sorted(cut for cut in cuts if 0 < cut <= done)
    return [(end - start, _net(shares, start, end)) for start, end in pairwise([0, *ends])]


def _net(shares: Sequence[Share], start: int, end: int) -> Decimal:
    priced = (one.weight * _mean(one.runs, start * one.each, end * one.each) for one in shares)
    return sum(priced, Decimal(0))


def _mean(runs: Sequence[Run], start: int, end: int) -> Decimal:
    """Give the average price of those from `start` to before `end`."""
    total, first = Decimal(0), 0
    for count, price in runs:
        total += max(0, min(end, first + count) - max(start, first)) * price
        first += count
    return total / (end - start)
