"""The small values of a trigger as pydantic fields: each says in one sentence what it takes."""

import re
from collections.abc import Sequence
from datetime import time
from typing import Annotated, Any

from botfleet.adapters.botfile.fields import Plain
from botfleet.domain.schedules.holidays import EARLIEST, LATEST
from botfleet.domain.schedules.recurrences import (
    NthDay,
    NthWeekday,
    Unit,
    Weekdays,
    nth_of_month,
)
from botfleet.domain.schedules.wording import MONTHS, NTH, WEEKDAYS
from botfleet.domain.trades.structures import Structure

COUNT_MAX = 366
_EVERY = re.compile(r"(?:([1-9][0-9]{0,2}) )?(day|week|month|year)(s?)")
_NTH = "|".join(NTH)
_NTH_WEEKDAY = re.compile(rf"(\w+) ({'|'.join((*WEEKDAYS, 'saturday', 'sunday'))})(?: of (\w+))?")
_NTH_DAY = re.compile(r"([0-9]{1,2}) (\w+)|(last day)(?: of (\w+))?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_HOOK = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_LEAP_YEAR, _COMMON_YEAR = 2024, 2025
_MONTH_DAYS_MIN = 28


def _read_time(raw: object) -> time:
    match = _CLOCK.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if match is None:
        raise ValueError("must be a time of day, Eastern: 10:30")
    at = time(int(match[1]), int(match[2]))
    if not EARLIEST <= at <= LATEST:
        raise ValueError(f"must lie from {EARLIEST:%H:%M} to {LATEST:%H:%M}, inside the session")
    return at


def _read_every(raw: object) -> tuple[Unit, int]:
    match = _EVERY.fullmatch(raw.strip()) if isinstance(raw, str) else None
    count = int(match[1] or 1) if match else 0
    if match is None or count > COUNT_MAX or (count == 1) is bool(match[3]):
        raise ValueError(f"must be day, week, month, year, or 2 to {COUNT_MAX} of them: 2 weeks")
    return Unit(match[2]), count


def _read_weekdays(raw: object) -> tuple[int, ...]:
    if not isinstance(raw, list) or not raw or any(one not in WEEKDAYS for one in raw):
        raise ValueError(f"must list days of {', '.join(WEEKDAYS)}: no other day has a session")
    return tuple(n for n, name in enumerate(WEEKDAYS) if name in raw)


def _read_on(raw: object) -> Weekdays | NthWeekday | NthDay:
    if isinstance(raw, list):
        return Weekdays(_read_weekdays(raw))
    if isinstance(raw, int) and not isinstance(raw, bool):
        return _nth_day(raw, None)
    text = raw.strip() if isinstance(raw, str) else ""
    if text.isdecimal():
        return _nth_day(int(text[:4]), None)
    if match := _NTH_WEEKDAY.fullmatch(text):
        return _nth_weekday(*match.groups())
    if match := _NTH_DAY.fullmatch(text):
        nth = int(match[1]) if match[1] else -1
        return _nth_day(nth, _month(match[2] or match[4]))
    raise ValueError(
        "must list weekdays, or be one of the month: third friday, 15, last day; "
        "of the year: third friday of march, 15 march, last day of march"
    )


def _nth_weekday(nth: str, weekday: str, month: str | None) -> NthWeekday:
    if weekday not in WEEKDAYS:
        raise ValueError(f"must name a day of {', '.join(WEEKDAYS)}: no other day has a session")
    if nth not in NTH:
        raise ValueError(f"must count {', '.join(NTH)}: no month always has a fifth")
    return NthWeekday(NTH[nth], WEEKDAYS.index(weekday), _month(month))


def _nth_day(nth: int, month: int | None) -> NthDay:
    on = NthDay(nth, month)
    if month is None:
        if nth != -1 and not 1 <= nth <= _MONTH_DAYS_MIN:
            raise ValueError(f"must be 1 to {_MONTH_DAYS_MIN}, or last day: not all months go on")
    elif nth_of_month(on, _LEAP_YEAR, month) is None or nth == 0:
        raise ValueError(f"{MONTHS[month - 1]} has no {nth}")
    elif nth_of_month(on, _COMMON_YEAR, month) is None:
        raise ValueError(f"not every year has a {nth} {MONTHS[month - 1]}; say last day of it")
    return on


def _month(name: str | None) -> int | None:
    if name is not None and name not in MONTHS:
        raise ValueError(f"must name a month: {', '.join(MONTHS)}")
    return None if name is None else MONTHS.index(name) + 1


def _read_structures(raw: object) -> tuple[Structure, ...]:
    if raw == "any":
        return ()
    names = raw if isinstance(raw, list) else [raw]
    known = {one.value for one in Structure}
    if not names or not all(isinstance(one, str) and one in known for one in names):
        raise ValueError(f"must be any, or of {', '.join(sorted(known))}")
    if len(set(names)) != len(names):
        raise ValueError("names a structure twice")
    return tuple(one for one in Structure if one.value in names)


def _read_hook(raw: object) -> str:
    if not isinstance(raw, str) or not _HOOK.fullmatch(raw):
        raise ValueError("must be 1 to 40 small letters, digits and inner dashes")
    return raw


def _texts(names: Sequence[str]) -> dict[str, Any]:
    return {"enum": list(names)}


_WEEKDAYS_SHAPE: dict[str, Any] = {"type": "array", "items": _texts(WEEKDAYS), "minItems": 1}
_ON_SHAPE = {
    "anyOf": [
        _WEEKDAYS_SHAPE,
        {"type": "integer", "minimum": 1, "maximum": _MONTH_DAYS_MIN},
        {"type": "string", "pattern": rf"^(({_NTH}) ({'|'.join(WEEKDAYS)})|last day)( of \w+)?$"},
        {"type": "string", "pattern": r"^[0-9]{1,2} \w+$"},
    ]
}
_STRUCTURES_SHAPE = {
    "anyOf": [
        _texts(("any", *(one.value for one in Structure))),
        {"type": "array", "items": _texts([one.value for one in Structure]), "minItems": 1},
    ]
}
Days = Annotated[tuple[int, ...], Plain(_read_weekdays, _WEEKDAYS_SHAPE)]
At = Annotated[
    time,
    Plain(_read_time, {"type": "string", "description": "Eastern, from 09:31 to 15:55: 10:30"}),
]
Every = Annotated[
    tuple[Unit, int], Plain(_read_every, {"type": "string", "pattern": f"^{_EVERY.pattern}$"})
]
On = Annotated[Weekdays | NthWeekday | NthDay, Plain(_read_on, _ON_SHAPE)]
Structures = Annotated[tuple[Structure, ...], Plain(_read_structures, _STRUCTURES_SHAPE)]
HookName = Annotated[str, Plain(_read_hook, {"type": "string", "pattern": f"^{_HOOK.pattern}$"})]
