"""The contract of the broker ports, over real HTTP against the sandbox, misbehaving or not.

The checker's side is the sandbox's own book: never the adapter's word for what the broker has.
"""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from botfleet.adapters.brokers.sheets import SHEETS
from botfleet.adapters.brokers.wire import Timeouts
from botfleet.application.ports.brokers import BrokerAccount, Holding
from botfleet.domain.ids import AccountId, derive
from botfleet.domain.market.instruments import Leg, Option, Right, occ
from botfleet.domain.orders.order import (
    Accepted,
    Declined,
    Effect,
    HeldBack,
    OrderState,
    Report,
    Ticket,
    Unheard,
)
from botfleet.errors import BrokerUnavailable, InvariantBroken, NotFound
from botfleet.sandbox.book import Book, read_book
from tests.sandbox.fakes import NOON, option
from tests.sandbox.running import Sandbox, sandbox

D = Decimal
BRISK = Timeouts(1.0, 0.25)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox(tmp_path / "book.sqlite") as running:
        yield running


def tag(number: int = 0) -> str:
    return "abcdefghijklmnopqrstuv" + "abcdefgh"[number // 8] + "abcdefgh"[number % 8]


def spread(limit: str = "-0.90", quantity: int = 1, number: int = 0) -> Ticket:
    """Sell the 95 put, buy the 90 put: worth 1.00, 0.90 to sell at once, 1.10 to buy."""
    legs = (Leg(option(90), 1), Leg(option(95), -1))
    return Ticket(tag(number), "SPY", Effect.OPEN, legs, quantity, D(limit))


def closing(ticket: Ticket, limit: str, number: int = 1) -> Ticket:
    legs = tuple(Leg(leg.option, -leg.ratio) for leg in ticket.legs)
    return replace(ticket, wire_id=tag(number), effect=Effect.CLOSE, legs=legs, limit=D(limit))


def single(one: Option | None, ratio: int, limit: str, effect: Effect = Effect.OPEN) -> Ticket:
    return Ticket(tag(7), "SPY", effect, (Leg(one, ratio),), 3, D(limit))


def sent(account: BrokerAccount, ticket: Ticket) -> Report:
    answer = account.submit(ticket)
    assert isinstance(answer, Accepted), answer
    return account.order(answer.broker_order_id)


def refreshes(broker: Sandbox) -> int:
    book = sqlite3.connect(broker.path)
    try:
        sql = "SELECT count(*) FROM grants WHERE kind = 'refresh' AND is_spent"
        return int(book.execute(sql).fetchone()[0])
    finally:
        book.close()


def accepted(book: Book) -> int:
    return sum(row.event == "accepted" for row in book.audit)


def test_a_spread_at_its_natural_price_fills_and_is_held(broker: Sandbox) -> None:
    account = broker.account()
    report = sent(account, spread(quantity=2))
    assert (report.state, report.quantity, report.wire_id) == (OrderState.FILLED, 2, tag())
    assert report.legs == (Leg(option(90), 1), Leg(option(95), -1))
    assert sum(fill.quantity for fill in report.executions) == 2
    assert {fill.price for fill in report.executions} == {D("-0.90")}
    assert sorted(account.positions(), key=str) == [
        Holding(occ(option(90)), 2),
        Holding(occ(option(95)), -2),
    ]
    book = read_book(broker.path)
    assert [(row.event, row.tag, row.at) for row in book.audit] == [
        ("accepted", tag(), NOON),
        ("filled", tag(), NOON),
    ]
    assert sum(position.cost for position in book.positions) == D(-180)


def test_a_limit_fills_at_itself_between_the_middle_and_the_natural_price(broker: Sandbox) -> None:
    """Natural -0.90, middle -1.00: half way of it is -0.95, no better price is given."""
    account = broker.account()
    assert sent(account, spread("-0.95")).executions[0].price == D("-0.95")
    assert sent(account, spread("-0.80", number=1)).executions[0].price == D("-0.90")
    assert sent(account, spread("-0.96", number=2)).state is OrderState.WORKING


def test_a_working_order_is_replaced_until_it_fills(broker: Sandbox) -> None:
    account = broker.account()
    report = sent(account, spread("-1.00"))
    assert report.state is OrderState.WORKING
    assert account.replace(report.broker_order_id, limit=D("-0.97"))
    assert account.order(report.broker_order_id).state is OrderState.WORKING
    assert account.replace(report.broker_order_id, limit=D("-0.93"))
    filled = account.order(report.broker_order_id)
    assert (filled.state, filled.executions[0].price) == (OrderState.FILLED, D("-0.93"))
    assert not account.replace(report.broker_order_id, limit=D("-0.90"))
    assert not account.cancel(report.broker_order_id)


def test_a_working_order_fills_when_the_market_comes_to_it(broker: Sandbox) -> None:
    account = broker.account()
    report = sent(account, spread("-1.20"))
    broker.market.sides[option(95)] = D("4.20"), D("4.30")
    broker.clock.at += timedelta(seconds=5)
    assert account.order(report.broker_order_id).state is OrderState.FILLED


def test_a_cancelled_order_stays_cancelled(broker: Sandbox) -> None:
    account = broker.account()
    report = sent(account, spread("-1.20"))
    assert account.cancel(report.broker_order_id)
    assert not account.cancel(report.broker_order_id)
    assert account.order(report.broker_order_id).state is OrderState.CANCELLED
    assert not account.cancel("999999")
    with pytest.raises(BrokerUnavailable):
        account.order("999999")


def test_closing_gives_the_account_back_empty(broker: Sandbox) -> None:
    account = broker.account()
    opened = spread(quantity=2)
    sent(account, opened)
    assert sent(account, closing(opened, "1.10")).executions[0].price == D("1.10")
    assert account.positions() == []


def test_single_legs_and_shares_have_signed_prices(broker: Sandbox) -> None:
    """The 95 put is 3.95 at 4.05; bought at the ask, sold at the bid."""
    account = broker.account()
    assert sent(account, single(option(95), 1, "4.05")).executions[-1].price == D("4.05")
    sold = sent(account, single(option(95), -1, "-3.95", Effect.CLOSE))
    assert sold.executions[-1].price == D("-3.95")
    shares = sent(account, single(None, 1, "100.05"))
    assert (shares.legs, shares.executions[0].price) == ((Leg(None, 1),), D("100.01"))
    assert account.positions() == [Holding("SPY", 3)]
    assert sent(account, single(None, -1, "-99.99", Effect.CLOSE)).state is OrderState.FILLED


def test_an_order_is_sent_once_and_found_by_its_tag(broker: Sandbox) -> None:
    """A second order of the same tag is another order there: class B."""
    account = broker.account()
    first, second = sent(account, spread()), sent(account, spread())
    found = [report for report in account.orders() if report.wire_id == tag()]
    assert [one.broker_order_id for one in found] == [first.broker_order_id, second.broker_order_id]


def test_every_page_of_a_listing_is_read(broker: Sandbox) -> None:
    account = broker.account()
    assert account.orders() == []
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: sent(account, spread("-1.20", number=n % 64)), range(210)))
    assert len({report.broker_order_id for report in account.orders()}) == 210


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
    hasty = broker.brokers(timeouts=BRISK).account(connection.account)
    account = broker.brokers().account(connection.account)
    broker.misbehave(scenario, delay_s=0.5)
    with broker.heard_out():
        assert isinstance(hasty.submit(spread()), Unheard)
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


