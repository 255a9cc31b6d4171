"""Automations tried at the door: every number with its age, what would be done, nothing kept."""

import json
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from botfleet.cli.main import main
from botfleet.domain.market.calendar import session_on
from tests.cli.test_main import botfleet

EXAMPLES = Path(__file__).parents[2] / "examples"
CONDOR = str(EXAMPLES / "zero_day_condor.yaml")
RECORDING = Path(__file__).parents[3] / "shared/market"
AT = ("--simulated", "--date", "2026-03-10", "--at", "11:00")


def test_a_try_tells_the_way_the_numbers_and_the_order_that_would_be(home: Path) -> None:
    done = botfleet("automation", "test", CONDOR, *AT, home=home)
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "“Sell the day's condor”, 2026-03-10 11:00:00 ET, on the simulated market 0",
        "Market has been open for at least 30 minutes: 90",
        "Would open",
        "credit for 5 s, then",
        "at worst =",
        "of $5,000.00 free",
        "Nothing was sent, nothing is kept.",
    ):
        assert words in done.stdout
    assert not list(home.iterdir())


def test_a_program_gets_all_of_it_and_the_same_every_time(home: Path) -> None:
    """The same seed, day and time: the same numbers, and deciding again comes to the same."""
    words = ("automation", "test", CONDOR, *AT, "--seed", "7", "--json")
    once, twice = (botfleet(*words, home=home).stdout for _ in range(2))
    assert once == twice
    scanner, monitor = json.loads(once)
    assert scanner["outcome"] == "opening"
    assert scanner["is_same"] is monitor["is_same"] is True
    (opened,) = scanner["opens"]
    assert opened["held_cents"] == opened["units"] * opened["worst_case_cents"]
    assert opened["held_cents"] <= scanner["free_cents"] == 500_000
    assert {number["at"][:16] for number in scanner["numbers"]} == {"2026-03-10T11:00"}
    assert monitor["outcome"] == "nothing"


def test_the_help_says_when_it_is_tried_if_nothing_is_said(home: Path) -> None:
    said = botfleet("automation", "test", "--help", home=home).stdout
    assert "10:00" in said
    assert "1900" not in said


def test_one_automation_can_be_chosen(home: Path) -> None:
    done = botfleet(
        *("automation", "test", CONDOR, *AT, "--automation", "Flat before the close"), home=home
    )
    assert "Flat before the close" in done.stdout
    assert "Sell the day's condor" not in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--simulated"], "Give the session's --date."),
        (["--simulated", "--date", "2026-03-14"], "The market is closed on 2026-03-14"),
        ([*AT[:3], "--at", "08:00"], "--at must lie between"),
        ([*AT, "--automation", "Nope"], "There is no automation Nope"),
        ([*AT, "--recording", "."], "Give --recording or --simulated, not both."),
        (["--recording", "."], "holds no recorded market data"),
        ([*AT, "--input", "width=5"], "The bot has no input width; it has none."),
        ([*AT, "--input", "width"], "--input takes name=value, not width."),
        ([], "No fleet is running"),
    ],
    ids=[
        *("no date", "a Saturday", "too early", "no such automation", "both", "empty"),
        *("no such input", "no value", "no fleet"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_one_sentence(
    home: Path,
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BOTFLEET_HOME", str(home))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.chdir(home)
    with pytest.raises(SystemExit) as ended:
        main(["automation", "test", CONDOR, *words])
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (1, "", 1)
    assert said in err


RANKED = """
botfleet: 1
name: Ranked
limits: {allocation: 5000, daily_positions: 1, open_positions: 1}
automations:
  - name: Look
    lane: scanner
    tree:
      if: {recipe: stock_property, symbol: SYMBOL, property: iv_rank, relation: above, value: 1}
      yes: {notify: dear}
      no: {notify: cheap}
"""


def test_a_simulated_day_knows_iv_ranks(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "ranked.yaml"
    file.write_text(RANKED.replace("SYMBOL", "SPY"))
    (one,) = json.loads(botfleet("automation", "test", str(file), *AT, "--json", home=home).stdout)
    assert one["outcome"] == "notified"
    assert "iv rank" in json.dumps(one["numbers"])


@pytest.mark.skipif(not RECORDING.exists(), reason="the recorded day is not beside the project")
def test_a_recorded_day_has_no_past_until_a_file_gives_it(home: Path, tmp_path: Path) -> None:
    """Low 0.10, high 0.50, newest 0.20 the session before: rank 25, above 1."""
    file, past = tmp_path / "ranked.yaml", tmp_path / "past.csv"
    file.write_text(RANKED.replace("SYMBOL", "GOOG"))
    words = ("automation", "test", str(file), "--recording", str(RECORDING), "--json")
    (without,) = json.loads(botfleet(*words, "--date", "2015-12-24", home=home).stdout)
    assert without["outcome"] == "no_data"
    assert "needs implied volatilities of 20 sessions" in json.dumps(without["ends"])
    days = [date(2015, 11, 2) + timedelta(days=n) for n in range(52)]
    sessions = [day for day in days if session_on(day)]
    values = [0.1] * (len(sessions) - 2) + [0.5, 0.2]
    lines = (f"GOOG,{day},{value}\n" for day, value in zip(sessions, values, strict=True))
    past.write_text("symbol,day,volatility\n" + "".join(lines))
    given = ("--date", "2015-12-24", "--volatility", str(past))
    (with_past,) = json.loads(botfleet(*words, *given, home=home).stdout)
    assert with_past["outcome"] == "notified"
    assert "iv rank 25" in json.dumps(with_past["ends"]) + json.dumps(with_past["numbers"])
