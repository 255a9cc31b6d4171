from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import session_on
from botfleet.domain.schedules.agenda import Due, Kind, due_between, next_after

HALF_DAY = session_on(date(2015, 12, 24))
assert HALF_DAY is not None
BEFORE, AFTER = HALF_DAY.opens_at, HALF_DAY.closes_at + timedelta(hours=1)


def kept(dues: tuple[Due, ...], kind: Kind, interval: int = 0) -> list[str]:
    return [
        f"{d.at:%H:%M}" for d in dues if d.is_kept and (d.kind, d.interval_min) == (kind, interval)
    ]


def stepwise(step: timedelta) -> list[Due]:
    """Everything kept on the half day, when the router looks every `step`."""
    found, at = [], BEFORE
    while at < AFTER:
        found += [due for due in due_between(at, at + step) if due.is_kept]
        at += step
    return found


def test_a_half_day_has_thirteen_marks_and_its_own_expiration_checks() -> None:
    # 13:00 Eastern is 18:00 UTC in December: marks 14:45 to 17:45, closes at 17:50, :55 and :59.
    dues = stepwise(timedelta(minutes=1))
    marks = [due.at for due in dues if due.kind is Kind.MARK and due.interval_min == 15]
    assert (len(marks), f"{marks[0]:%H:%M}", f"{marks[-1]:%H:%M}") == (13, "14:45", "17:45")
    assert [f"{d.at:%H:%M}" for d in dues if d.kind is Kind.EXPIRE] == ["17:50", "17:55", "17:59"]
    assert [f"{d.at:%H:%M}" for d in dues if d.kind is Kind.SETTLE] == ["18:15"]


def test_late_marks_coalesce_to_the_newest_and_the_others_are_told_as_missed() -> None:
    dues = due_between(BEFORE, datetime(2015, 12, 24, 15, 31, tzinfo=UTC))
    assert kept(dues, Kind.MARK, 15) == ["15:30"]
    missed = [d for d in dues if not d.is_kept and d.interval_min == 15]
    assert [f"{d.at:%H:%M}" for d in missed] == ["14:45", "15:00", "15:15"]
    assert kept(dues, Kind.WATCH) == ["15:31"]


def test_after_the_close_only_the_evening_s_work_is_still_done() -> None:
    dues = due_between(BEFORE, AFTER)
    assert [d.kind for d in dues if d.is_kept] == [Kind.SETTLE, Kind.MEASURE]


def test_the_close_is_measured_on_its_own_day_only() -> None:
    """Routed next morning, the evening's chains are gone; the settlement is done all the same."""
    next_day = due_between(BEFORE, AFTER + timedelta(days=1))
    evening = [due for due in next_day if day_of(due.at) == day_of(AFTER) and due.is_kept]
    assert [due.kind for due in evening] == [Kind.SETTLE]


def test_exits_come_before_marks_at_the_same_instant() -> None:
    at = datetime(2015, 12, 24, 17, 45, tzinfo=UTC)
    kinds = [due.kind for due in due_between(at - timedelta(seconds=1), at)]
    assert kinds[0] is Kind.WATCH
    assert set(kinds[1:]) == {Kind.MARK}


def test_a_closed_day_has_nothing() -> None:
    christmas = datetime(2015, 12, 25, 12, tzinfo=UTC)
    assert due_between(christmas, christmas + timedelta(hours=8)) == ()
    assert next_after(christmas, is_holding=True) is None


def test_the_next_step_is_the_next_minute_only_while_positions_are_held() -> None:
    at = datetime(2015, 12, 24, 14, 45, tzinfo=UTC)
    assert next_after(at, is_holding=True) == at + timedelta(minutes=1)
    quiet = next_after(datetime(2015, 12, 24, 17, 45, tzinfo=UTC), is_holding=False)
    assert quiet == datetime(2015, 12, 24, 17, 50, tzinfo=UTC)


@given(cuts=st.lists(st.integers(0, 16_200), max_size=12))
def test_however_the_day_is_cut_nothing_is_due_twice_and_nothing_is_forgotten(
    cuts: list[int],
) -> None:
    instants = sorted({BEFORE, AFTER, *(BEFORE + timedelta(seconds=cut) for cut in cuts)})
    dues = [d for a, b in pairwise(instants) for d in due_between(a, b)]
    named = [(d.kind, d.interval_min, d.at) for d in dues]
    whole = due_between(BEFORE, AFTER)
    assert len(named) == len(set(named))
    assert set(named) == {(d.kind, d.interval_min, d.at) for d in whole}
