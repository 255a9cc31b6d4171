"""A broker's no, at once or later; and ours, before anything is sent."""

from dataclasses import replace

import pytest

from botfleet.domain.orders.order import Accepted, Declined, Effect, HeldBack, OrderState, Ticket
from botfleet.errors import BrokerUnavailable
from tests.conformance.bench import Bench, legs, likeness, single
from tests.contracts.tickets import closing, spread


def closing_what_is_not_held(on: Bench) -> str:
    """A no in the broker's own manner is a no."""
    return _refused(on, closing(spread(), "1.10"))


def an_unknown_contract(on: Bench) -> str:
    """A contract that is not listed is refused, not lost."""
    return _refused(on, single(93, 1, "4.05"))


def reject(on: Bench) -> str:
    """The broker refuses an order at once."""
    on.misbehave("reject")
    return _refused(on, spread())


def _refused(on: Bench, ticket: Ticket) -> str:
    answer = on.account.submit(ticket)
    assert isinstance(answer, Declined), answer
    assert answer.reason
    assert not answer.reason.startswith("HTTP")
    assert on.accepted() == []
    return "refused, in words"


def reject_later(on: Bench) -> str:
    """The broker accepts an order, and rejects it then."""
    on.misbehave("reject_later")
    answer = on.account.submit(spread())
    assert isinstance(answer, Accepted)
    told = on.account.order(answer.broker_order_id)
    assert (told.state, told.executions) == (OrderState.REJECTED, ())
    return "accepted, then rejected"


def rate_limit(on: Bench) -> str:
    """429 to an order means it may be sent later; to a question it is nothing."""
    on.misbehave("rate_limit")
    answer = on.account.submit(spread())
    assert isinstance(answer, HeldBack)
    on.misbehave("rate_limit")
    with pytest.raises(BrokerUnavailable):
        on.account.orders()
    assert on.accepted() == []
    return "held back; no evidence"


def what_the_broker_never_takes(on: Bench) -> str:
    """Beyond the sheet's bounds an order is refused before it is sent."""
    five = replace(spread(), legs=legs((90, 1), (95, -1), (100, 1), (105, -1), (110, 1)))
    before = len(on.broker.heard)
    for ticket in (five, spread("-0.905")):
        assert isinstance(on.account.submit(ticket), Declined)
    assert len(on.broker.heard) == before
    assert likeness(five)[2] == 1
    assert five.effect is Effect.OPEN
    return "refused here"