def test_shares_are_reported_in_grains(broker: Sandbox) -> None:
    """1,250 shares are cut into grains of 13: 97 executions whole or cancelled, never more."""
    account = broker.account()
    broker.misbehave("partial_fill")
    ticket = replace(single(None, 1, "100.05"), quantity=1250)
    part = sent(account, ticket)
    assert sum(fill.quantity for fill in part.executions) == 624
    assert account.cancel(part.broker_order_id)
    ended = account.order(part.broker_order_id)
    assert sum(fill.quantity for fill in ended.executions) == 625
    kept = {fill.execution_id for fill in part.executions}
    assert kept < {fill.execution_id for fill in ended.executions}


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


def test_a_ticket_that_contradicts_itself_is_not_sent(broker: Sandbox) -> None:
    account = broker.account()
    for ticket in (
        single(option(95), 1, "-4.05"),
        single(option(95), 2, "4.05"),
    ):
        with pytest.raises(InvariantBroken):
            account.submit(ticket)
    assert read_book(broker.path).orders == ()


def test_shares_and_a_call_go_as_one_order_and_come_back_whole(broker: Sandbox) -> None:
    """100.00 less the 105 call at 4.00: bought together, closed together, nothing left."""
    account, call = broker.account(), option(105, Right.CALL)
    covered = (Leg(call, -1), Leg(None, 1))
    bought = replace(spread(quantity=2), legs=covered, limit=D("96.06"))
    report = sent(account, bought)
    assert (report.state, report.quantity) == (OrderState.FILLED, 2)
    assert set(report.legs) == set(covered)
    held = {one.symbol: one.quantity for one in account.positions()}
    assert held == {"SPY": 200, occ(call): -2}
    assert sent(account, closing(bought, "-95.90")).state is OrderState.FILLED
    assert list(account.positions()) == []


def test_a_broker_that_takes_no_shares_with_options_is_not_asked() -> None:
    mixed = replace(spread(), legs=(Leg(option(105, Right.CALL), -1), Leg(None, 1)))
    refused = {name for name, sheet in SHEETS.items() if sheet.refusal(mixed)}
    assert refused == {name for name, one in SHEETS.items() if not one.takes_shares_with_options}
    assert "tradier" not in refused


def test_a_broker_that_is_gone_is_silence(tmp_path: Path) -> None:
    with sandbox(tmp_path / "book") as running:
        account = running.account()
    assert isinstance(account.submit(spread()), Unheard)
    with pytest.raises(BrokerUnavailable):
        account.orders()
