"""Instants as they are told: one shape, on an Eastern clock, in either half of the year (S102)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.eastern import stretch, told
from botfleet.errors import BadInput


@dataclass(frozen=True, slots=True)
class Line:
    """Something that is listed."""

    at: datetime | None
    name: str
    inside: tuple["Line", ...] = ()


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 3, 6, 14, 45, tzinfo=UTC), "2026-03-06T09:45:00-05:00"),
        (datetime(2026, 3, 9, 13, 45, tzinfo=UTC), "2026-03-09T09:45:00-04:00"),
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "2026-11-01T01:30:00-04:00"),
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "2026-11-01T01:30:00-05:00"),
        (datetime(2027, 1, 1, 2, tzinfo=UTC), "2026-12-31T21:00:00-05:00"),
    ],
)
def test_an_instant_is_told_with_its_eastern_offset(at: datetime, words: str) -> None:
    """Both 01:30 of the autumn day are told apart by their offsets."""
    assert told(at).isoformat() == words
    assert datetime.fromisoformat(words) == at


def test_instants_are_told_however_deep_they_lie_and_nothing_else_is_touched() -> None:
    at = datetime(2026, 3, 10, 13, 45, tzinfo=UTC)
    line = Line(at, "outer", (Line(None, "no instant"), Line(at, "inner")))
    whole = {"lines": [line], "day": date(2026, 3, 10), "wall": datetime(2026, 3, 10, 9, 45)}  # noqa: DTZ001
    found = told(whole)
    assert found == whole
    assert found["wall"].tzinfo is None
    (shown,) = found["lines"]
    assert shown.at.utcoffset() == shown.inside[1].at.utcoffset() == timedelta(hours=-4)
    assert shown.inside[0] is line.inside[0]
    quiet = {"names": ["a", ("b", 1)], "line": Line(None, "no instant")}
    assert told(quiet) is quiet


@given(st.datetimes(datetime(1990, 1, 2), datetime(2040, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_is_told_is_the_same_instant(at: datetime) -> None:
    assert datetime.fromisoformat(told(at).isoformat()) == at


def test_days_are_eastern_and_whole() -> None:
    day = date(2026, 3, 8)  # the clocks go forward: 23 hours
    since, before = stretch(day, day)
    assert since == datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert before == datetime(2026, 3, 9, 4, tzinfo=UTC)
    assert stretch(None, None) == stretch(None, date.max) == (None, None)
    with pytest.raises(BadInput, match="2026-03-07 lies before 2026-03-08"):
        stretch(day, day - timedelta(1))
