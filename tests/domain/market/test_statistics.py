"""Ranks by hand: the place between a year's least and most, not the share of days below."""

from datetime import date, timedelta

import pytest

from botfleet.domain.market.statistics import RANK_MIN, DailyVolatility, rank, rank_on

TODAY = date(2026, 3, 10)


def days(*values: float, newest: date = date(2026, 3, 9)) -> tuple[DailyVolatility, ...]:
    first = newest - timedelta(days=len(values) - 1)
    return tuple(
        DailyVolatility(first + timedelta(days=at), value) for at, value in enumerate(values)
    )


def test_a_rank_is_the_place_between_low_and_high() -> None:
    """Low 10, high 50, now 20: (20 - 10) / (50 - 10) = 25, though 24 of 25 days lie below 20."""
    history = [0.10] * 24 + [0.50]
    assert rank(0.20, history) == pytest.approx(25.0)
    percentile = 100 * sum(one < 0.20 for one in history) / len(history)
    assert percentile == 96.0
    assert rank_on(TODAY, days(*history, 0.20)) == pytest.approx(25.0)


def test_a_new_high_is_100_and_a_new_low_0() -> None:
    history = [0.2, 0.3] * 10
    assert rank(0.4, history) == 100
    assert rank(0.1, history) == 0
    assert rank(0.25, history) == pytest.approx(50)


def test_too_few_days_or_all_alike_have_no_rank() -> None:
    assert rank(0.2, [0.1] * (RANK_MIN - 1)) is None
    assert rank(0.2, [0.1] * RANK_MIN) == 100
    assert rank(0.1, [0.1] * RANK_MIN) is None
    assert rank_on(TODAY, ()) is None


def test_a_newest_value_of_more_than_a_week_ago_tells_nothing_of_today() -> None:
    values = [0.1, 0.3] * 15
    assert rank_on(TODAY, days(*values, newest=TODAY - timedelta(days=7))) == 100
    assert rank_on(TODAY, days(*values, newest=TODAY - timedelta(days=8))) is None


def test_a_year_back_counts_and_a_day_more_does_not() -> None:
    """The high of 0.9 a year before the newest is in: 25; one day older it is out: 100."""
    usual = days(*([0.1] * 20), 0.3)
    newest = usual[-1].day
    for back, expected in ((365, 25.0), (366, 100.0)):
        old = DailyVolatility(newest - timedelta(days=back), 0.9)
        assert rank_on(TODAY, (old, *usual)) == pytest.approx(expected)
