"""An order and what replaced it, shown as one: the first's number, the last's state, every fill."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from botfleet.adapters.brokers.dialect import Seen
from botfleet.domain.orders.order import Report
from botfleet.errors import BrokerUnavailable


def next_of(seen: Iterable[Seen]) -> dict[str, str]:
    """Give the number that each replaced order lives on as, told from either end."""
    found: dict[str, str] = {}
    for one in seen:
        name = one.report.broker_order_id
        if one.is_replaced and one.replaced_by:
            found[name] = one.replaced_by
        if one.replaces:
            found[one.replaces] = name
    return found


def merged(chain: Sequence[Seen]) -> Report:
    """Join an order with its replacements.

    Raises:
        BrokerUnavailable: together they filled more than was ordered.
    """
    first, last = chain[0].report, chain[-1].report
    if len(chain) == 1:
        return first
    executions = tuple(one for seen in chain for one in seen.report.executions)
    if sum(one.quantity for one in executions) > first.quantity:
        raise BrokerUnavailable("The broker filled more than was ordered.")
    return replace(
        first, state=last.state, executions=executions, reason=last.reason, limit=last.limit
    )
