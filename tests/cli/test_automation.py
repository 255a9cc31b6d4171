"""Automations tried at the door: every number with its age, what would be done, nothing kept."""

import json
from pathlib import Path

import pytest

from tests.cli.test_main import botfleet

EXAMPLES = Path(__file__).parents[2] / "examples"
CONDOR = str(EXAMPLES / "zero_day_condor.yaml")
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
    assert {number["at"][:16] for number in scanner["numbers"]} == {"2026-03-10T15:00"}
    assert monitor["outcome"] == "nothing"


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
    home: Path, words: list[str], said: str
) -> None:
    done = botfleet("automation", "test", CONDOR, *words, home=home)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said in done.stderr
