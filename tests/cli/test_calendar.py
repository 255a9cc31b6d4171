"""`botfleet calendar` over real stores, for a person and for a program."""

from collections.abc import Iterator

import pytest

from botfleet.domain.market.calendar import SHIPPED, adopt
from tests.application.market import DAY
from tests.cli.shell import Shell


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    adopt(SHIPPED)
    yield
    adopt(SHIPPED)


def test_an_operator_closes_a_day_and_takes_it_back(shell: Shell) -> None:
    said = shell("calendar", "close", "2026-03-12", "--cause", "Mourning", "--as", "ops")
    assert said == "2026-03-12: closed, version 1 of the calendar.\n"
    (day, *_) = shell.json("calendar", "show")["days"]
    assert (day["day"], day["cause"], day["by"]) == ("2026-03-12", "Mourning", "operator")
    preview = shell.json("schedule", "preview", "--from", "2026-03-11T19:45", "--count", "1")
    assert preview[0]["eastern"].startswith("Fri 2026-03-13 09:45")
    shell("calendar", "undo", "2026-03-12", "--as", "ops")
    assert shell.json("calendar", "show")["days"][0]["cause"] == "Good Friday"
    told = shell.json("calendar", "changes")
    assert [(one["change"]["act"], one["who"]) for one in told] == [
        ("undo", "ops"),
        ("close", "ops"),
    ]


def test_a_halt_ends_the_session_and_says_what_is_left_of_it(shell: Shell) -> None:
    said = shell("calendar", "early", f"{DAY}", "11:00", "--cause", "Halt")
    assert said == f"{DAY}: 09:30 to 11:00 Eastern, version 1 of the calendar.\n"
    told = shell.json("calendar", "check", f"{DAY}")
    assert told["marks of 15, 5, 1 minutes"] == "5, 15, 75"
    assert told["index options"] == "until 11:00, expiring ones with the session"


def test_index_options_trade_a_quarter_of_an_hour_longer(shell: Shell) -> None:
    assert shell.json("calendar", "check", "2026-11-25")["index options"].startswith("until 16:15")
    assert shell.json("calendar", "check", "2026-11-27")["index options"].startswith("until 13:15")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("close", f"{DAY}", "--cause", "x"), "has begun; end it with"),
        (("early", f"{DAY}", "25:00", "--cause", "x"), "written HH:MM, Eastern"),
        (("early", f"{DAY}", "09:31", "--cause", "x"), "It is 09:45:00 already"),
        (("undo", f"{DAY}"), "as the exchange announced it already"),
        (("check", "2041-01-02"), "covers 1990-01-01 to 2040-12-31"),
    ],
)
def test_bad_input_is_one_sentence(shell: Shell, words: tuple[str, ...], said: str) -> None:
    assert said in shell.refused("calendar", *words)
