"""Tradier's order forms and answers, both ways. What is odd is refused, never guessed (F13).

Tradier reports an order's executed quantity, average and last fill, no single executions: `fills`
derives them.

Prices come unsigned; the sign is that of the order's type and side. Units and their fills are read
from the legs, for the top of a multi-leg order counts differently among versions of the API.
Source: documentation.tradier.com/brokerage-api/{trading,accounts,reference/response/orders}.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import gcd
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from botfleet.adapters.brokers.fills import Run, executions
from botfleet.adapters.brokers.reading import (
    MaybePrice,
    OddReplyError,
    Price,
    Signed,
    Whole,
    Wire,
    plain,
)
from botfleet.adapters.brokers.symbols import name_of, option_of
from botfleet.application.ports.brokers import Holding
from botfleet.domain.market.instruments import MULTIPLIER, Leg, occ, parse_occ
from botfleet.domain.orders.order import Effect, OrderState, Report, Ticket
from botfleet.errors import InvariantBroken

#: Classes of orders that have several legs.
_JOINED = frozenset({"multileg", "combo"})
_ALONE = frozenset({"equity", "option"})
_DIRECTIONS = {"debit": 1, "even": -1, "credit": -1}
_STATES = {
    "open": OrderState.WORKING,
    "pending": OrderState.WORKING,
    "submitted": OrderState.WORKING,
    "held": OrderState.WORKING,
    "accepted_for_bidding": OrderState.WORKING,
    "pending_cancel": OrderState.WORKING,
    "partially_filled": OrderState.PARTIAL,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "expired": OrderState.EXPIRED,
    "rejected": OrderState.REJECTED,
    "error": OrderState.REJECTED,
}


def form_of(ticket: Ticket) -> dict[str, str]:
    """Write the order form of a ticket: `class` equity, option, multileg or combo (with shares).

    Raises:
        InvariantBroken: the ticket is none of these, or its price and direction disagree.
    """
    form = {"symbol": ticket.symbol, "duration": "day", "tag": ticket.wire_id}
    if len(ticket.legs) == 1:
        return form | _single(ticket, ticket.legs[0])
    legs = sorted(ticket.legs, key=lambda leg: leg.option is not None)  # shares come first
    kind = "combo" if legs[0].option is None else "multileg"
    form |= {"class": kind, "type": _type(ticket.limit), "price": price_text(ticket.limit)}
    for index, leg in enumerate(legs):
        each = MULTIPLIER if leg.option is None else 1
        if leg.option is not None:
            form[f"option_symbol[{index}]"] = occ(leg.option)
        form[f"side[{index}]"] = _side(leg, ticket.effect)
        form[f"quantity[{index}]"] = str(abs(leg.ratio) * each * ticket.quantity)
    return form


def _single(ticket: Ticket, leg: Leg) -> dict[str, str]:
    price = ticket.limit * leg.ratio
    if abs(leg.ratio) != 1 or price < 0:
        raise InvariantBroken("A single leg is sent by ones, and paid for when it is bought.")
    form = {"type": "limit", "price": price_text(price), "quantity": str(ticket.quantity)}
    form["side"] = _side(leg, ticket.effect)
    if leg.option is None:
        return form | {"class": "equity"}
    return form | {"class": "option", "option_symbol": occ(leg.option)}


def _side(leg: Leg, effect: Effect) -> str:
    verb = "buy" if leg.ratio > 0 else "sell"
    return verb if leg.option is None else f"{verb}_to_{effect.value}"


def _type(limit: Decimal) -> str:
    if limit == 0:
        return "even"
    return "debit" if limit > 0 else "credit"


def price_text(limit: Decimal) -> str:
    """Write the size of a price."""
    return f"{abs(limit):.2f}"


def as_list(given: object) -> Any:
    """Undo Tradier's singles: one of a kind comes bare, none as null or as the word."""
    if given in (None, "null"):
        return []
    return given if isinstance(given, list) else [given]


class WireLeg(Wire):
    """A leg of an order."""

    side: str
    quantity: Whole
    exec_quantity: Whole
    option_symbol: str | None = None


class WireOrder(Wire):
    """An order as Tradier shows it."""

    id: int
    type: str
    symbol: str
    side: str = ""
    quantity: Whole
    status: str
    kind: str = Field(alias="class")
    price: MaybePrice = None
    avg_fill_price: MaybePrice = None
    exec_quantity: Whole
    last_fill_price: Price = Decimal(0)
    last_fill_quantity: Whole = 0
    create_date: datetime | None = None
    transaction_date: datetime
    option_symbol: str | None = None
    reason_description: str = ""
    tag: str = ""
    leg: Annotated[tuple[WireLeg, ...], BeforeValidator(as_list)] = ()


