"""A file of past volatilities: read whole, or refused whole with every fault by its line."""

from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from string import ascii_uppercase

import pytest

from botfleet.adapters.volatilities.file import read_volatilities
from botfleet.domain.market.calendar import session_on
from botfleet.domain.market.statistics import DailyVolatility
from botfleet.errors import BadInput
from tests.adapters.botfile.test_bounds import is_refused_within

TODAY = date(2026, 3, 10)
HEAD = "symbol,day,volatility\n"


def read(path: Path, text: str | bytes) -> object:
    path = path / "past.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_volatilities(path, today=TODAY)


def test_a_file_gives_its_days(tmp_path: Path) -> None:
    """Blank lines, spaces, a byte order mark and line ends of any kind do not matter."""
    text = "\ufeff" + HEAD + "SPY,2026-03-09,0.18\r\n\n BRK.B , 2026-03-10 ,4.5\n"
    assert read(tmp_path, text) == (
        ("SPY", DailyVolatility(date(2026, 3, 9), 0.18)),
        ("BRK.B", DailyVolatility(date(2026, 3, 10), 4.5)),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not begin with the line symbol,day,volatility"),
        ("SPY,2026-03-09,0.18\n", "does not begin with"),
        (HEAD + "spy,2026-03-09,0.18\n", "line 2: 'spy' is no symbol"),
        (HEAD + "SPY,2026-03-08,0.18\n", "line 2: '2026-03-08' is no past session"),
        (HEAD + "SPY,2026-03-11,0.18\n", "'2026-03-11' is no past session"),
        (HEAD + "SPY,9.3.2026,0.18\n", "'9.3.2026' is no past session"),
        (HEAD + "SPY,0001-01-01,0.18\n", "'0001-01-01' is no past session"),
        (HEAD + "SPY,2026-03-09,18\n", "'18' is no volatility above 0 and up to 5"),
        (HEAD + "SPY,2026-03-09,nan\n", "'nan' is no volatility"),
        (HEAD + "SPY,2026-03-09,-inf\n", "'-inf' is no volatility"),
        (HEAD + "SPY,2026-03-09,0\n", "'0' is no volatility"),
        (HEAD + "SPY,2026-03-09\n", "line 2: has 2 columns instead of 3"),
        (HEAD + "SPY,2026-03-09,0.1\nSPY,2026-03-09,0.2\n", "line 3: SPY on 2026-03-09 twice"),
        (HEAD + 'SPY,"2026-03-09,0.18\n', "is no CSV, line"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
        (HEAD + "SPY,2026-03-09,0.18\x00\n", "no volatility"),
        (HEAD + "x\n" * 100, "line 21: has 1 columns"),
        (HEAD + "S" * (5 << 20), "is larger than 4 MiB"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(BadInput) as told:
        read(tmp_path, text)
    assert said in str(told.value)
    assert len(str(told.value)) < 3_000


def test_the_largest_file_takes_less_than_a_second_to_refuse(tmp_path: Path) -> None:
    """Four mebibytes of good lines, and a bad one at the end."""
    days = [day for n in range(400) if session_on(day := date(2025, 2, 3) + timedelta(days=n))]
    names = (f"S{a}{b}" for a in ascii_uppercase for b in ascii_uppercase)
    lines = (f"{name},{day},0.2000\n" for name in names for day in days)
    text = HEAD + "".join(islice(lines, 190_000)) + "bad\n"
    assert 0.9 < len(text) / (4 << 20) <= 1

    def refuse() -> None:
        with pytest.raises(BadInput, match="has 1 columns"):
            read(tmp_path, text)

    assert is_refused_within(refuse, cpu_s=5)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_volatilities(tmp_path / "nowhere.csv", today=TODAY)
