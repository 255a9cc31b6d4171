"""Tokens and consents that end."""

import pytest

from botfleet.domain.orders.order import Declined, OrderState
from botfleet.errors import BrokerUnavailable
from tests.conformance.bench import Bench
from tests.contracts.tickets import spread

NOT_HERE = "not here"


def a_token_that_dies_before_a_question(on: Bench) -> str:
    """It is renewed, and the question asked again, once; what cannot be renewed is over."""
    number = on.sent(spread("-1.20")).broker_order_id
    on.misbehave_tokens()
    if on.sheet.login.renew_path is None:
        with pytest.raises(BrokerUnavailable, match="connected again"):
            on.account.order(number)
        return "connect again"
    assert on.account.order(number).state is OrderState.WORKING
    return "renewed"


def a_token_that_dies_in_mid_order(on: Bench) -> str:
    """The order is refused, not sent again under a new token."""
    on.misbehave_tokens()
    assert isinstance(on.account.submit(spread()), Declined)
    assert on.accepted() == []
    return "refused"


def a_rotation_whose_answer_is_lost(on: Bench) -> str:
    """Where the refresh token rotates, it is lost: one more try, then the owner must connect."""
    login = on.sheet.login
    if login.renew_path is None:
        return NOT_HERE
    on.broker.clock.at += login.access_life
    on.broker.misbehave("rotation_lost")
    with pytest.raises(BrokerUnavailable):
        on.account.positions()
    if login.rotates:
        with pytest.raises(BrokerUnavailable, match="connected again"):
            on.account.positions()
        return "connect again"
    assert list(on.account.positions()) == []
    return "renewed"


def a_consent_that_ends(on: Bench) -> str:
    """Where a consent lasts a week, it ends then, and nothing storms the login."""
    life = on.sheet.login.consent_life
    if life is None:
        return NOT_HERE
    on.broker.clock.at += life
    before = len(on.broker.heard)
    for _ in range(3):
        with pytest.raises(BrokerUnavailable, match="connected again"):
            on.account.positions()
    assert len(on.broker.heard) == before + 1
    return f"after {life.days} days: connect again"