class WirePosition(Wire):
    """A holding as Tradier shows it."""

    symbol: str
    quantity: Signed


def report_of(order: WireOrder) -> Report:
    """Read an order.

    Raises:
        OddReplyError: an unknown state, a fill beyond the order, a price of the wrong sign.
    """
    if order.status not in _STATES or order.transaction_date.tzinfo is None:
        raise OddReplyError("an order of an unknown state, or an instant without a zone")
    units, done, legs = _counted(order)
    state = _STATES[order.status]
    if state is OrderState.WORKING and done:
        state = OrderState.PARTIAL
    if done > units or (state is OrderState.FILLED) != (done == units):
        raise OddReplyError("an order whose fills do not agree with its state")
    at, is_over = order.transaction_date, state not in _ALIVE
    return Report(
        str(order.id),
        order.tag,
        state,
        units,
        executions(str(order.id), units, _runs(order, done), at, is_over=is_over),
        plain(order.reason_description),
        legs,
        order.symbol,
        None if order.price is None else abs(order.price) * _direction(order),
        order.create_date,
    )


_ALIVE = (OrderState.WORKING, OrderState.PARTIAL)


def _counted(order: WireOrder) -> tuple[int, int, tuple[Leg, ...]]:
    """Give units ordered, units filled, and the legs of one unit."""
    if order.kind not in _JOINED | _ALONE:
        raise OddReplyError("an order of an unknown class")
    if order.kind in _ALONE:
        option = parse_occ(order.option_symbol or "") if order.kind == "option" else None
        sign = _sign(order.side)
        if order.quantity == 0:
            raise OddReplyError("an order of nothing")
        return order.quantity, order.exec_quantity, (Leg(option, sign),)
    units = gcd(*(leg.quantity for leg in order.leg))
    if len(order.leg) <= 1 or units == 0:
        raise OddReplyError("a multi-leg order without its legs")
    legs = tuple(_leg(leg, units) for leg in order.leg)
    shares = {Fraction(leg.exec_quantity * units, leg.quantity) for leg in order.leg}
    if len(shares) > 1:
        raise OddReplyError("legs that filled unevenly")
    return units, int(shares.pop()), legs


def _leg(leg: WireLeg, units: int) -> Leg:
    """Read a leg of one unit; shares beside options count by the hundred."""
    ratio = leg.quantity // units
    if leg.option_symbol:
        return Leg(parse_occ(leg.option_symbol), _sign(leg.side) * ratio)
    if ratio % MULTIPLIER:
        raise OddReplyError("shares that are no contract's worth")
    return Leg(None, _sign(leg.side) * (ratio // MULTIPLIER))


def _sign(side: str) -> int:
    if not side.startswith(("buy", "sell")):
        raise OddReplyError("a leg of an unknown side")
    return 1 if side.startswith("buy") else -1


def _runs(order: WireOrder, done: int) -> list[Run]:
    """Give the earlier fills at their average, and the last fill at its price."""
    if not done:
        return []
    if order.avg_fill_price is None:
        raise OddReplyError("a fill without a price")
    if min(order.avg_fill_price, order.last_fill_price) < 0 and order.type != "credit":
        raise OddReplyError("a price below zero")
    sign = _direction(order)
    average, last = abs(order.avg_fill_price) * sign, abs(order.last_fill_price) * sign
    count = order.last_fill_quantity
    if not 0 < count < done or not last:
        return [(done, average)]
    early = (average * done - last * count) / (done - count)
    return [(done - count, early), (count, last)]


def _direction(order: WireOrder) -> int:
    if order.kind in _JOINED:
        if order.type not in _DIRECTIONS:
            raise OddReplyError("an order of several legs without a direction")
        return _DIRECTIONS[order.type]
    return _sign(order.side)


def holdings_of(rows: Sequence[WirePosition]) -> list[Holding]:
    """Read holdings."""
    return [
        Holding(name_of(option_of(row.symbol), row.symbol), row.quantity)
        for row in rows
        if row.quantity
    ]


def errors_of(body: Mapping[str, Any]) -> str | None:
    """Read the words of an `errors` body; None where there is none."""
    errors = body.get("errors")
    if not isinstance(errors, dict):
        return None
    return plain("; ".join(str(one) for one in as_list(errors.get("error")))) or "refused"
