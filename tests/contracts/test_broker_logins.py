"""Tokens that end, are renewed ahead, and open one account only."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from botfleet.domain.ids import AccountId, derive
from botfleet.domain.orders.order import (
    Accepted,
    Declined,
    HeldBack,
    OrderState,
)
from botfleet.errors import BrokerUnavailable, NotFound
from botfleet.sandbox.book import read_book
from tests.contracts.tickets import D, refreshes, sent, spread
from tests.sandbox.running import Sandbox

# --- tokens ---


def test_a_dead_token_is_renewed_for_a_question_once(broker: Sandbox) -> None:
    account = broker.account()
    number = sent(account, spread("-1.20")).broker_order_id
    broker.misbehave("expire_tokens")
    assert account.order(number).state is OrderState.WORKING


def test_a_dead_token_declines_an_order_without_sending_it_again(broker: Sandbox) -> None:
    account = broker.account()
    broker.misbehave("expire_tokens")
    assert account.submit(spread()) == Declined("Invalid Authorization")
    assert read_book(broker.path).orders == ()
    assert isinstance(account.submit(spread()), Accepted)


def test_what_may_not_leave_any_more_is_held_back_when_all_but_its_body_is_sent(
    broker: Sandbox,
) -> None:
    account = broker.account()
    answer = account.submit(spread(), lambda: False)
    assert isinstance(answer, HeldBack)
    assert answer.wait_s == 0.0
    assert not answer.is_down
    assert read_book(broker.path).orders == ()
    sent = account.submit(spread(), lambda: read_book(broker.path).orders == ())
    assert isinstance(sent, Accepted)
    with pytest.raises(BrokerUnavailable):
        account.replace(sent.broker_order_id, limit=D("-0.97"), may_leave=lambda: False)
    assert [order.limit for order in read_book(broker.path).orders] == [spread().limit]


def test_a_token_is_renewed_ahead_of_its_end_and_by_one_worker(broker: Sandbox) -> None:
    connection = broker.connected()
    account = broker.brokers().account(connection.account)
    broker.clock.at += timedelta(hours=23, minutes=55)
    with ThreadPoolExecutor(8) as threads:
        assert len(list(threads.map(lambda _: account.positions(), range(32)))) == 32
    renewed = broker.tokens.connection(connection.account).tokens
    assert renewed.access != connection.tokens.access
    assert renewed.refresh != connection.tokens.refresh
    assert renewed.expires_at > broker.clock.at + timedelta(hours=23)
    assert refreshes(broker) == 1


def test_a_refresh_token_the_broker_refuses_ends_the_connection(broker: Sandbox) -> None:
    connection = broker.connected()
    spent = replace(connection.tokens, refresh="spent")
    broker.tokens.connect(replace(connection, tokens=spent))
    brokers = broker.brokers()
    account = brokers.account(connection.account)
    broker.clock.at += timedelta(hours=23, minutes=55)
    assert account.positions() == []
    broker.clock.at += timedelta(hours=1)
    with pytest.raises(BrokerUnavailable, match="connected again"):
        account.positions()
    with pytest.raises(NotFound):
        brokers.account(connection.account)
    assert isinstance(account.submit(spread()), Declined)


def test_an_account_nobody_connected_is_not_found(broker: Sandbox) -> None:
    with pytest.raises(NotFound):
        broker.brokers().account(AccountId(derive("account", "nobody")))


def test_one_account_does_not_open_another(broker: Sandbox) -> None:
    ada, bob = broker.connected("ada"), broker.connected("bob")
    broker.tokens.connect(replace(ada, number=bob.number))
    account = broker.brokers().account(ada.account)
    assert account.submit(spread()) == Declined("Unauthorized Account")
    with pytest.raises(BrokerUnavailable):
        account.positions()


def test_accounts_share_the_connections_to_their_broker(broker: Sandbox) -> None:
    brokers = broker.brokers()
    connections = [broker.connected(f"user{n}") for n in range(4)]
    broker.callers.clear()
    for _ in range(2):
        for connection in connections:
            assert brokers.account(connection.account).positions() == []
    assert len(broker.callers) == 1
