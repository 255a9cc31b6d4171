"""Which of the orders a broker shows is which of ours.

By the broker's number, by our own id, and where a broker shows no own ids by what the order is: its
symbol, legs and quantity, entered when ours was sent. One that fits more than one way is nobody's:
an older look-alike adopted is worse than an order not known yet (RELIABILITY 4).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from botfleet.domain.market.instruments import Leg
from botfleet.domain.orders.order import Report

#: How far a broker's clock may be off, and how long after its submit an order may come up.
SKEW, BOUND = timedelta(seconds=5), timedelta(minutes=10)
_OWN_ID = re.compile(r"[a-z2-7]{24}")


class Sent(Protocol):
    """One of our orders."""

    @property
    def wire_id(self) -> str:
        """Our own id."""
        ...

    @property
    def broker_order_id(self) -> str:
        """The broker's number; empty while it is not known."""
        ...

    @property
    def symbol(self) -> str:
        """The underlying."""
        ...

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Those of one unit."""
        ...

    @property
    def quantity(self) -> int:
        """The units."""
        ...

    @property
    def sent_at(self) -> datetime | None:
        """When it may have left."""
        ...


@dataclass(slots=True)
class Bound:
    """Reports by our own ids; `guessed` are those bound by what they are, to be looked at again.

    `unclear` are our orders that several reports fit, or that share one; `strangers` the reports
    that are none of ours.
    """

    pairs: dict[str, Report] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    strangers: list[Report] = field(default_factory=list)


def has_own_shape(wire_id: str) -> bool:
    """Say whether an id could be one of ours."""
    return _OWN_ID.fullmatch(wire_id) is not None


def bind(ours: Sequence[Sent], reports: Sequence[Report]) -> Bound:
    """Find each report's order."""
    bound = Bound()
    numbers = {one.broker_order_id: one.wire_id for one in ours if one.broker_order_id}
    names = {one.wire_id for one in ours}
    for report in reports:
        own = numbers.get(report.broker_order_id) or report.wire_id
        if own in names and own not in bound.pairs:
            bound.pairs[own] = report
        else:
            bound.strangers.append(report)
    lost = [one for one in ours if one.wire_id not in bound.pairs and not one.broker_order_id]
    _guess(bound, lost)
    return bound


def _guess(bound: Bound, lost: Sequence[Sent]) -> None:
    fits = {
        one.wire_id: [report for report in bound.strangers if is_alike(one, report)] for one in lost
    }
    claims = _counted(fits)
    for own, found in fits.items():
        if len(found) > 1 or any(claims[report.broker_order_id] > 1 for report in found):
            bound.unclear.add(own)
        elif found:
            bound.pairs[own] = found[0]
            bound.guessed.add(own)
            bound.strangers.remove(found[0])


def _counted(fits: Mapping[str, Sequence[Report]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for found in fits.values():
        for report in found:
            counts[report.broker_order_id] = counts.get(report.broker_order_id, 0) + 1
    return counts


def is_alike(one: Sent, report: Report) -> bool:
    """Say whether a report without an own id could be `one`: the same trade, sent about then."""
    if report.wire_id or one.sent_at is None or report.entered_at is None:
        return False
    is_then = one.sent_at - SKEW <= report.entered_at <= one.sent_at + BOUND
    return is_then and is_same_trade(one, report)


def is_same_trade(one: Sent, report: Report) -> bool:
    """Say whether both are so many units of the same legs."""
    what = (report.symbol, sorted(report.legs, key=str), report.quantity)
    return what == (one.symbol, sorted(one.legs, key=str), one.quantity)
