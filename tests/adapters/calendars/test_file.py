"""A calendar file is read whole or refused with every fault; what follows from dates is added."""

from datetime import date
from pathlib import Path

import pytest

from botfleet.adapters.calendars.file import VALUES_MAX, CalendarFile
from botfleet.domain.market.events import Earnings, Timing
from botfleet.errors import BadInput
from tests.adapters.botfile.test_bounds import is_refused_within

GOOD = """
covers: {from: 2026-01-01, to: 2026-12-31}
economic: [{event: FOMC Meeting, day: 2026-03-18}]
symbols:
  AAPL:
    earnings: [{day: 2026-04-30, when: after_close}, {day: 2026-01-29}]
    ex_dividends: [2026-02-09]
  SPY: {}
"""


def written(path: Path, text: str) -> CalendarFile:
    file = path / "calendar.yaml"
    file.write_text(text)
    return CalendarFile(file)


def test_events_are_kept_by_day(tmp_path: Path) -> None:
    known = written(tmp_path, GOOD).events(["AAPL", "SPY", "MSFT", None])
    assert set(known) == {"AAPL", "SPY", None}
    first = known["AAPL"]
    assert first.next_earnings(date(2026, 1, 1)) == Earnings(date(2026, 1, 29))
    assert first.next_earnings(date(2026, 2, 1)) == Earnings(date(2026, 4, 30), Timing.AFTER_CLOSE)
    assert first.next_ex_dividend(date(2026, 2, 9)) == date(2026, 2, 9)
    assert not known["SPY"].earnings
    assert known[None].next_economic("fomc meeting", date(2026, 1, 1)) == date(2026, 3, 18)


@pytest.mark.parametrize(
    ("event", "since", "on"),
    [
        ("Monthly Expiration", date(2026, 3, 1), date(2026, 3, 20)),
        ("Triple Witching", date(2026, 4, 1), date(2026, 6, 18)),  # Juneteenth is the Friday
        ("End of Month", date(2026, 5, 1), date(2026, 5, 29)),
        ("End of Quarter", date(2026, 5, 1), date(2026, 6, 30)),
    ],
)
def test_what_follows_from_the_exchange_calendar_is_known(
    tmp_path: Path, event: str, since: date, on: date
) -> None:
    economy = written(tmp_path, GOOD).events([None])[None]
    assert economy.next_economic(event, since) == on


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "covers: {from: x, to: 2026-01-01}",
        "covers: &a {from: 2026-01-01, to: 2026-01-02}\nsymbols: {A: *a}",
        "{",
        "covers: !!python/object/apply:os.system [id]",
        GOOD + "more: 1",
    ],
)
def test_what_is_no_calendar_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match="calendar"):
        written(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        CalendarFile(tmp_path / "none.yaml")


HEAD = "covers: {from: 2026-01-01, to: 2026-12-31}\n"
_REPORTS = "{earnings: [{day: 2026-01-29, when: after_close}], ex_dividends: [2026-02-09]}"
LARGE = {
    "symbols": HEAD
    + "symbols:\n"
    + "".join(f"  S{n}: {_REPORTS}\n" for n in range(VALUES_MAX // 3 - 9)),
    "days": f"{HEAD}symbols: {{A: {{ex_dividends: [{'2026-02-09,' * (VALUES_MAX - 9)} x]}}}}",
    "nothings": f"{HEAD}economic: [{'{},' * (VALUES_MAX - 9)}]",
    "keys": "".join(f"k{n}: 1\n" for n in range(VALUES_MAX)),
    "nested": "a: " + "[" * 900_000,
    "too many": HEAD + "economic: [" + "{}," * 300_000 + "]",
    "too large": "x" * (32 << 20),
}


@pytest.mark.parametrize("name", LARGE)
def test_no_calendar_takes_a_second_to_refuse(tmp_path: Path, name: str) -> None:
    path = tmp_path / "calendar.yaml"
    path.write_text(LARGE[name] + ("\nbad: 1\n" if name == "symbols" else ""))

    def refuse() -> None:
        with pytest.raises(BadInput):
            CalendarFile(path)

    assert is_refused_within(refuse, cpu_s=5)
