"""Answers to questions that are no evidence."""

from collections.abc import Callable

import pytest

from botfleet.domain.orders.order import OrderState
from botfleet.errors import BrokerUnavailable
from tests.conformance.bench import Bench, single
from tests.contracts.tickets import spread


def filled_more_than_ordered(on: Bench) -> str:
    """An order that filled beyond itself is not believed."""
    return _no_evidence(on, "overfill")


def an_unknown_status(on: Bench) -> str:
    """A state nobody knows is no state."""
    return _no_evidence(on, "unknown_status")


def another_accounts_order(on: Bench) -> str:
    """An order under another number, or of another account, is not ours."""
    return _no_evidence(on, "foreign_order", listed=False)


def _no_evidence(on: Bench, misdeed: str, *, listed: bool = True) -> str:
    number = on.sent(single(95, 1, "3.90")).broker_order_id
    on.misbehave(misdeed)
    with pytest.raises(BrokerUnavailable):
        on.account.order(number)
    if listed:
        on.misbehave(misdeed)
        with pytest.raises(BrokerUnavailable):
            on.account.orders()
    assert on.account.order(number).state is OrderState.WORKING
    return "no evidence"


def an_odd_answer_to_a_question(on: Bench) -> str:
    """A page, half an answer, a broken line, a redirect: the question was not answered."""
    number = on.sent(spread("-1.20")).broker_order_id
    asks: tuple[Callable[[], object], ...] = (
        lambda: on.account.order(number),
        on.account.orders,
        on.account.positions,
    )
    for misdeed in ("html", "truncated", "cut", "redirect"):
        for ask in asks:
            on.misbehave(misdeed)
            with pytest.raises(BrokerUnavailable):
                ask()
    return "no evidence"


def stale_listing(on: Bench) -> str:
    """A listing without the newest order does not deny it."""
    number = on.sent(spread("-1.20")).broker_order_id
    on.misbehave("stale_listing")
    assert on.account.orders() == []
    assert [one.broker_order_id for one in on.account.orders()] == [number]
    return "hidden, then listed"


def short_page(on: Bench) -> str:
    """A page that holds less than it counts is no listing; where nothing counts, it is stale."""
    on.sent(spread("-1.20"))
    on.misbehave("short_page")
    try:
        assert on.account.orders() == []
    except BrokerUnavailable:
        return "no evidence"
    return "hidden, then listed"
