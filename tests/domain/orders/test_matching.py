"""Which report is whose: by number, by id, by likeness within its time; a doubt is nobody's."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.orders.matching import bind
from botfleet.domain.orders.order import OrderState, Report

AT = datetime(2026, 3, 10, 13, 45, tzinfo=UTC)
LEGS = tuple(
    Leg(Option("SPY", date(2026, 3, 13), Right.PUT, Decimal(strike)), ratio)
    for strike, ratio in ((485, 1), (490, -1))
)


@dataclass(frozen=True)
class Ours:
    wire_id: str
    broker_order_id: str = ""
    symbol: str = "SPY"
    legs: tuple[Leg, ...] = LEGS
    quantity: int = 2
    sent_at: datetime | None = AT


#: What a broker shows that keeps no ids of ours; legs in an order of its own.
SHOWN = Report("1", "", OrderState.WORKING, 2, (), legs=LEGS[::-1], symbol="SPY", entered_at=AT)


@pytest.mark.parametrize(
    ("after_s", "is_ours"), [(-5, True), (-6, False), (0, True), (600, True), (601, False)]
)
def test_a_likeness_counts_from_five_seconds_before_to_ten_minutes_after(
    after_s: int, *, is_ours: bool
) -> None:
    shown = replace(SHOWN, entered_at=AT + timedelta(seconds=after_s))
    bound = bind([Ours("a")], [shown])
    assert bound.pairs == ({"a": shown} if is_ours else {})
    assert bound.strangers == ([] if is_ours else [shown])


@pytest.mark.parametrize(
    "shown",
    [
        replace(SHOWN, quantity=3),
        replace(SHOWN, symbol="QQQ"),
        replace(SHOWN, legs=LEGS[:1]),
        replace(SHOWN, wire_id="theirs"),
        replace(SHOWN, entered_at=None),
    ],
)
def test_another_trade_is_a_stranger(shown: Report) -> None:
    assert bind([Ours("a")], [shown]).strangers == [shown]


def test_one_report_that_fits_two_orders_is_neither_s() -> None:
    bound = bind([Ours("a"), Ours("b")], [SHOWN])
    assert (bound.pairs, bound.unclear, bound.strangers) == ({}, {"a", "b"}, [SHOWN])


def test_an_order_whose_number_is_known_takes_no_other() -> None:
    bound = bind([Ours("a", "9"), Ours("b")], [SHOWN])
    assert bound.pairs == {"b": SHOWN}
    assert bound.guessed == {"b"}
