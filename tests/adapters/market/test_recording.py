from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest

from botfleet.adapters.market.recording import RecordingMarket
from botfleet.domain.eastern import instant
from botfleet.domain.market.instruments import Option, Right
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.errors import BadInput, MarketUnavailable

DAY = date(2026, 7, 2)
OPEN_MS, MINUTE_MS = 34_200_000, 60_000
CALL = Option("XYZ", DAY, Right.CALL, Decimal(100))
PUT = Option("XYZ", DAY, Right.PUT, Decimal(100))


@dataclass
class FixedClock:
    at: datetime

    def now(self) -> datetime:
        return self.at


def pack(archive: Path, member: str, rows: list[str]) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(archive, "a") as opened:
        opened.writestr(member, "\n".join(rows))


def row(minute: int, fields: str) -> str:
    return f"{OPEN_MS + minute * MINUTE_MS},{fields}"


def record(root: Path, minutes: int = 390) -> Path:
    """Write one day of XYZ as the recorder would have by the end of that many minutes."""
    trades = [
        row(-5, "900000,900000,900000,900000,7"),
        row(0, "1000000,1010000,995000,1005000,300"),
        row(2, "1005000,1030000,1004000,1020000,200"),
        row(389, "1020000,1021000,1018000,1019900,50"),
        row(390, "2000000,2000000,2000000,2000000,9"),
    ]
    quotes = [
        row(0, "1,1,1,1004900,4,1,1,1,1005100,5"),
        row(2, "1,1,1,1019900,6,1,1,1,1020100,7"),
    ]
    call = [row(0, "1,1,1,30000,10,1,1,1,32000,11"), row(2, ",,,,0,1,1,1,41000,12")]
    put = [row(1, ",,,,0,1,1,1,5000,9")]
    until = OPEN_MS + minutes * MINUTE_MS
    minute, day = root / "equity/usa/minute/xyz", "20260702"
    option = root / f"option/usa/minute/xyz/{day}_"
    name = f"{day}_xyz_minute_%s_american_%s_1000000_{day}.csv"

    def known(rows: list[str]) -> list[str]:
        return [text for text in rows if int(text.split(",")[0]) < until]

    pack(minute / f"{day}_trade.zip", f"{day}_xyz_minute_trade.csv", known(trades))
    pack(minute / f"{day}_quote.zip", f"{day}_xyz_minute_quote.csv", known(quotes))
    for right, rows in (("call", call), ("put", put)):
        pack(Path(f"{option}quote_american.zip"), name % ("quote", right), known(rows))
    traded = [row(1, "31000,31000,31000,31000,3")]
    pack(Path(f"{option}trade_american.zip"), name % ("trade", "call"), known(traded))
    interest = Path(f"{option}openinterest_american.zip")
    pack(interest, name % ("openinterest", "call"), ["23460000,77"])
    daily = [f"{d} 00:00,990000,1000000,980000,{c},1000" for d, c in ((20260630, 1), (20260701, 2))]
    pack(root / "equity/usa/daily/xyz.zip", "xyz.csv", daily)
    return root


def shown(root: Path, clock: time, day: date = DAY) -> tuple[Quote, dict[Option, OptionQuote]]:
    market = RecordingMarket(root, FixedClock(instant(day, clock)))
    return market.quotes(["XYZ"])["XYZ"], market.option_quotes([CALL, PUT])


def test_a_minute_is_known_when_it_has_ended(tmp_path: Path) -> None:
    """At 09:30:59 nothing of 09:30 is known but yesterday's close; at 09:31 its whole row is."""
    root = record(tmp_path)
    early, _ = shown(root, time(9, 30, 59))
    assert (early.bid, early.ask, early.last, early.volume) == (None, None, Decimal("0.0002"), 0)
    first, _ = shown(root, time(9, 31))
    assert (first.bid, first.ask) == (Decimal("100.49"), Decimal("100.51"))
    assert (first.last, first.open, first.volume) == (Decimal("100.5"), Decimal(100), 300)
    assert (first.high, first.low) == (Decimal(101), Decimal("99.5"))


