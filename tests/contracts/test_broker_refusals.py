"""What a broker declines, and what it ends by itself."""

from dataclasses import replace

import pytest

from botfleet.adapters.brokers.sheets import SHEETS
from botfleet.domain.market.instruments import Leg, Right
from botfleet.domain.orders.order import (
    Accepted,
    Declined,
    Effect,
    OrderState,
    Ticket,
)
from botfleet.errors import InvariantBroken
from botfleet.sandbox.book import read_book
from tests.contracts.tickets import D, accepted, closing, sent, single, spread
from tests.sandbox.fakes import NOON, option
from tests.sandbox.running import Sandbox

REFUSED = {
    "closing what is not held": closing(spread(), "1.10"),
    "an unknown contract": single(option(93), 1, "4.05"),
    "the option of another": replace(single(option(95), 1, "4.05"), symbol="QQQ"),
    "shares it has not": single(None, -1, "-99.99", Effect.CLOSE),
}


@pytest.mark.parametrize("ticket", REFUSED.values(), ids=REFUSED)
def test_the_broker_declines(broker: Sandbox, ticket: Ticket) -> None:
    account = broker.account()
    answer = account.submit(ticket)
    assert isinstance(answer, Declined)
    assert answer.reason
    assert accepted(read_book(broker.path)) == 0
    assert [one.state for one in account.orders()] == [OrderState.REJECTED]


def test_the_broker_declines_what_crosses(broker: Sandbox) -> None:
    account = broker.account()
    sent(account, single(option(95), 1, "4.05"))
    assert isinstance(account.submit(spread()), Declined)
    sent(account, single(option(95), -1, "-3.95", Effect.CLOSE))
    working = sent(account, single(option(95), 1, "3.00"))
    assert isinstance(account.submit(spread()), Declined)
    account.cancel(working.broker_order_id)
    assert isinstance(account.submit(spread()), Accepted)


def test_two_closes_do_not_close_the_same_holding(broker: Sandbox) -> None:
    account = broker.account()
    sent(account, spread())
    working = sent(account, closing(spread(), "0.50", 1))
    assert isinstance(account.submit(closing(spread(), "1.10", 2)), Declined)
    assert account.cancel(working.broker_order_id)
    assert isinstance(account.submit(closing(spread(), "1.10", 3)), Accepted)


@pytest.mark.parametrize("hour", [14, 21])
def test_nothing_is_taken_outside_the_session(broker: Sandbox, hour: int) -> None:
    broker.clock.at = NOON.replace(hour=hour, minute=15)
    assert isinstance(broker.account().submit(spread()), Declined)


def test_a_day_order_expires_at_the_close(broker: Sandbox) -> None:
    account = broker.account()
    report = sent(account, spread("-1.20"))
    broker.clock.at = NOON.replace(hour=21, minute=0)
    broker.market.sides[option(95)] = D("4.20"), D("4.30")
    assert account.order(report.broker_order_id).state is OrderState.EXPIRED
    assert not account.cancel(report.broker_order_id)
    assert read_book(broker.path).audit[-1].at == NOON.replace(hour=21, minute=0)


def test_expired_options_are_booked_away_for_cash(broker: Sandbox) -> None:
    """Bought 90, sold 95, each strike 5 wide; at 93.00 the 95 put costs 2.00, the 90 nothing."""
    account = broker.account()
    today = NOON.date()
    legs = (Leg(option(90, Right.PUT, today), 1), Leg(option(95, Right.PUT, today), -1))
    sent(account, replace(spread(), legs=legs))
    broker.market.spot = D("93.00")
    broker.clock.at = NOON.replace(hour=21, minute=1)
    assert account.orders()
    assert account.positions() == []
    settled = [row for row in read_book(broker.path).audit if row.event == "settled"]
    assert [row.limit for row in settled] == [D("0"), D("-200.00")]


def test_a_rejection_may_come_at_once_or_late(broker: Sandbox) -> None:
    account = broker.account()
    broker.misbehave("reject")
    assert isinstance(account.submit(spread()), Declined)
    broker.misbehave("reject_later")
    late = sent(account, spread(number=1))
    assert (late.state, late.reason) == (
        OrderState.REJECTED,
        "Rejected by the market center.",
    )


def test_a_ticket_that_contradicts_itself_is_not_sent(broker: Sandbox) -> None:
    account = broker.account()
    for ticket in (
        single(option(95), 1, "-4.05"),
        single(option(95), 2, "4.05"),
    ):
        with pytest.raises(InvariantBroken):
            account.submit(ticket)
    assert read_book(broker.path).orders == ()


def test_a_broker_that_takes_no_shares_with_options_is_not_asked() -> None:
    mixed = replace(spread(), legs=(Leg(option(105, Right.CALL), -1), Leg(None, 1)))
    refused = {name for name, sheet in SHEETS.items() if sheet.refusal(mixed)}
    assert refused == {name for name, one in SHEETS.items() if not one.takes_shares_with_options}
    assert "tradier" not in refused
