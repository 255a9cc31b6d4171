"""An order put together from its legs: what it is, and what of it filled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import gcd

from botfleet.adapters.brokers.fills import Run, Share, executions, filled, net
from botfleet.adapters.brokers.reading import OddReplyError, plain
from botfleet.domain.market.instruments import MULTIPLIER, Leg, Option
from botfleet.domain.orders.order import Effect, OrderState, Report, Ticket
from botfleet.errors import InvariantBroken

_ALIVE = (OrderState.WORKING, OrderState.PARTIAL)


@dataclass(frozen=True, slots=True)
class Part:
    """One leg of the whole order: `quantity` ordered, `runs` of it filled at prices unsigned."""

    option: Option | None
    symbol: str
    is_bought: bool
    quantity: int
    runs: Sequence[Run]

    def share(self, units: int, each: int) -> Share:
        """Give its part in one of `units`, where `each` of it count for one."""
        count = self.quantity // units
        if count % each:
            raise OddReplyError("shares that are no contract's worth")
        ratio = count // each
        return Share(ratio if self.is_bought else -ratio, count, self.runs)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of an order besides its legs; `limit` as in `Ticket`, `at` the last change's."""

    number: str
    wire_id: str
    state: OrderState
    limit: Decimal | None
    entered_at: datetime | None
    at: datetime
    reason: str = ""


def report(facts: Facts, parts: Sequence[Part]) -> Report:
    """Put an order together.

    Raises:
        OddReplyError: legs of nothing, fills that are uneven, disagree with the state or pass the
            order, a price below zero or against its direction, an instant without a zone.
    """
    _check(facts, parts)
    units = gcd(*(part.quantity for part in parts))
    is_mixed = len({part.option is None for part in parts}) > 1
    shares = [part.share(units, _each(part.option, is_mixed=is_mixed)) for part in parts]
    if len({Fraction(filled(one.runs), one.each) for one in shares}) > 1:
        raise OddReplyError("legs that filled unevenly")
    runs = net(shares)
    done, state = filled(runs), facts.state
    if state is OrderState.WORKING and done:
        state = OrderState.PARTIAL
    if (state is OrderState.FILLED) != (done == units):
        raise OddReplyError("an order whose fills do not agree with its state")
    cut = executions(facts.number, units, runs, facts.at, is_over=state not in _ALIVE)
    pairs = zip(parts, shares, strict=True)
    legs = tuple(Leg(part.option, share.weight) for part, share in pairs)
    head = (facts.number, facts.wire_id, state, units, cut, plain(facts.reason), legs)
    return Report(*head, parts[0].symbol, facts.limit, facts.entered_at)


def _check(facts: Facts, parts: Sequence[Part]) -> None:
    if not parts or any(part.quantity == 0 for part in parts):
        raise OddReplyError("an order of nothing")
    if any(filled(part.runs) > part.quantity for part in parts):
        raise OddReplyError("an order filled beyond itself")
    if len(parts) == 1 and (facts.limit or 0) * (1 if parts[0].is_bought else -1) < 0:
        raise OddReplyError("a price against its direction")
    if any(price < 0 for part in parts for _, price in part.runs):
        raise OddReplyError("a price below zero")
    instants = [at for at in (facts.at, facts.entered_at) if at is not None]
    if any(at.tzinfo is None for at in instants):
        raise OddReplyError("an instant without a zone")


def _each(option: Option | None, *, is_mixed: bool) -> int:
    """Say how many make one: shares beside options count by the hundred."""
    return MULTIPLIER if option is None and is_mixed else 1


def size(leg: Leg, ticket: Ticket) -> int:
    """Give how many of a leg a ticket is for."""
    is_mixed = len({one.option is None for one in ticket.legs}) > 1
    return abs(leg.ratio) * ticket.quantity * _each(leg.option, is_mixed=is_mixed)


def unsigned(ticket: Ticket) -> Decimal:
    """Give the price of an order of one leg, as it is written: without a sign.

    Raises:
        InvariantBroken: the price and the direction disagree, or the leg is not by ones.
    """
    (leg,) = ticket.legs
    price = ticket.limit * leg.ratio
    if abs(leg.ratio) != 1 or price < 0:
        raise InvariantBroken("A single leg is sent by ones, and paid for when it is bought.")
    return price


def side(leg: Leg, effect: Effect) -> str:
    """Word a leg: `buy_to_open` and so on; shares are plainly bought and sold."""
    verb = "buy" if leg.ratio > 0 else "sell"
    return verb if leg.option is None else f"{verb}_to_{effect.value}"


def is_bought(words: str) -> bool:
    """Read which way a leg goes.

    Raises:
        OddReplyError: neither.
    """
    verb = words.lower()
    if not verb.startswith(("buy", "sell")):
        raise OddReplyError("a leg of an unknown side")
    return verb.startswith("buy")
