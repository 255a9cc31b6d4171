"""The fill rule as arithmetic: natural price, limit, and never better than the shared way."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.sandbox.book import BookLeg, BookOrder
from botfleet.sandbox.matching import Match, Sides, match
from tests.sandbox.fakes import NOON

D = Decimal
HALF = D("0.5")
MARKET = {"A": Sides(D("2.00"), D("2.20")), "B": Sides(D("1.00"), D("1.10"))}
BUY_A, SELL_B = BookLeg("A", "buy_to_open", 2), BookLeg("B", "sell_to_open", 2)


def order(limit: Decimal | None, *legs: BookLeg) -> BookOrder:
    times = (NOON, NOON, NOON)
    return BookOrder(1, "a", "", "multileg", "X", "debit", limit, 2, legs, "open", *times)


@pytest.mark.parametrize(
    ("limit", "price"),
    # Natural 2.20 - 1.00 = 1.20; middle 2.10 - 1.05 = 1.05; half way between them 1.125.
    [("2.00", "1.20"), ("1.20", "1.20"), ("1.19", "1.19"), ("1.125", "1.125"), ("1.12", None)],
)
def test_a_debit_spread(limit: str, price: str | None) -> None:
    found = match(order(D(limit), BUY_A, SELL_B), MARKET, HALF)
    assert (found.price if found else None) == (D(price) if price else None)


def test_at_the_market_pays_the_natural_price() -> None:
    assert match(order(None, BUY_A), MARKET, HALF) == Match(D("2.20"), (("A", D("2.2000")),))


def test_a_leg_nobody_bids_for_is_sold_for_nothing_and_bought_at_its_ask() -> None:
    market = MARKET | {"B": Sides(None, D("0.02"))}
    buy_b = BookLeg("B", "buy_to_open", 2)
    assert match(order(D("2.22"), BUY_A, buy_b), market, HALF) is not None
    sold = match(order(D("2.20"), BUY_A, SELL_B), market, HALF)
    assert sold is not None
    assert sold.price == D("2.20")


@pytest.mark.parametrize("sides", [Sides(D(1), None), Sides(D(2), D(1))], ids=["ask", "cross"])
def test_a_side_not_quoted_fills_nothing(sides: Sides) -> None:
    assert match(order(D(9), BUY_A, SELL_B), MARKET | {"B": sides}, HALF) is None
    assert match(order(D(9), BUY_A, SELL_B), {"A": MARKET["A"]}, HALF) is None


cents = st.integers(0, 5_000).map(lambda n: D(n) / 100)


@given(
    st.lists(st.tuples(cents, cents, st.booleans(), st.integers(1, 3)), min_size=1, max_size=4),
    st.integers(-20_000, 20_000),
    st.sampled_from([D(0), HALF, D(1)]),
)
def test_no_fill_passes_the_limit_or_beats_the_shared_way(
    legs: list[tuple[Decimal, Decimal, bool, int]], limit_cents: int, share: Decimal
) -> None:
    market, made, natural, middle = {}, [], D(0), D(0)
    for number, (bid, width, is_bought, ratio) in enumerate(legs):
        market[str(number)] = Sides(bid, bid + width)
        made.append(BookLeg(str(number), "buy_to_open" if is_bought else "sell_to_open", 2 * ratio))
        sign = ratio if is_bought else -ratio
        natural += sign * (bid + width if is_bought else bid)
        middle += sign * (bid + width / 2)
    limit = D(limit_cents) / 100
    found = match(order(limit, *made), market, share)
    best = middle + share * (natural - middle)
    assert (found is not None) == (limit >= best)
    if found is not None:
        assert best <= found.price <= min(limit, natural)
        weights = [leg.quantity // 2 * (1 if leg.is_bought else -1) for leg in made]
        total = sum(w * price for w, (_, price) in zip(weights, found.legs, strict=True))
        assert abs(total - found.price) < D("1e-20")


def test_the_rule_is_a_function() -> None:
    """Nothing is drawn: the same order on the same quotes fills alike every time."""
    for limit, _ in product((D("1.19"), D("1.12")), range(3)):
        assert match(order(limit, BUY_A), MARKET, HALF) == match(order(limit, BUY_A), MARKET, HALF)
