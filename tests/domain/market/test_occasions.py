"""Days everyone can work out, against the exchange's and the almanac's own."""

from datetime import date

import pytest

from botfleet.domain.market.occasions import NEXT, is_edge


@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [
        ("monthly_expiration", "2026-11-18", "2026-11-20"),
        ("monthly_expiration", "2026-11-21", "2026-12-18"),
        ("monthly_expiration", "2025-04-01", "2025-04-17"),  # Good Friday is the third
        ("triple_witching", "2026-11-18", "2026-12-18"),
        ("triple_witching", "2026-12-19", "2027-03-19"),
        ("first_weekly", "2026-11-18", "2026-12-04"),
        ("end_of_month", "2026-11-18", "2026-11-30"),
        ("end_of_month", "2026-05-30", "2026-06-30"),  # the 29th was May's last session
        ("end_of_quarter", "2026-11-18", "2026-12-31"),
        ("full_moon", "2026-11-18", "2026-11-24"),  # 14:53 UTC, by the almanac
        ("full_moon", "2026-01-01", "2026-01-03"),
    ],
)
def test_the_next_occasion(name: str, day: str, expected: str) -> None:
    assert NEXT[name](date.fromisoformat(day)) == date.fromisoformat(expected)


def test_the_edges_of_weeks_and_months_are_sessions() -> None:
    assert is_edge(date(2026, 11, 25), place="last", period="week") is False
    assert is_edge(date(2026, 11, 27), place="last", period="week")  # the early close
    assert is_edge(date(2026, 9, 8), place="first", period="week")  # after Labor Day
    assert is_edge(date(2026, 11, 2), place="first", period="month")
