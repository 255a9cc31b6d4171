"""Named days against a calendar on the wall."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.market.lookbacks import Lookback, day_since, sessions_back

L = Lookback


@pytest.mark.parametrize(
    ("since", "today", "day"),
    [
        (L.PREVIOUS_CLOSE, date(2026, 11, 18), date(2026, 11, 17)),
        (L.YESTERDAY, date(2026, 11, 16), date(2026, 11, 15)),  # a Sunday: Friday's close is meant
        (L.ONE_WEEK, date(2026, 11, 18), date(2026, 11, 11)),
        (L.TWO_WEEKS, date(2026, 11, 18), date(2026, 11, 4)),
        (L.ONE_MONTH, date(2026, 3, 31), date(2026, 2, 28)),
        (L.THREE_MONTHS, date(2026, 1, 15), date(2025, 10, 15)),
        (L.SIX_MONTHS, date(2026, 6, 30), date(2025, 12, 30)),
        (L.ONE_YEAR, date(2024, 2, 29), date(2023, 2, 28)),
        (L.FIVE_YEARS, date(2026, 11, 18), date(2021, 11, 18)),
        (L.WEEK_START, date(2026, 11, 18), date(2026, 11, 15)),  # the close before Monday the 16th
        (L.MONTH_START, date(2026, 11, 18), date(2026, 10, 31)),
        (L.QUARTER_START, date(2026, 11, 18), date(2026, 9, 30)),
        (L.YEAR_START, date(2026, 11, 18), date(2025, 12, 31)),
    ],
)
def test_a_day_is_the_one_a_trader_means(since: Lookback, today: date, day: date) -> None:
    assert day_since(since, today) == day


@given(st.sampled_from(Lookback), st.dates(date(2010, 1, 1), date(2040, 1, 1)))
def test_it_lies_before_today_and_within_the_bars_that_are_fetched(
    since: Lookback, today: date
) -> None:
    """Five weekdays a week: as many bars reach at least that far, whatever the day."""
    away = (today - day_since(since, today)).days
    assert away > 0
    assert away * 5 // 7 <= sessions_back(since)
