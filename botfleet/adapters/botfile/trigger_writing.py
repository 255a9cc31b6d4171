"""A trigger to plain data: the one way each is written; what goes without saying is left out."""

from datetime import time
from typing import Any

from botfleet.domain.schedules.events import (
    WORKDAYS,
    Hook,
    Moment,
    Once,
    Repeating,
    Resultant,
    Trigger,
    Window,
)
from botfleet.domain.schedules.holidays import HolidayRule
from botfleet.domain.schedules.recurrences import NthDay, NthWeekday, Weekdays
from botfleet.domain.schedules.wording import WEEKDAYS, on_words, unit_words


def plain_trigger(trigger: Trigger) -> Any:
    """Give the plain data of a trigger."""
    match trigger:
        case Window():
            return _plain_window(trigger)
        case Moment() as moment:
            return str(moment)
        case Once(day, at, holiday):
            return {"date": f"{day}", "at": f"{at:%H:%M}", **_holiday(holiday)}
        case Repeating():
            return _plain_repeating(trigger)
        case Resultant(transition, structures):
            names = [one.value for one in structures]
            return {f"position_{transition}": names[0] if len(names) == 1 else names or "any"}
        case Hook(name, feeds):
            return {"webhook": name, **({"feeds": list(feeds)} if feeds else {})}


def _plain_window(window: Window) -> dict[str, Any]:
    on = {"on": [WEEKDAYS[n] for n in window.weekdays]} if window.weekdays != WORKDAYS else {}
    times = [f"{at:%H:%M}" for at in (window.begins, window.ends)]
    between = {"between": times} if window.begins != time.min else {}
    if not (on or between):
        on = {"on": list(WEEKDAYS)}
    return {**on, **between, **_holiday(window.holiday)}


def _plain_repeating(event: Repeating) -> dict[str, Any]:
    rule = event.rule
    named = {"from": rule.first, "until": rule.until}
    return {
        "every": unit_words(rule.unit, rule.count),
        **({} if rule.on is None else {"on": _plain_on(rule.on)}),
        "at": f"{event.at:%H:%M}",
        **{key: f"{day}" for key, day in named.items() if day is not None},
        **_holiday(event.holiday),
    }


def _plain_on(on: Weekdays | NthWeekday | NthDay) -> Any:
    if isinstance(on, Weekdays):
        return [WEEKDAYS[n] for n in on.days]
    if isinstance(on, NthDay) and on.month is None and on.nth > 0:
        return on.nth
    return on_words(on)


def _holiday(rule: HolidayRule) -> dict[str, str]:
    return {} if rule is HolidayRule.SKIP else {"holiday": str(rule)}