def test_a_quiet_minute_carries_the_last_one_forward(tmp_path: Path) -> None:
    """Nothing happened from 09:31 to 09:32; 09:32's row shows from 09:33."""
    root = record(tmp_path)
    assert shown(root, time(9, 32, 59))[0].last == Decimal("100.5")
    later, _ = shown(root, time(9, 33))
    assert (later.last, later.high, later.low) == (Decimal(102), Decimal(103), Decimal("99.5"))
    assert later.volume == 500
    assert shown(root, time(14))[0].bid == later.bid


def test_each_side_of_an_option_is_carried_on_its_own(tmp_path: Path) -> None:
    """The call's bid of 09:30 stands while its ask moves; the put has never had a bid."""
    _, options = shown(record(tmp_path), time(9, 33))
    call, put = options[CALL], options[PUT]
    assert (call.bid, call.ask, call.last) == (Decimal(3), Decimal("4.1"), Decimal("3.1"))
    assert (call.bid_size, call.ask_size, call.open_interest, call.volume) == (10, 12, 77, 3)
    assert (put.bid, put.ask, put.bid_size, put.open_interest) == (None, Decimal("0.5"), 0, 0)
    assert put.delta is None
    assert call.delta is not None


def test_the_official_close_is_the_last_trade_of_the_session(tmp_path: Path) -> None:
    """The trade at 200 in the row of 16:00 is after hours; so is the one at 90 before the open."""
    quote, _ = shown(record(tmp_path), time(18))
    assert (quote.last, quote.high, quote.volume) == (Decimal("101.99"), Decimal(103), 550)
    assert quote.at == instant(DAY, time(16))


@pytest.mark.parametrize("minutes", [1, 2, 3, 100])
def test_what_is_recorded_later_changes_nothing_before(tmp_path: Path, minutes: int) -> None:
    """No look-ahead: the whole recording, and one cut off at the instant, show the same."""
    clock = time(9 + (30 + minutes) // 60, (30 + minutes) % 60)
    whole, cut = record(tmp_path / "whole"), record(tmp_path / "cut", minutes)
    assert shown(whole, clock) == shown(cut, clock)


def test_a_date_without_data_knows_bars_only(tmp_path: Path) -> None:
    market = RecordingMarket(record(tmp_path), FixedClock(instant(date(2026, 7, 1), time(11))))
    assert not market.quotes(["XYZ"])
    assert not market.expirations(["XYZ"])
    assert not market.chains([("XYZ", DAY)])
    assert [bar.day for bar in market.bars(["XYZ"], 5)["XYZ"]] == [date(2026, 6, 30)]


def test_a_day_not_recorded_is_refused_naming_those_that_are(tmp_path: Path) -> None:
    market = RecordingMarket(record(tmp_path), FixedClock(instant(DAY, time(11))))
    market.check(DAY)
    assert market.symbols() == {"XYZ"}
    assert market.days() == (DAY,)
    with pytest.raises(BadInput, match="on 2026-07-03; recorded days: 2026-07-02"):
        market.check(date(2026, 7, 3))


def test_a_directory_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no recorded market data"):
        RecordingMarket(tmp_path / "nowhere", FixedClock(instant(DAY, time(11))))


def test_a_symbol_without_recorded_options_lists_none(tmp_path: Path) -> None:
    root = record(tmp_path)
    (root / "option/usa/minute/xyz/20260702_quote_american.zip").unlink()
    quote, options = shown(root, time(11))
    assert quote.last == Decimal(102)
    assert not options


def test_a_broken_file_is_a_feed_that_does_not_answer(tmp_path: Path) -> None:
    root = record(tmp_path)
    (root / "equity/usa/minute/xyz/20260702_quote.zip").write_bytes(b"half a file")
    with pytest.raises(MarketUnavailable, match=r"20260702_quote\.zip cannot be read"):
        shown(root, time(11))
