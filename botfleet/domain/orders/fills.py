"""What is new among an order's executions, and what it cost.

Some brokers show of an order's fills the average alone: then every execution of a report has that
one price, and those that were booked before had another. So what is new costs what the whole costs
less what is booked; where each fill has its own price that is its price.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate

from botfleet.domain.orders.order import Execution

_PRICE = Decimal("0.000001")


def unbooked(
    executions: Sequence[Execution], *, filled: int, paid: Decimal
) -> tuple[Execution, ...]:
    """Give the executions past the first `filled` units, for which `paid` dollars a share in all
    are booked (`Execution.price` times quantity), priced so that together they come to the whole.
    """
    ends = accumulate(one.quantity for one in executions)
    fresh = [one for one, end in zip(executions, ends, strict=True) if end > filled]
    units = sum(one.quantity for one in fresh)
    if not units:
        return ()
    gap = (_cost(executions) - paid - _cost(fresh)) / units
    return tuple(replace(one, price=(one.price + gap).quantize(_PRICE)) for one in fresh)


def _cost(executions: Sequence[Execution]) -> Decimal:
    return sum((one.quantity * one.price for one in executions), Decimal(0))
