"""Brokers that are silent, late, partial or contradict themselves."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from botfleet.domain.orders.order import (
    Accepted,
    HeldBack,
    OrderState,
    Unheard,
)
from botfleet.errors import BrokerUnavailable
from botfleet.sandbox.book import read_book
from tests.contracts.tickets import D, accepted, closing, sent, spread, tag
from tests.sandbox.fakes import option
from tests.sandbox.running import HASTY, PATIENT, WAITS_S, Sandbox, sandbox

# --- misbehaviour ---


@pytest.mark.parametrize(
    ("scenario", "there"),
    [
        ("timeout_before", 0),
        ("timeout_after", 1),
        ("error_before", 0),
        ("error_after", 1),
        ("html", 1),
        ("truncated", 1),
    ],
)
def test_no_definite_answer_is_unheard_and_never_sent_again(
    broker: Sandbox, scenario: str, there: int
) -> None:
    connection = broker.connected()
    waits = HASTY if scenario in WAITS_S else PATIENT
    asking = broker.brokers(timeouts=waits).account(connection.account)
    account = broker.brokers().account(connection.account)
    broker.misbehave(scenario)
    with broker.heard_out():
        assert isinstance(asking.submit(spread()), Unheard)
    assert accepted(read_book(broker.path)) == there
    assert len([one for one in account.orders() if one.wire_id == tag()]) == there


@pytest.mark.parametrize("scenario", ["html", "truncated", "rate_limit"])
def test_an_odd_answer_to_a_question_is_no_evidence(broker: Sandbox, scenario: str) -> None:
    account = broker.account()
    number = sent(account, spread("-1.20")).broker_order_id
    asks: list[Callable[[], object]] = [
        lambda: account.order(number),
        account.orders,
        account.positions,
        lambda: account.cancel(number),
        lambda: account.replace(number, limit=D("-1.10")),
    ]
    for ask in asks:
        broker.misbehave(scenario)
        with pytest.raises(BrokerUnavailable):
            ask()


def test_a_rate_limit_holds_an_order_back(broker: Sandbox) -> None:
    account = broker.account()
    broker.misbehave("rate_limit")
    assert isinstance(account.submit(spread()), HeldBack)
    assert isinstance(account.submit(spread()), Accepted)


def test_a_partial_fill_keeps_the_names_of_its_executions(broker: Sandbox) -> None:
    account = broker.account()
    broker.misbehave("partial_fill")
    part = sent(account, spread("-0.92", quantity=5))
    assert (part.state, [fill.quantity for fill in part.executions]) == (OrderState.PARTIAL, [1, 1])
    broker.market.sides[option(95)] = D("3.75"), D("3.85")
    assert account.replace(part.broker_order_id, limit=D("-0.70"))
    whole = account.order(part.broker_order_id)
    assert whole.state is OrderState.FILLED
    assert whole.executions[:2] == tuple(
        replace(fill, at=whole.executions[0].at) for fill in part.executions
    )
    assert [fill.price for fill in whole.executions] == [D("-0.92")] * 2 + [D("-0.70")] * 3
    assert len({fill.execution_id for fill in whole.executions}) == 5


def test_a_partial_fill_can_be_cancelled(broker: Sandbox) -> None:
    account = broker.account()
    broker.misbehave("partial_fill")
    part = sent(account, spread(quantity=4))
    assert account.cancel(part.broker_order_id)
    ended = account.order(part.broker_order_id)
    assert (ended.state, len(ended.executions)) == (OrderState.CANCELLED, 2)
    assert isinstance(account.submit(closing(spread(quantity=2), "1.10")), Accepted)


def test_a_fill_may_win_over_a_cancel(broker: Sandbox) -> None:
    account = broker.account()
    broker.misbehave("fill_after_cancel")
    report = sent(account, spread("-0.98"))
    assert report.state is OrderState.WORKING
    assert account.cancel(report.broker_order_id)
    filled = account.order(report.broker_order_id)
    assert (filled.state, filled.executions[0].price) == (OrderState.FILLED, D("-0.98"))


def test_a_stale_listing_hides_the_newest_order(broker: Sandbox) -> None:
    account = broker.account()
    number = sent(account, spread()).broker_order_id
    broker.misbehave("stale_listing")
    assert account.orders() == []
    assert [one.broker_order_id for one in account.orders()] == [number]


def test_a_broker_that_is_gone_is_silence(tmp_path: Path) -> None:
    with sandbox(tmp_path / "book") as running:
        account = running.account()
    assert isinstance(account.submit(spread()), Unheard)
    with pytest.raises(BrokerUnavailable):
        account.orders()
