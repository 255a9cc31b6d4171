"""How an event's rule lies in its column: what of it a row of `events` needs to go on from."""

import json
from collections.abc import Callable, Mapping
from dataclasses import astuple
from datetime import date, time
from functools import lru_cache
from typing import Any

from botfleet.domain.schedules.events import (
    Bell,
    Hook,
    Moment,
    Once,
    Repeating,
    Resultant,
    Rule,
    Transition,
)
from botfleet.domain.schedules.holidays import HolidayRule
from botfleet.domain.schedules.hours import Hours
from botfleet.domain.schedules.recurrences import (
    NthDay,
    NthWeekday,
    Recurrence,
    Unit,
    Weekdays,
)
from botfleet.domain.trades.structures import Structure
from botfleet.errors import InvariantBroken

_ON: Mapping[str, type[Weekdays | NthWeekday | NthDay]] = {
    "weekdays": Weekdays,
    "nth_weekday": NthWeekday,
    "nth_day": NthDay,
}
_ON_NAMES = {kind: name for name, kind in _ON.items()}


def write_rule(event: Rule) -> str:
    """Write an event's rule; equal rules are written equally."""
    return json.dumps(_plain(event), sort_keys=True)


def _plain(event: Rule) -> dict[str, Any]:
    match event:
        case Once(day, at, holiday):
            return {"day": f"{day}", "at": f"{at}", "holiday": holiday}
        case Repeating(rule, at, holiday):
            return {"at": f"{at}", "holiday": holiday, **_plain_recurrence(rule)}
        case Moment():
            return {"moment": event}
        case Bell(moment, hours):
            return {"moment": moment, "begins": f"{hours.begins}", "ends_min": hours.ends_min}
        case Resultant(transition, structures):
            return {"transition": transition, "structures": list(structures)}
        case Hook(name, feeds):
            return {"hook": name, "feeds": list(feeds)}


def _plain_recurrence(rule: Recurrence) -> dict[str, Any]:
    return {
        "unit": rule.unit,
        "count": rule.count,
        "on": None if rule.on is None else [_ON_NAMES[type(rule.on)], *astuple(rule.on)],
        "first": rule.first and f"{rule.first}",
        "until": rule.until and f"{rule.until}",
    }


@lru_cache(maxsize=4096)
def read_rule(text: str) -> Rule:
    """Read what `write_rule` wrote; many events share a rule.

    Raises:
        InvariantBroken: it is something else.
    """
    kept = json.loads(text)
    match kept:
        case {"day": day, "at": at, "holiday": holiday}:
            return Once(date.fromisoformat(day), time.fromisoformat(at), HolidayRule(holiday))
        case {"unit": _, "at": at, "holiday": holiday}:
            return Repeating(_recurrence(kept), time.fromisoformat(at), HolidayRule(holiday))
        case {"moment": moment, "begins": begins, "ends_min": ends_min}:
            return Bell(Moment(moment), Hours(time.fromisoformat(begins), ends_min))
        case {"moment": moment}:
            return Moment(moment)
        case {"transition": transition, "structures": structures}:
            return Resultant(Transition(transition), tuple(map(Structure, structures)))
        case {"hook": name, "feeds": feeds}:
            return Hook(name, tuple(feeds))
        case _:
            raise InvariantBroken(f"No event has the rule {text}.")


def _recurrence(kept: Mapping[str, Any]) -> Recurrence:
    on, named = kept["on"], [kept[key] for key in ("first", "until")]
    return Recurrence(
        Unit(kept["unit"]),
        kept["count"],
        None if on is None else _on(*on),
        *(None if day is None else date.fromisoformat(day) for day in named),
    )


def _on(name: str, *given: Any) -> Weekdays | NthWeekday | NthDay:
    make: Callable[..., Weekdays | NthWeekday | NthDay] = _ON[name]
    return make(*(tuple(one) if isinstance(one, list) else one for one in given))
