"""What starts an automation, in words: one sentence a trigger, for pages and terminals alike."""

from collections.abc import Mapping, Sequence
from datetime import time
from types import MappingProxyType

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
from botfleet.domain.schedules.recurrences import NthDay, NthWeekday, Recurrence, Unit, Weekdays

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
NTH: Mapping[str, int] = MappingProxyType(
    {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
)
_NAMES = {nth: name for name, nth in NTH.items()}
_MOMENTS = {
    Moment.NOW: "when the bot is turned on",
    Moment.OPEN: "when the market has opened",
    Moment.CLOSE: "before the market closes",
}
_HOLIDAYS = {
    HolidayRule.BEFORE: ", on a holiday the session before",
    HolidayRule.AFTER: ", on a holiday the session after",
    HolidayRule.SKIP: "",
}


def unit_words(unit: Unit, count: int) -> str:
    """Word how often: `day`, `2 weeks`."""
    return str(unit) if count == 1 else f"{count} {unit}s"


def on_words(on: NthWeekday | NthDay) -> str:
    """Word a day of the month or year: `third friday of march`, `15 march`, `last day`."""
    month = "" if on.month is None else MONTHS[on.month - 1]
    if isinstance(on, NthDay) and on.nth > 0:
        return f"{on.nth} {month}".strip()
    day = "day" if isinstance(on, NthDay) else WEEKDAYS[on.weekday]
    return f"{_NAMES[on.nth]} {day}" + (f" of {month}" if month else "")


def trigger_words(trigger: Trigger) -> str:
    """Word a trigger: `every month on the third Friday at 10:00, on a holiday …`."""
    match trigger:
        case Window():
            return _window(trigger)
        case Moment() as moment:
            return _MOMENTS[moment]
        case Once(day, at, holiday):
            return f"on {day:%A}, {day.day} {day:%B %Y}, at {at:%H:%M}{_HOLIDAYS[holiday]}"
        case Repeating(rule, at, holiday):
            return f"every {_rule(rule)} at {at:%H:%M}{_span(rule)}{_HOLIDAYS[holiday]}"
        case Resultant(transition, structures):
            names = [one.value.replace("_", " ") for one in structures]
            named = _listed(names, "or") or "position"
            return f"when {'an' if named[0] in 'aeiou' else 'a'} {named} has {transition}"
        case Hook(name, feeds):
            return f"when {name} is called" + (f" with {_listed(feeds)}" if feeds else "")


def _window(window: Window) -> str:
    parts = []
    if window.weekdays != WORKDAYS:
        parts.append(f"on {_listed([WEEKDAYS[n].title() for n in window.weekdays])}")
    if window.begins != time.min:
        parts.append(f"from {window.begins:%H:%M} to {window.ends:%H:%M}")
    return " ".join(parts) + _HOLIDAYS[window.holiday]


def _rule(rule: Recurrence) -> str:
    unit = unit_words(rule.unit, rule.count)
    match rule.on:
        case None:
            return unit
        case Weekdays(days):
            named = _listed([WEEKDAYS[n].title() for n in days])
            return named if rule.count == 1 else f"{unit} on {named}"
        case NthDay(nth, month) if nth > 0:
            return (
                f"{unit} on day {nth}"
                if month is None
                else f"{unit} on {on_words(rule.on).title()}"
            )
        case on:
            words = " ".join(
                word.title() if word in WEEKDAYS or word in MONTHS else word
                for word in on_words(on).split()
            )
            return f"{unit} on the {words}"


def _span(rule: Recurrence) -> str:
    first = f" from {rule.first}" if rule.first else ""
    return first + (f" until {rule.until}" if rule.until else "")


def _listed(names: Sequence[str], word: str = "and") -> str:
    if len(names) < 2:  # noqa: PLR2004  one needs no list
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"
