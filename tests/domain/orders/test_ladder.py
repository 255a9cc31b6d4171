"""The price ladder against R34 and the reference product's golden figures."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.market.instruments import tick_of
from botfleet.domain.money import CENT
from botfleet.domain.orders.ladder import (
    FINAL_REST_S,
    PricePlan,
    Rung,
    Speed,
    held_until,
    ladder,
    repriced,
)

D = Decimal
CREDIT, DEBIT = D("-0.01"), D("4.99")


def limits(bid: str, ask: str, plan: PricePlan, bound: Decimal) -> list[str]:
    return [str(rung.limit) for rung in ladder(D(bid), D(ask), plan, bound=bound)]


def test_selling_22_30_at_23_00_ends_ten_cents_from_the_middle() -> None:
    """Selling is buying below zero: -23.00 to -22.30, mid -22.65; 64 % of 0.70 is 0.448.

    -23.00 + 0.448 = -22.552, which is reached at -22.55 and never -22.30.
    """
    prices = limits("-23.00", "-22.30", PricePlan(Speed.NORMAL, 64), CREDIT)
    assert prices[0] == "-22.65"
    assert prices[-1] == "-22.55"


def test_a_normal_ladder_climbs_in_equal_thirds() -> None:
    """1.00 to 1.60: mid 1.30, then 1.40, 1.50, 1.60; 10 s each, the last rests."""
    rungs = ladder(D("1.00"), D("1.60"), PricePlan(), bound=DEBIT)
    assert [(str(rung.limit), rung.hold_s) for rung in rungs] == [
        *(("1.30", 10), ("1.40", 10), ("1.50", 10)),
        ("1.60", FINAL_REST_S),
    ]


@pytest.mark.parametrize(
    ("speed", "count", "hold_s"),
    [(Speed.FAST, 3, 5), (Speed.NORMAL, 4, 10), (Speed.PATIENT, 5, 20), (Speed.OFF, 1, 120)],
)
def test_each_speed_has_its_prices_and_seconds(speed: Speed, count: int, hold_s: int) -> None:
    rungs = ladder(D("1.00"), D("1.60"), PricePlan(speed), bound=DEBIT)
    assert (len(rungs), rungs[0].hold_s) == (count, hold_s)


def test_a_ladder_that_has_a_life_rests_for_what_is_left_of_it() -> None:
    """Two minutes in all: 5 s, 5 s and 110 s; one price rests for all of it."""

    def holds(speed: Speed, life_s: int) -> list[int]:
        rungs = ladder(D("1.00"), D("1.60"), PricePlan(speed, life_s=life_s), bound=DEBIT)
        return [rung.hold_s for rung in rungs]

    assert holds(Speed.FAST, 120) == [5, 5, 110]
    assert holds(Speed.OFF, 120) == [120]
    assert holds(Speed.NORMAL, 25) == [10, 10, 10, 0]


CLIMB = (Rung(D("1.00"), 10), Rung(D("1.10"), 10), Rung(D("1.20"), FINAL_REST_S))
SENT = datetime(2026, 3, 10, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rung", "filled_s", "until_s"),
    [
        (0, None, 10),
        (1, None, 20),
        (2, None, 140),
        (1, 15, 20),  # filled in part on the way up: the climb goes on
        (2, 15, 140),
        (2, 130, 250),  # at rest: 120 s more
    ],
)
def test_an_order_stands_on_a_rung_until(rung: int, filled_s: int | None, until_s: int) -> None:
    filled_at = None if filled_s is None else SENT + timedelta(seconds=filled_s)
    ends_at = held_until(CLIMB, rung, sent_at=SENT, filled_at=filled_at)
    assert ends_at == SENT + timedelta(seconds=until_s)


@pytest.mark.parametrize(
    ("rung", "age_s", "holds"),
    [
        (0, 4.9, [4, 120]),
        (1, 14.0, [10, 4, 120]),
        (1, 3.0, [10, 0, 120]),
        (2, 90.0, [10, 10, 70, 120]),
    ],
)
def test_an_order_that_is_moved_rests_from_here(rung: int, age_s: float, holds: list[int]) -> None:
    moved = repriced(CLIMB, rung=rung, age_s=age_s, limit=D("1.45"))
    assert [one.hold_s for one in moved] == holds
    assert [one.limit for one in moved] == [*(one.limit for one in CLIMB[: rung + 1]), D("1.45")]


def test_what_is_paid_stays_a_payment_where_it_can_only_be_cents() -> None:
    """A spread a dollar wide, bought for 0.40 at most."""
    assert limits("0.30", "0.50", PricePlan(Speed.OFF, fixed=D("0.40")), D("0.99")) == ["0.40"]


def test_a_credit_never_becomes_a_debit() -> None:
    assert limits("-0.10", "0.20", PricePlan(), CREDIT) == ["-0.01"] * 4


def test_half_a_cent_is_not_offered_for_nothing() -> None:
    """0.00 to 0.01: the middle, 0.005, rounds down to no price at all."""
    assert limits("0.00", "0.01", PricePlan(), DEBIT) == ["0.01"] * 4


def test_ten_cents_from_the_middle_may_be_said_so() -> None:
    """The golden ladder of 3.6: last price 22.55, never 22.30."""
    plan = PricePlan(from_mid=D("0.10"))
    assert limits("-23.00", "-22.30", plan, CREDIT)[-1] == "-22.55"


def test_of_several_final_prices_the_best_is_taken() -> None:
    """Buying at 1.00 to 1.60: 80 % is 1.48, ten cents from the middle 1.40, fixed 1.45."""
    assert limits("1.00", "1.60", PricePlan(final_pct=80, from_mid=D("0.10")), DEBIT)[-1] == "1.40"
    assert limits("1.00", "1.60", PricePlan(fixed=D("1.45")), DEBIT)[-1] == "1.45"
    assert limits("1.00", "1.60", PricePlan(fixed=D("1.10")), DEBIT) == ["1.10"] * 4


NICKEL = tick_of("SPX")


def by_nickels(bid: str, ask: str, plan: PricePlan, bound: Decimal) -> list[str]:
    rungs = ladder(D(bid), D(ask), plan, bound=bound, tick=NICKEL)
    return [str(rung.limit) for rung in rungs]


def test_on_a_coarse_grid_every_price_is_rounded_in_our_favour() -> None:
    """SPX: 4.23 is 4.25 selling and 4.20 buying."""
    plan = PricePlan(Speed.OFF, fixed=D("4.23"))
    assert (NICKEL, tick_of("SPY")) == (D("0.05"), D("0.01"))
    assert by_nickels("-4.60", "-4.00", plan, CREDIT) == ["-4.25"]
    assert by_nickels("4.00", "4.60", plan, DEBIT) == ["4.20"]


def test_the_worst_price_lies_on_a_coarse_grid_too() -> None:
    """A cent of credit, and a cent below a width of 5.00, are no prices of SPX."""
    assert by_nickels("-0.20", "0.05", PricePlan(Speed.OFF), CREDIT) == ["-0.05"]
    assert by_nickels("4.80", "5.20", PricePlan(Speed.OFF), DEBIT) == ["4.95"]


prices = st.decimals(min_value=-50, max_value=50, places=2)
spreads = st.decimals(min_value=0, max_value=5, places=2)


def test_a_fixed_credit_is_asked_for_even_where_the_market_might_charge() -> None:
    """Bid -0.50, ask 0.05: a credit of 0.30 is -0.30, however the far side lies."""
    assert limits("-0.50", "0.05", PricePlan(fixed=D("0.30")), CREDIT) == ["-0.30"] * 4


@pytest.mark.parametrize(
    ("entry", "plan", "bound", "last"),
    [
        # Opened for a credit of 1.00, worth 0.40 to 0.60: bought back at half of it at most.
        ("-1.00", PricePlan(of_entry=D("0.5")), "5", "0.50"),
        ("-1.00", PricePlan(from_entry=D("-0.45")), "5", "0.55"),
        # Of several the best: 0.50 against the middle and 0.08.
        ("-1.00", PricePlan(of_entry=D("0.5"), from_mid=D("0.08")), "5", "0.50"),
        # A close never pays more than the width, whatever was asked for.
        ("-4.00", PricePlan(of_entry=D(2)), "5.00", "5.00"),
        # Nothing and less is no price: a cent.
        ("-1.00", PricePlan(from_entry=D(-3)), "5", "0.01"),
    ],
)
def test_a_credit_is_bought_back_by_its_opening_price(
    entry: str, plan: PricePlan, bound: str, last: str
) -> None:
    rungs = ladder(D("0.40"), D("0.60"), plan, bound=D(bound), entry=D(entry))
    assert str(rungs[-1].limit) == last
    assert all(rung.limit <= rungs[-1].limit for rung in rungs)


def test_what_was_bought_is_sold_by_its_opening_price() -> None:
    """Bought at 2.00, now 2.40 to 2.60: sold at 1.25 times, 2.50, and never for nothing."""
    plan = PricePlan(of_entry=D("1.25"))
    rungs = ladder(D("-2.60"), D("-2.40"), plan, bound=CREDIT, entry=D(2))
    assert str(rungs[-1].limit) == "-2.50"
    assert [str(rung.limit) for rung in rungs] == ["-2.50"] * 4


plans = st.builds(
    PricePlan,
    st.sampled_from(Speed),
    st.none() | st.integers(50, 150),
    st.none() | st.decimals(0, 5, places=2),
    st.none() | st.decimals("0.01", 9, places=2),
    of_entry=st.none() | st.decimals("0.01", 3, places=2),
    from_entry=st.none() | st.decimals(-5, 5, places=2),
)


@given(prices, spreads, plans, st.sampled_from((CREDIT, DEBIT)), st.sampled_from((CENT, NICKEL)))
def test_a_ladder_only_climbs_and_never_passes_its_bound(
    bid: Decimal, spread: Decimal, plan: PricePlan, bound: Decimal, tick: Decimal
) -> None:
    rungs = [rung.limit for rung in ladder(bid, bid + spread, plan, bound=bound, tick=tick)]
    assert all(low <= high for low, high in pairwise(rungs))
    assert all(limit <= bound and limit != 0 for limit in rungs)
    assert all(limit % tick == 0 for limit in rungs)
