"""Days that traders name when they look back: a week ago, the start of the year.

What is meant is the last daily close up to that day; the start of a period is the close before it
began. Source: spec K7 (a fixed choice from yesterday to five years, daily closes only).
"""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum

SESSIONS_MAX = 1260


class Lookback(StrEnum):
    """How far back."""

    PREVIOUS_CLOSE = "previous_close"
    YESTERDAY = "yesterday"
    ONE_WEEK = "1_week"
    TWO_WEEKS = "2_weeks"
    ONE_MONTH = "1_month"
    TWO_MONTHS = "2_months"
    THREE_MONTHS = "3_months"
    SIX_MONTHS = "6_months"
    ONE_YEAR = "1_year"
    TWO_YEARS = "2_years"
    THREE_YEARS = "3_years"
    FIVE_YEARS = "5_years"
    WEEK_START = "week_start"
    MONTH_START = "month_start"
    QUARTER_START = "quarter_start"
    YEAR_START = "year_start"


_MONTHS_A_QUARTER, _MONTHS_A_YEAR, _SESSIONS_A_MONTH = 3, 12, 22


def day_since(since: Lookback, today: date) -> date:
    """Give the day whose close is meant, or the last one before it that has a close.

    A month ago is the same day of the month before, or its last one.
    """
    count, _, unit = since.value.partition("_")
    if unit == "start":
        return _first_of(count, today) - timedelta(days=1)
    if not count.isdigit():
        return today - timedelta(days=1)
    if unit.startswith("week"):
        return today - timedelta(weeks=int(count))
    return _months_before(today, int(count) * (_MONTHS_A_YEAR if "year" in unit else 1))


def sessions_back(since: Lookback) -> int:
    """Give how many sessions it may reach back at most."""
    far = date(2024, 12, 31)
    return (far - day_since(since, far)).days * _SESSIONS_A_MONTH // 30 + 5


def _first_of(period: str, today: date) -> date:
    if period == "week":
        return today - timedelta(days=today.weekday())
    month = {
        "month": today.month,
        "quarter": today.month - (today.month - 1) % _MONTHS_A_QUARTER,
        "year": 1,
    }[period]
    return date(today.year, month, 1)


def _months_before(today: date, months: int) -> date:
    years, month = divmod(today.year * _MONTHS_A_YEAR + today.month - 1 - months, _MONTHS_A_YEAR)
    return date(years, month + 1, min(today.day, monthrange(years, month + 1)[1]))
