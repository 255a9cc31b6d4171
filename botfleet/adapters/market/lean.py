"""Files in the layout of QuantConnect Lean's minute data, read into arrays.

Rows are CSV in zips, prices US dollars x 10,000, the first column milliseconds since midnight
Eastern. A row stands for the minute that begins there and is known when that minute ends; minutes
without a change are absent. So every table here is dense: column m of a session's table is what is
known once m + 1 of its minutes have ended, the last row so far carried forward.

Trades: ms, open, high, low, close, volume. Quotes: ms, bid open, high, low, close, bid size, ask
open, high, low, close, ask size; an empty side did not change in that minute (three in four times
the side stands at the same price before and after), so each side is carried on its own; a side
that has not been stated since the open is not quoted. Open interest: ms, contracts. Daily
bars: yyyymmdd hh:mm, open, high, low, close, volume.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from botfleet.adapters.market.columns import from_ten_thousandths
from botfleet.domain.eastern import wall
from botfleet.domain.market.calendar import Session
from botfleet.domain.market.instruments import Option, Right
from botfleet.domain.market.quotes import Bar, MinuteBar
from botfleet.errors import MarketUnavailable

Ints = NDArray[np.int64]

MINUTE_MS = 60_000
_MINUTE = timedelta(milliseconds=MINUTE_MS)
#: Stands for a price that is not quoted or not yet known.
ABSENT = 0
_QUOTE_FIELDS, _TRADE_FIELDS = 11, 6
_MEMBER = re.compile(r"\d{8}_[a-z.]+_minute_\w+_american_(call|put)_(\d+)_(\d{8})\.csv")


@dataclass(frozen=True, slots=True)
class Grid:
    """The minutes of a session, as rows of the files count them."""

    first_ms: int
    count: int

    def places(self, ms: Ints) -> tuple[NDArray[np.bool_], Ints]:
        """Say which rows lie in the session, and in which column each begins."""
        minute = (ms - self.first_ms) // MINUTE_MS
        return (minute >= 0) & (minute < self.count), minute


@dataclass(frozen=True, slots=True)
class Quotes:
    """Closing quotes, shape (instruments, minutes); `ABSENT` where a side is not quoted."""

    bids: Ints
    asks: Ints
    bid_sizes: Ints
    ask_sizes: Ints


@dataclass(frozen=True, slots=True)
class Trades:
    """The session so far, shape (instruments, minutes); `ABSENT` before the first trade."""

    opens: Ints
    highs: Ints
    lows: Ints
    lasts: Ints
    volumes: Ints


def grid_of(session: Session) -> Grid:
    """Lay the minutes of a session out."""
    opens = wall(session.opens_at)
    length_s = (session.closes_at - session.opens_at).total_seconds()
    return Grid((opens.hour * 60 + opens.minute) * MINUTE_MS, int(length_s) // 60)


def read_quotes(texts: Sequence[bytes], grid: Grid) -> Quotes:
    """Lay out quote files, one instrument each."""
    owner, rows = _rows(texts, _QUOTE_FIELDS)
    is_inside, minute = grid.places(rows[:, 0])
    side = _side(owner[is_inside], minute[is_inside], (len(texts), grid.count))
    bids, bid_sizes = side(rows[is_inside][:, (4, 5)])
    asks, ask_sizes = side(rows[is_inside][:, (9, 10)])
    return Quotes(bids, asks, bid_sizes, ask_sizes)


def read_trades(texts: Sequence[bytes], grid: Grid) -> Trades:
    """Lay out trade files, one instrument each."""
    owner, rows = _rows(texts, _TRADE_FIELDS)
    is_inside, minute = grid.places(rows[:, 0])
    owner, minute, rows = owner[is_inside], minute[is_inside], rows[is_inside]
    shape = len(texts), grid.count
    newest = _newest(owner, minute, shape)
    _, opened, high, low, last, volume = np.vstack([np.zeros((1, _TRADE_FIELDS), int), rows]).T
    first = newest[np.arange(shape[0]), (newest > 0).argmax(axis=1)]
    highs, lows = np.zeros(shape, np.int64), np.full(shape, np.iinfo(np.int64).max)
    highs[owner, minute], lows[owner, minute] = high[1:], low[1:]
    volumes = np.zeros(shape, np.int64)
    volumes[owner, minute] = volume[1:]
    return Trades(
        np.where(newest > 0, opened[first][:, None], ABSENT),
        np.maximum.accumulate(highs, axis=1),
        np.where(newest > 0, np.minimum.accumulate(lows, axis=1), ABSENT),
        last[newest],
        volumes.cumsum(axis=1),
    )


def read_minutes(text: bytes, session: Session) -> tuple[MinuteBar, ...]:
    """Read a trade file's minutes inside the session, oldest first."""
    grid = grid_of(session)
    _, rows = _rows([text], _TRADE_FIELDS)
    is_inside, minute = grid.places(rows[:, 0])
    inside = zip(minute[is_inside].tolist(), rows[is_inside].tolist(), strict=True)
    return tuple(_minute(session, at, row) for at, row in inside)


