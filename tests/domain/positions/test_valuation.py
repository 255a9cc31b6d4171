from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from botfleet.domain.ids import PositionId, derive
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.money import dollars
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import Position, PositionState, return_on_entry
from botfleet.domain.positions.valuation import (
    decisive,
    intrinsic,
    is_in_the_money,
    last_day,
    locked,
    value,
)
from botfleet.domain.trades.structures import Structure

D = Decimal
NOON = datetime(2026, 3, 10, 16, tzinfo=UTC)
DAY = date(2026, 3, 13)
SHORT, LONG = (Option("SPY", DAY, Right.PUT, D(strike)) for strike in (500, 495))
LEGS = (Leg(LONG, 1), Leg(SHORT, -1))
SPY = Quote("SPY", NOON, D("501.9"), D("502.1"), D(502))


def position(entry: str) -> Position:
    named = PositionId(derive("position", "test"))
    structure = Structure.SHORT_PUT_SPREAD
    return Position(named, "SPY", structure, LEGS, 1, D(entry), PositionState.OPEN, NOON, DAY)


def quotes(
    short: tuple[str | None, str | None], long: tuple[str | None, str | None]
) -> dict[Option, OptionQuote]:
    def quote(option: Option, sides: tuple[str | None, str | None]) -> OptionQuote:
        bid, ask = (None if side is None else D(side) for side in sides)
        return OptionQuote(option, NOON, bid, ask)

    return {SHORT: quote(SHORT, short), LONG: quote(LONG, long)}


def test_a_credit_spread_is_worth_what_taking_it_off_costs() -> None:
    # Sold at 0.50. Now short 0.40/0.44, long 0.10/0.12: bought back at 0.44 - 0.10 = 0.34 at worst.
    worth = value(position("-0.50"), quotes(("0.40", "0.44"), ("0.10", "0.12")), SPY)
    assert worth is not None
    assert (worth.bid, worth.ask, worth.mid) == (D("-0.34"), D("-0.28"), D("-0.31"))
    assert return_on_entry(D("-0.50"), worth.mid) == 0.38


def test_a_valuation_carries_what_its_legs_and_its_underlying_show() -> None:
    shown = quotes(("0.40", "0.44"), ("0.10", "0.12"))
    known = {
        option: replace(quote, delta=delta, gamma=0.01, theta=-0.02, vega=0.03)
        for (option, quote), delta in zip(shown.items(), (-0.30, -0.10), strict=True)
    }
    worth = value(position("-0.50"), known, SPY)
    assert worth is not None
    assert (worth.underlying, worth.at) == (D(502), NOON)
    assert [quote.option for quote in worth.leg_quotes] == [LONG, SHORT]
    assert worth.greeks is not None
    # One bought at -0.10, one sold at -0.30: 100 x 0.20; the rest cancels.
    assert worth.greeks.delta == pytest.approx(20)
    assert worth.greeks.vega == pytest.approx(0)
    bare = value(position("-0.50"), known, None)
    assert bare is not None
    assert bare.underlying is None


@pytest.mark.parametrize(
    ("exits", "fired", "entry", "worth", "locked_at"),
    [
        # Sold at 1.00, half of it to be kept: not more than 0.50 is paid.
        (Exits(profit=D("0.5")), "profit", "-1.00", "-0.45", "-0.50"),
        # Two units: 60 dollars of them are 0.30 a share.
        (Exits(profit_amount=dollars(60)), "profit", "-1.00", "-0.60", "-0.70"),
        # Both have fired: the one that asks for less.
        (Exits(profit=D("0.5"), profit_amount=dollars(60)), "profit", "-1.00", "-0.45", "-0.70"),
        # One of both has: a third of a cent is rounded up, in its owner's favour.
        (Exits(profit=D("0.333")), "profit", "2.00", "2.70", "2.67"),
        (Exits(price=D("0.40")), "price", "-1.00", "-0.38", "-0.40"),
        # A price above what was received is a stop: nothing to keep.
        (Exits(price=D("1.50")), "price", "-1.00", "-1.55", None),
        (Exits(price=D("1.50")), "price", "-1.00", "-1.50", None),
        (Exits(profit=D("0.5")), "stop", "-1.00", "-1.55", None),
    ],
)
def test_a_profit_is_kept_at_its_level(
    exits: Exits, fired: str, entry: str, worth: str, locked_at: str | None
) -> None:
    held = replace(position(entry), exits=exits, quantity=2)
    assert locked(held, fired, D(worth)) == (None if locked_at is None else D(locked_at))


def test_the_legs_that_decide_are_a_credits_sold_and_a_debits_bought() -> None:
    held = position("-0.50")
    assert [leg.option for leg in decisive(held)] == [SHORT]
    debit = replace(held, structure=Structure.LONG_PUT_SPREAD)
    assert [leg.option for leg in decisive(debit)] == [LONG]
    covered = (Leg(SHORT, -1), Leg(None, 1))
    assert decisive(replace(held, structure=Structure.COVERED_CALL, legs=covered)) == [covered[0]]


def test_a_missing_bid_is_worth_nothing_and_a_missing_ask_cannot_be_valued() -> None:
    held = position("-0.50")
    worth = value(held, quotes(("0.02", "0.04"), (None, "0.01")), SPY)
    assert worth is not None
    assert worth.bid == D("-0.04")
    assert value(held, quotes(("0.02", None), ("0.01", "0.02")), SPY) is None
    assert value(held, {}, SPY) is None


def test_a_crossed_leg_cannot_be_valued_and_one_whose_sides_meet_can() -> None:
    held = position("-0.50")
    assert value(held, quotes(("0.05", "0.04"), ("0.01", "0.02")), SPY) is None
    assert value(held, quotes(("0.02", "NaN"), ("0.01", "0.02")), SPY) is None
    assert value(held, quotes(("NaN", "0.04"), ("0.01", "0.02")), SPY) is None
    worth = value(held, quotes(("0.04", "0.04"), ("0.01", "0.02")), SPY)
    assert worth is not None
    assert worth.mid == D("-0.025")


@pytest.mark.parametrize(
    ("at", "worth", "in_the_money"),
    [(505, 0, False), (500, 0, False), (499, -1, True), (495, -5, True), (480, -5, True)],
)
def test_at_expiration(at: int, worth: int, in_the_money: bool) -> None:  # noqa: FBT001
    assert intrinsic(LEGS, D(at)) == worth
    assert is_in_the_money(LEGS, D(at)) is in_the_money


def test_the_last_day_is_that_of_the_leg_that_lives_longest() -> None:
    later = Option("SPY", date(2026, 4, 17), Right.PUT, D(495))
    assert last_day((Leg(SHORT, -1), Leg(later, 1))) == date(2026, 4, 17)
    assert last_day((Leg(later, 1), Leg(SHORT, -1))) == date(2026, 4, 17)
    assert last_day((Leg(SHORT, -1), Leg(None, 1))) == DAY
    assert last_day((Leg(None, 1),)) is None


def test_returns_are_of_what_was_paid_or_received() -> None:
    assert return_on_entry(D("2.00"), D("2.50")) == 0.25
    assert return_on_entry(D("-0.50"), D("-0.25")) == 0.5
    assert return_on_entry(D(0), D(1)) == 0.0
