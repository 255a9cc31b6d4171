"""Write botfleet/domain/market/closures.py from exchange_calendars' XNYS.

Run it from the root of the checkout when the exchange changes its calendar, then run the tests:
    python tests/domain/market/generate_closures.py
    ruff format botfleet/domain/market/closures.py
"""

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import exchange_calendars

TARGET = Path(__file__).parents[3] / "botfleet/domain/market/closures.py"
FIRST_DAY, HORIZON = date(1990, 1, 1), date(2040, 12, 31)

#: What exchange_calendars keeps as bare dates.
NAMES = {
    "1994-04-27": "Mourning of Richard Nixon",
    "2001-09-11": "September 11 attacks",
    "2001-09-12": "September 11 attacks",
    "2001-09-13": "September 11 attacks",
    "2001-09-14": "September 11 attacks",
    "2004-06-11": "Mourning of Ronald Reagan",
    "2007-01-02": "Mourning of Gerald Ford",
    "2012-10-29": "Hurricane Sandy",
    "2012-10-30": "Hurricane Sandy",
    "2018-12-05": "Mourning of George H. W. Bush",
    "2025-01-09": "Mourning of Jimmy Carter",
    "1997-12-26": "Day after Christmas",
    "1999-12-31": "Eve of the year 2000",
    "2003-12-26": "Day after Christmas",
}
PLAINER = {
    "President's Day": "Washington's Birthday",
    "July 4th": "Independence Day",
    "Mondays, Tuesdays, and Thursdays Before Independence Day": "Eve of Independence Day",
    "Wednesdays Before Independence Day including and after 2013": "Eve of Independence Day",
    "Fridays after Independence Day prior to 2013": "Day after Independence Day",
    "Black Friday": "Day after Thanksgiving",
}
HEAD = '''\
"""Every weekday the NYSE is closed and every early close, with its cause.

Written by tests/domain/market/generate_closures.py from {source};
do not edit. Beyond the years the exchange has announced the dates follow its standing rules. Each
entry holds its dates separated by blanks.
"""

from datetime import date

#: Changes with the source of the table.
TABLE_VERSION = "{version}"
FIRST_DAY = {first!r}
HORIZON = {last!r}
'''


def named(rules: Iterable[Any]) -> dict[date, str]:
    """Give date -> cause for the rules of a HolidayCalendar."""
    return {
        day.date(): PLAINER.get(rule.name, rule.name)
        for rule in rules
        for day in rule.dates(FIRST_DAY, HORIZON)
    }


def closures(calendar: Any) -> dict[date, tuple[str, ...]]:
    trades = {at.date() for at in calendar.sessions}
    days = (FIRST_DAY + timedelta(n) for n in range((HORIZON - FIRST_DAY).days + 1))
    causes = named(calendar.regular_holidays.rules)
    return {
        day: (causes.get(day) or NAMES[day.isoformat()],)
        for day in days
        if day.weekday() < 5 and day not in trades
    }


def early_closes(calendar: Any) -> dict[date, tuple[str, ...]]:
    causes: dict[date, str] = {}
    for _, holidays in calendar.special_closes:
        causes |= named(holidays.rules)
    return {
        (day := at.date()): (
            calendar.session_close(at).tz_convert("America/New_York").strftime("%H:%M"),
            causes.get(day) or NAMES[day.isoformat()],
        )
        for at in calendar.early_closes
    }


def entries(days: Mapping[date, tuple[str, ...]]) -> Iterator[str]:
    """Write one `(*key, "day day ...")` a key."""
    grouped = defaultdict(list)
    for day, key in sorted(days.items()):
        grouped[key].append(day.isoformat())
    for key, dates in grouped.items():
        quoted = textwrap.fill(" ".join(dates), 90)
        fields = "".join(f'\n        "{part}",' for part in key)
        yield f'    ({fields}\n        """\n{quoted}\n        """,\n    ),\n'


def main() -> None:
    calendar = exchange_calendars.get_calendar("XNYS", start=FIRST_DAY, end=HORIZON)
    version = exchange_calendars.__version__
    head = HEAD.format(
        source=f"exchange_calendars {version}, XNYS",
        version=f"XNYS-{version}",
        first=FIRST_DAY,
        last=HORIZON,
    ).replace("datetime.date", "date")
    closed = "\n#: (cause, dates) of weekdays without a session.\nCLOSURES = (\n"
    early = "\n#: (Eastern close, cause, dates) of shortened sessions.\nEARLY_CLOSES = (\n"
    closed += "".join(entries(closures(calendar))) + ")\n"
    early += "".join(entries(early_closes(calendar))) + ")\n"
    TARGET.write_text(head + closed + early)


if __name__ == "__main__":
    main()