def read_members(archive: Path, names: Iterable[str]) -> list[bytes]:
    """Read files out of a zip; one that is not there is empty, and so is a zip that is not."""
    if not archive.is_file():
        return [b"" for _ in names]
    with _opened(archive) as opened:
        present = set(opened.namelist())
        return [opened.read(name) if name in present else b"" for name in names]


def read_daily(archive: Path, member: str) -> tuple[Bar, ...]:
    """Read every daily bar, oldest first, prices as they were traded."""
    return tuple(_bar(line) for line in read_members(archive, [member])[0].decode().splitlines())


def list_options(archive: Path, root: str) -> dict[date, list[Option]]:
    """List what an option zip holds, by expiration: calls by rising strike, then puts."""
    if not archive.is_file():
        return {}
    with _opened(archive) as opened:
        found = [
            _option(match, root) for match in map(_MEMBER.fullmatch, opened.namelist()) if match
        ]
    listed: dict[date, list[Option]] = {}
    for option in sorted(
        found, key=lambda option: (option.expires_on, option.right, option.strike)
    ):
        listed.setdefault(option.expires_on, []).append(option)
    return listed


def member(day: date, kind: str, option: Option) -> str:
    """Name an option's file inside the zip of a day."""
    strike = int(option.strike * 10_000)
    return (
        f"{day:%Y%m%d}_{option.root.lower()}_minute_{kind}_american_"
        f"{option.right.value}_{strike}_{option.expires_on:%Y%m%d}.csv"
    )


def bars_before(bars: Sequence[Bar], day: date, count: int) -> tuple[Bar, ...]:
    """Take the last `count` bars of days before `day`."""
    end = bisect_right(bars, day, key=lambda bar: bar.day)
    end -= end > 0 and bars[end - 1].day == day
    return tuple(bars[max(end - count, 0) : end])


def parse_day(text: str) -> date:
    """Read yyyymmdd."""
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()


def _rows(texts: Sequence[bytes], field_count: int) -> tuple[Ints, Ints]:
    """Parse many CSV files at once; also give the number of the file each row is from."""
    lengths = [text.count(b"\n") + (text[-1:] not in {b"", b"\n"}) for text in texts]
    joined = b"\n".join(text.strip() for text in texts if text).replace(b"\r", b"")
    filled = joined.replace(b"\n", b",").replace(b",,", b",0,").replace(b",,", b",0,")
    numbers = np.fromstring(filled.decode(), dtype=np.int64, sep=",") if filled else np.array([])
    rows = numbers.astype(np.int64).reshape(-1, field_count)
    return np.repeat(np.arange(len(texts)), lengths), rows


def _side(owner: Ints, minute: Ints, shape: tuple[int, int]) -> Callable[[Ints], Iterator[Ints]]:
    """Carry one side of a quote forward over the rows that leave it empty."""

    def carried(columns: Ints) -> Iterator[Ints]:
        is_stated = columns[:, 0] > 0
        newest = _newest(owner[is_stated], minute[is_stated], shape)
        return (np.append(0, column[is_stated])[newest] for column in columns.T)

    return carried


def _newest(owner: Ints, minute: Ints, shape: tuple[int, int]) -> Ints:
    """Give for each cell 1 + the number of the last row so far; 0 before the first."""
    newest = np.zeros(shape, np.int64)
    newest[owner, minute] = np.arange(1, len(owner) + 1)
    carried: Ints = np.maximum.accumulate(newest, axis=1)
    return carried


def _option(match: re.Match[str], root: str) -> Option:
    right, strike, expires = match.groups()
    price = from_ten_thousandths(int(strike)) or Decimal(0)
    return Option(root, parse_day(expires), Right(right), price)


def _minute(session: Session, at: int, row: list[int]) -> MinuteBar:
    _, opened, high, low, close, volume = row
    prices = (_priced(opened), _priced(high), _priced(low), _priced(close))
    return MinuteBar(session.opens_at + at * _MINUTE, *prices, volume)


def _priced(price: int) -> Decimal:
    return from_ten_thousandths(price) or Decimal(0)


@contextmanager
def _opened(archive: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(archive) as opened:
            yield opened
    except (BadZipFile, OSError) as broken:
        raise MarketUnavailable(f"{archive} cannot be read: {broken}.") from broken


def _bar(line: str) -> Bar:
    stamp, *prices, volume = line.split(",")
    opened, high, low, close = (_priced(int(price)) for price in prices)
    return Bar(parse_day(stamp[:8]), opened, high, low, close, int(volume))
