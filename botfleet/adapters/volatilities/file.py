"""A file of daily implied volatilities, for a feed that tells no past of its own.

    symbol,day,volatility
    SPY,2026-03-06,0.1873

CSV with these columns. A volatility is of 30 days at the money, a year, 0.25 for 25 %. Every fault
is named by its line, and a file with a fault is refused as a whole.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from botfleet.domain.market.calendar import session_on
from botfleet.domain.market.instruments import is_ticker
from botfleet.domain.market.statistics import DailyVolatility
from botfleet.errors import BadInput

#: A year of seven hundred symbols; longer pasts come in several files.
_BYTES_MAX, _FAULTS_MAX = 4 << 20, 20
#: A day's volatility is a number between nothing and this; 18.7 is meant to be 0.187.
_VALUE_MAX = 5.0
_COLUMNS = ["symbol", "day", "volatility"]
Value = tuple[str, DailyVolatility]


def read_volatilities(path: Path, *, today: date) -> tuple[Value, ...]:
    """Read a file of days before or on `today`.

    Raises:
        BadInput: it cannot be read, or holds faults; the first twenty are named.
    """
    rows = csv.reader(io.StringIO(_text(path)), strict=True)
    values: dict[tuple[str, date], Value] = {}
    faults: list[str] = []
    try:
        if next(rows, None) != _COLUMNS:
            raise BadInput(f"{path} does not begin with the line {','.join(_COLUMNS)}.")
        for row in rows:
            read = _value(row, today) if row else None
            if isinstance(read, str):
                faults.append(f"line {rows.line_num}: {read}")
            elif read is not None and values.setdefault((read[0], read[1].day), read) is not read:
                faults.append(f"line {rows.line_num}: {read[0]} on {read[1].day} twice")
            if len(faults) == _FAULTS_MAX:
                break
    except csv.Error as error:
        raise BadInput(f"{path} is no CSV, line {rows.line_num}: {error}.") from error
    if faults:
        raise BadInput(f"{path} is refused; {'; '.join(faults)}.")
    return tuple(values.values())


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            given = file.read(_BYTES_MAX + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    if len(given) > _BYTES_MAX:
        raise BadInput(f"{path} is larger than {_BYTES_MAX >> 20} MiB.")
    try:
        return given.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is no UTF-8 text.") from error


def _value(row: list[str], today: date) -> Value | str:
    """Read one line, or say what is wrong with it."""
    if len(row) != len(_COLUMNS):
        return f"has {len(row)} columns instead of {len(_COLUMNS)}"
    symbol, day, value = (cell.strip() for cell in row)
    return next(_faults(symbol, day, value, today), None) or (
        symbol,
        DailyVolatility(date.fromisoformat(day), float(value)),
    )


def _faults(symbol: str, day: str, value: str, today: date) -> Iterator[str]:
    if not is_ticker(symbol):
        yield f"{symbol[:20]!r} is no symbol"
    try:
        on = date.fromisoformat(day)
        is_session = on <= today and session_on(on) is not None
    except (ValueError, BadInput):
        is_session = False
    if not is_session:
        yield f"{day[:20]!r} is no past session, YYYY-MM-DD"
    try:
        is_volatility = 0 < float(value) <= _VALUE_MAX
    except ValueError:
        is_volatility = False
    if not is_volatility:
        yield f"{value[:20]!r} is no volatility above 0 and up to {_VALUE_MAX:g} (0.25 is 25 %)"
