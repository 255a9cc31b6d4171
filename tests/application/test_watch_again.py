"""The minute watch twice, half, late, and after an order that came to nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from botfleet.application.ports.batches import Committed, Results
from botfleet.application.ports.work import Work
from tests.application.house import House
from tests.application.watched import (
    CLOSE,
    gains,
    minutes,
    opened,
    opening,
    set_,
    state,
    watch,
    watches,
    worth,
)


def test_a_position_that_came_back_from_a_close_is_watched_again(house: House) -> None:
    opened(house, "{profit: 50%}")
    instance = house.instance
    worth(house, "0.70")
    watch(house, minutes(1), instance)
    house.send()
    watch(house, minutes(2), instance)
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (1,)
    house.broker.cancel("2")
    house.look()
    assert state(house) == ("open", "")
    watch(house, minutes(3), instance)
    assert state(house) == ("closing", "profit")
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (2,)


def test_a_watch_delivered_twice_closes_once(house: House) -> None:
    opened(house, "{profit: 50%}")
    worth(house, "0.60")
    (pointer,) = watches(house, minutes(1))
    for instance in (house.instance, house.instance):
        instance.do(pointer.work_id)
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (1,)


class Overtaken:
    """A store in which somebody else claims each row just before it is committed."""

    def __init__(self, house: House) -> None:
        self._house = house

    def __getattr__(self, name: str) -> Any:
        return getattr(self._house.batches, name)

    def commit(self, work: Work, at: datetime, results: Results) -> Committed | None:
        set_(self._house, "UPDATE work SET fence = fence + 1")
        return self._house.batches.commit(work, at, results)


def test_what_a_watch_saw_whose_commit_came_too_late_is_not_remembered(house: House) -> None:
    opened(house, "{trail_from: 50%, trail: 20%}")
    instance = house.instance
    worth(house, "0.60")
    watch(house, minutes(1), replace(instance, batches=Overtaken(house)))
    assert gains(house) == [0.0, 0.0, 0.0]
    worth(house, "0.80")
    watch(house, minutes(2), instance)
    assert gains(house) == [0.4, 0.4, 0.0]
    assert state(house) == ("open", "")


def test_late_watches_become_the_newest_one(house: House) -> None:
    opened(house, "{profit: 50%}")
    worth(house, "0.60")
    house.run(minutes(90))
    late = house.one("SELECT due_at FROM work WHERE kind = 'watch' AND state = 'done'")
    assert late == (minutes(90),)
    assert state(house) == ("closing", "profit")


# What is booked at the very instant of a minute


def test_what_fills_at_the_instant_of_a_minute_is_judged_a_minute_later(house: House) -> None:
    """The minute's rows are of what was open as it was routed; its fill is learned after that."""
    opening(house)
    worth(house, "0.60")
    assert list(watches(house, minutes(1))) == []
    house.broker.fill("1", 1, "-0.50")
    house.look()
    assert state(house) == ("open", "")
    house.run(minutes(2))
    assert state(house) == ("closing", "profit")
    assert house.one("SELECT created_at FROM orders WHERE effect = 'close'") == (minutes(2),)


def test_what_fills_before_its_minutes_row_is_taken_is_judged_with_it(house: House) -> None:
    """Its bot holds another position, so there is a row; it reads what is open as it begins."""
    opening(house, limits="10000, 2, 3")
    house.broker.fill("1", 1, "-0.50")
    house.look()
    house.run(minutes(15))
    house.send()
    worth(house, "0.60")
    (row,) = watches(house, minutes(16))
    house.broker.fill("2", 1, "-0.50")
    house.look()
    house.instance.do(row.work_id)
    closes = house.all("SELECT created_at FROM orders WHERE effect = 'close'")
    assert closes == [(minutes(16),), (minutes(16),)]


def test_an_exit_whose_order_ends_with_a_minute_is_tried_the_minute_after(house: House) -> None:
    """Sent at one minute, it lives for two: the third finds it open again."""
    opened(house, "{stop: 50%}")
    worth(house, "1.30")
    instance = house.instance
    for n in range(1, 5):
        watch(house, minutes(n), instance)
        house.send()
        house.look()
    closes = house.all("SELECT created_at FROM orders WHERE effect = 'close' ORDER BY 1")
    assert closes == [(minutes(1),), (minutes(4),)]


def test_an_instance_that_lives_for_days_judges_each_by_its_own_session(house: House) -> None:
    """What goes two days before it expires is due on Wednesday at 15:29, counted from its open."""
    opened(house, "{expiration: 2 days}")
    instance, due = house.instance, CLOSE + timedelta(days=1, minutes=-31)
    watch(house, minutes(1), instance)
    watch(house, due - timedelta(minutes=1), instance)
    assert state(house) == ("open", "")
    watch(house, due, instance)
    assert state(house) == ("closing", "expiration")


def test_what_went_while_somebody_else_watched_is_no_more_on_the_list(house: House) -> None:
    opening(house, "{profit: 90%}", limits="10000, 2, 3")
    house.broker.fill("1", 1, "-0.50")
    house.look()
    instance = house.instance
    house.run(minutes(15))
    house.send()
    house.broker.fill("2", 1, "-0.50")
    house.look()
    watch(house, minutes(16), instance)
    assert len(instance.kept.of(instance.kept.watchlist.session)) == 2  # type: ignore[union-attr]
    set_(house, "UPDATE positions SET state = 'closed' WHERE opened_at < '2026-03-10 13:50+00'")
    watch(house, minutes(17), house.instance)
    watch(house, minutes(18), instance)
    assert len(instance.kept.of(instance.kept.watchlist.session)) == 1  # type: ignore[union-attr]
