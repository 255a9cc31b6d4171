"""`schedule preview`: the next times of anything, on both clocks, and why one moved."""

from pathlib import Path

import pytest

from tests.application.bots import bot, button, scanner, spread
from tests.cli.shell import Shell

THIRD_FRIDAY = ("--every", "month", "--on", "third friday", "--at", "10:00", "--from", "2030-04-01")


def eastern(shell: Shell, *words: str) -> list[str]:
    return [line["eastern"] for line in shell.json("schedule", "preview", *words)]


@pytest.mark.parametrize(
    ("rule", "when", "remark"),
    [
        ("before", "Thu 2030-04-18 10:00 EDT", "moved from 2030-04-19, Good Friday"),
        ("after", "Mon 2030-04-22 10:00 EDT", "moved from 2030-04-19, Good Friday"),
        ("skip", None, "skipped: Good Friday"),
    ],
)
def test_the_third_friday_across_good_friday(
    shell: Shell, rule: str, when: str | None, remark: str
) -> None:
    words = (*THIRD_FRIDAY, "--holiday", rule, "--count", "2")
    first, second, *_ = shell.json("schedule", "preview", *words)
    assert (first["eastern"], first["remark"]) == (when, remark)
    assert second["eastern"] == "Fri 2030-05-17 10:00 EDT"
    assert remark in shell("schedule", "preview", *words)


def test_a_quarter_to_ten_over_both_clock_changes(shell: Shell) -> None:
    words = ("--every", "week", "--on", "monday,wednesday,friday", "--at", "09:45", "--count", "3")
    spring = shell.json("schedule", "preview", *words, "--from", "2026-03-06")
    assert [line["utc"] for line in spring] == [
        *("2026-03-06T14:45Z", "2026-03-09T13:45Z", "2026-03-11T13:45Z"),
    ]
    autumn = shell.json("schedule", "preview", *words, "--from", "2026-10-30")
    assert [line["utc"] for line in autumn] == [
        *("2026-10-30T13:45Z", "2026-11-02T14:45Z", "2026-11-04T14:45Z"),
    ]
    assert autumn[1]["eastern"] == "Mon 2026-11-02 09:45 EST"


def test_the_first_of_the_month_shows_ten_and_where_it_moved(shell: Shell) -> None:
    words = ("--every", "month", "--on", "1", "--at", "15:55", "--holiday", "after")
    lines = shell.json("schedule", "preview", *words, "--from", "2026-10-15")
    assert len(lines) == 10
    assert lines[0]["remark"] == "moved from 2026-11-01, Sunday"
    assert lines[2]["remark"] == "moved from 2027-01-01, New Year's Day"


def test_open_and_close_follow_the_session(shell: Shell) -> None:
    words = ("--from", "2026-11-27", "--count", "1")
    assert eastern(shell, "--event", "market_open", *words) == ["Fri 2026-11-27 09:40 EST"]
    assert eastern(shell, "--event", "market_close", *words) == ["Fri 2026-11-27 12:50 EST"]


def test_a_date_comes_once(shell: Shell) -> None:
    words = ("--date", "2026-12-25", "--at", "10:00", "--holiday", "before")
    assert eastern(shell, *words, "--from", "2026-12-01") == ["Thu 2026-12-24 10:00 EST"]
    assert eastern(shell, *words, "--from", "2026-12-26") == []
    assert "Nothing comes" in shell("schedule", "preview", *words, "--from", "2026-12-26")


def test_a_bots_automations_come_in_the_order_of_time(shell: Shell, tmp_path: Path) -> None:
    event = "\n  - name: Review\n    lane: event\n    trigger: {date: 2026-03-10, at: '09:50'}\n"
    windowed = scanner(spread(), "Late").replace(
        "lane: scanner", "lane: scanner\n    trigger: {between: ['10:00', '10:15']}"
    )
    text = bot(windowed, event + "    tree: nothing\n", button("go", spread()))
    file = tmp_path / "bot.yaml"
    file.write_text(text)
    shell.house.add(text)
    words = ("--from", "2026-03-10", "--count", "3")
    for named in (str(file), "Test"):
        lines = shell.json("schedule", "preview", named, *words)
        assert [(line["automation"], line["eastern"][-9:]) for line in lines] == [
            ("Review", "09:50 EDT"),
            ("Late", "10:00 EDT"),
            ("Late", "10:15 EDT"),
        ]
    only = shell.json("schedule", "preview", "Test", "--automation", "Late", *words)
    assert {line["automation"] for line in only} == {"Late"}
    assert "no automation Early" in shell.refused(
        "schedule", "preview", "Test", "--automation", "Early"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--every", "month", "--on", "fifth friday", "--at", "10:00"), "no month always has"),
        (("--every", "year", "--on", "30 february", "--at", "10:00"), "february has no 30"),
        (("--date", "2026-03-08", "--at", "02:30"), "from 09:31 to 15:55"),
        (("--date", "2026-11-01", "--at", "01:30"), "from 09:31 to 15:55"),
        (("--date", "9999-12-31", "--at", "10:00"), "outside the exchange calendar"),
        (("--every", "week", "--on", "saturday,sunday", "--at", "10:00"), "no other day has a"),
        (("--every", "week", "--on", "monday,sunday", "--at", "10:00"), "no other day has a"),
        (("--every", "week", "--on", "saturday", "--at", "10:00"), "no other day has a session"),
        (("--every", "2 days", "--at", "10:00"), "--first is missing: every 2 days from which"),
        (("--every", "day", "--at", "10:00", "--first", "9999-01-01"), "--first lies outside"),
        (("--every", "week", "--on", "monday"), "at: is missing"),
        (("--event", "noon"), "must be now"),
        (("--event", "now"), "--event is market_open or market_close"),
        (("--every", "day", "--at", "10:00", "--interval", "5"), "Give one"),
        (("--automation", "X"), "needs the bot"),
        (("nosuch.yaml",), "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    assert said in shell.refused("schedule", "preview", *words)
