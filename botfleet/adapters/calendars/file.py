"""A calendar file: earnings, ex-dividend days and economic events, written by an operator (R6).

    covers: {from: 2026-01-01, to: 2026-12-31}
    economic: [{event: FOMC Meeting, day: 2026-01-28}]
    symbols:
      AAPL: {earnings: [{day: 2026-01-29, when: after_close}], ex_dividends: [2026-02-09]}
      SPY: {}

YAML or JSON, read once. A symbol named without events is known to have none; one not named is not
known. What follows from the exchange calendar (expirations, ends of months and quarters) is added.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from botfleet.domain.market.events import (
    Earnings,
    EconomicEvent,
    EventCalendar,
    Timing,
    regular_events,
)
from botfleet.errors import BadInput

#: Every value but a first one follows a comma or begins a line; two thousand symbols' reports and
#: dividends of a year take about fourteen thousand.
_BYTES_MAX, VALUES_MAX, _DEPTH_MAX = 1 << 20, 20_000, 20
#: Every scalar as text: pydantic reads the dates.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Covers(_Strict):
    since: date = Field(alias="from")
    until: date = Field(alias="to")


class _Economic(_Strict):
    event: str = Field(min_length=1, max_length=60)
    day: date


class _Report(_Strict):
    day: date
    when: Timing = Timing.UNKNOWN


class _Symbol(_Strict):
    earnings: list[_Report] = Field(default_factory=list)
    ex_dividends: list[date] = Field(default_factory=list)


class _File(_Strict):
    covers: _Covers
    economic: list[_Economic] = Field(default_factory=list)
    symbols: dict[str, _Symbol] = Field(default_factory=dict)


class CalendarFile:
    """Keeps `Calendars` over one file.

    Raises:
        BadInput: it cannot be read, or is not a calendar; every fault is named.
    """

    def __init__(self, path: Path) -> None:
        self._file = _read(path)
        covers = self._file.covers
        own = [EconomicEvent(one.event, one.day) for one in self._file.economic]
        regular = regular_events(covers.since, covers.until)
        self._economic = tuple(sorted((*own, *regular), key=lambda one: (one.day, one.name)))

    def events(self, symbols: Collection[str | None]) -> Mapping[str | None, EventCalendar]:
        """See the port."""
        return {
            symbol: self._of(symbol)
            for symbol in symbols
            if symbol is None or symbol in self._file.symbols
        }

    def _of(self, symbol: str | None) -> EventCalendar:
        known = self._file.symbols[symbol] if symbol else _Symbol()
        reports = sorted(known.earnings, key=lambda report: report.day)
        return EventCalendar(
            symbol,
            self._file.covers.since,
            self._file.covers.until,
            tuple(Earnings(report.day, report.when) for report in reports),
            tuple(sorted(known.ex_dividends)),
            self._economic,
        )


def _read(path: Path) -> _File:
    try:
        return _File.model_validate(_plain(path))
    except OSError as error:
        raise BadInput(f"The calendar {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        faults = "; ".join(_faults(error))
        raise BadInput(f"The calendar {path} is wrong: {faults}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInput(f"The calendar {path} is not YAML or JSON.") from error


def _plain(path: Path) -> object:
    """Read plain data without aliases or tags: nothing in a file may grow beyond its own size."""
    with path.open("rb") as file:
        given = file.read(_BYTES_MAX + 1)
    if len(given) > _BYTES_MAX:
        raise BadInput(f"The calendar {path} is larger than {_BYTES_MAX} bytes.")
    if given.count(b",") + given.count(b"\n") + given.count(b"\r") > VALUES_MAX:
        raise BadInput(f"The calendar {path} has more than {VALUES_MAX:,} lines and commas.")
    depth = 0
    for event in yaml.parse(given, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
            raise yaml.YAMLError("aliases and tags are not read")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH_MAX:
            raise yaml.YAMLError("it is nested too deeply")
    return yaml.load(given, Loader=_Loader)  # noqa: S506  text, lists and mappings only


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors()[:20]:
        yield f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
