"""Trading time is America/New_York; stored time is UTC. This is the only bridge between them.

Whatever is told outside is told on an Eastern clock with its offset, in one shape: `told`.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from botfleet.errors import BadInput

EASTERN = ZoneInfo("America/New_York")


def instant(day: date, clock: time) -> datetime:
    """Give the UTC instant of an Eastern wall time (the first, where autumn repeats it)."""
    return datetime.combine(day, clock, EASTERN).astimezone(UTC)


def wall(at: datetime) -> datetime:
    """Show a UTC instant on an Eastern wall clock."""
    return at.astimezone(EASTERN)


def day_of(at: datetime) -> date:
    """Give the Eastern calendar date of an instant."""
    return wall(at).date()


def stretch(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """Give the instants between which the Eastern days `first` to `last` lie, None for no bound.

    Raises:
        BadInput: they do not rise.
    """
    if first and last and last < first:
        raise BadInput(f"{last} lies before {first}.")
    after = last + timedelta(days=1) if last and last < date.max else None
    begins = instant(first, time()) if first else None
    return begins, instant(after, time()) if after else None


def told(value: Any) -> Any:
    """Give a value with every instant in it on an Eastern clock: `2026-03-10T09:45:00-04:00`.

    Looks into dataclasses, mappings, lists and tuples; what holds no instant is given as it is.
    """
    if isinstance(value, datetime):
        return wall(value) if value.tzinfo else value
    if is_dataclass(value) and not isinstance(value, type):
        was = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
        changed = {name: now for name, one in was.items() if (now := told(one)) is not one}
        return replace(value, **changed) if changed else value
    if isinstance(value, Mapping):
        now = {key: told(one) for key, one in value.items()}
        return now if any(now[key] is not one for key, one in value.items()) else value
    if type(value) in {list, tuple}:
        some = [told(one) for one in value]
        is_same = all(new is old for new, old in zip(some, value, strict=True))
        return value if is_same else type(value)(some)
    return value
