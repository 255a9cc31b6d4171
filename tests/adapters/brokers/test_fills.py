"""Fills of legs join to whole units, and are named alike however they are shown."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.adapters.brokers.fills import GRAINS_MAX, Run, Share, executions, filled, net
from botfleet.adapters.brokers.reading import OddReplyError
from botfleet.adapters.brokers.symbols import padded, parse_spaced, spaced
from botfleet.domain.market.instruments import Option, Right, occ, parse_occ

D = Decimal
AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
RUNS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 900).map(lambda n: D(n) / 100)))


def test_legs_that_filled_apart_join_to_units() -> None:
    """Bought one at 1.00 then two at 1.20; sold two contracts a unit: two at 0.40, four at 0.50."""
    legs = [
        Share(1, 1, [(1, D("1.00")), (2, D("1.20"))]),
        Share(-2, 2, [(2, D("0.40")), (4, D("0.50"))]),
    ]
    assert net(legs) == [(1, D("0.20")), (2, D("0.20"))]


def test_a_unit_counts_once_every_leg_of_it_filled() -> None:
    assert net([Share(1, 1, [(3, D(1))]), Share(-2, 2, [(5, D(1))])]) == [(2, D(-1))]
    assert net([Share(1, 1, [(3, D(1))]), Share(-2, 2, [])]) == []


def test_shares_beside_options_count_by_the_hundred() -> None:
    """150 shares at 100.00, 50 at 100.10, against two calls at 4.00: 96.00, then 96.05."""
    shares = Share(1, 100, [(150, D("100.00")), (50, D("100.10"))])
    calls = Share(-1, 1, [(2, D("4.00"))])
    assert net([shares, calls]) == [(1, D("96.00")), (1, D("96.05"))]


@given(RUNS, st.integers(0, 60))
def test_names_stay_and_nothing_is_lost(runs: list[Run], rest: int) -> None:
    units = filled(runs) + rest
    if not units:
        return
    whole = executions("7", units, runs, AT, is_over=True)
    assert sum(one.quantity for one in whole) == filled(runs)
    assert len(whole) <= GRAINS_MAX
    for end in range(len(runs)):
        early = executions("7", units, runs[:end], AT, is_over=False)
        assert early == whole[: len(early)]


def test_more_than_was_ordered_is_odd() -> None:
    with pytest.raises(OddReplyError):
        executions("7", 2, [(3, D(1))], AT, is_over=True)


@pytest.mark.parametrize(
    ("strike", "padding", "spacing"),
    [
        ("95", "SPY   260320P00095000", "SPY 260320P95"),
        ("95.5", "SPY   260320P00095500", "SPY 260320P95.5"),
        ("1200", "SPY   260320P01200000", "SPY 260320P1200"),
    ],
)
def test_a_contract_is_spelt_as_each_broker_does(strike: str, padding: str, spacing: str) -> None:
    option = Option("SPY", AT.date().replace(day=20), Right.PUT, D(strike))
    assert (padded(option), spaced(option)) == (padding, spacing)
    assert parse_occ(padding) == parse_occ(occ(option)) == parse_spaced(spacing) == option
