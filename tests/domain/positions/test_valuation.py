from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from botfleet.domain.ids import PositionId, derive
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.positions.position import Position, PositionState, return_on_entry
from botfleet.domain.positions.valuation import intrinsic, is_in_the_money, value
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


def test_a_missing_bid_is_worth_nothing_and_a_missing_ask_cannot_be_valued() -> None:
    held = position("-0.50")
    worth = value(held, quotes(("0.02", "0.04"), (None, "0.01")), SPY)
    assert worth is not None
    assert worth.bid == D("-0.04")
    assert value(held, quotes(("0.02", None), ("0.01", "0.02")), SPY) is None
    assert value(held, {}, SPY) is None


@pytest.mark.parametrize(
    ("at", "worth", "in_the_money"),
    [(505, 0, False), (500, 0, False), (499, -1, True), (495, -5, True), (480, -5, True)],
)
def test_at_expiration(at: int, worth: int, in_the_money: bool) -> None:  # noqa: FBT001
    assert intrinsic(LEGS, D(at)) == worth
    assert is_in_the_money(LEGS, D(at)) is in_the_money


def test_returns_are_of_what_was_paid_or_received() -> None:
    assert return_on_entry(D("2.00"), D("2.50")) == 0.25
    assert return_on_entry(D("-0.50"), D("-0.25")) == 0.5
    assert return_on_entry(D(0), D(1)) == 0.0
