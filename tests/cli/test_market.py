"""Past volatilities brought by an operator: all of a file or nothing, and bots see the rank."""

from datetime import timedelta
from pathlib import Path

from botfleet.domain.market.calendar import previous_session
from tests.application.market import DAY
from tests.cli.shell import Shell


def past(path: Path, *values: float, symbol: str = "GOOG") -> str:
    """Write a file of the sessions before the day, the newest value last."""
    day, lines = DAY, []
    for value in reversed(values):
        day = previous_session(day).day
        lines.append(f"{symbol},{day},{value}\n")
    path = path / "past.csv"
    path.write_text("symbol,day,volatility\n" + "".join(lines))
    return str(path)


def test_a_file_taken_in_gives_the_rank(shell: Shell, tmp_path: Path) -> None:
    """Low 0.10, high 0.50, newest 0.20: a rank of 25. Taken in again, it is the same."""
    file = past(tmp_path, *[0.10] * 24, 0.50, 0.20)
    for _ in range(2):
        said = shell("market", "volatility", "import", file)
        assert said == "26 days of 1 symbols are known now.\n"
    goog, spy = shell.json("market", "volatility", "show", "GOOG", "SPY")
    assert goog["iv_rank"] == 25
    assert goog["days"] == 26
    assert goog["newest"] == str(previous_session(DAY).day)
    assert (spy["days"], spy["iv_rank"]) == (0, None)
    assert "25.0" in shell("market", "volatility", "show", "GOOG")
    assert "not known" in shell("market", "volatility", "show", "SPY")


def test_a_fault_anywhere_leaves_everything_as_it_was(shell: Shell, tmp_path: Path) -> None:
    file = Path(past(tmp_path, *[0.2] * 25))
    file.write_text(file.read_text() + f"GOOG,{DAY + timedelta(days=1)},0.3\n")
    assert "is no past session" in shell.refused("market", "volatility", "import", str(file))
    assert shell.house.all("SELECT * FROM volatilities") == []
    assert "cannot be read" in shell.refused("market", "volatility", "import", "/nowhere.csv")
