"""Bots at the door: in and out, described, cloned, ordered, validated."""

import io
import json
import sys
from pathlib import Path
from uuid import UUID

import pytest

from tests.application.bots import bot, button, scanner, spread
from tests.cli.shell import FILE, Shell

PAST = """
  - name: Gone by
    lane: event
    trigger: {date: 2020-03-13, at: "10:00"}
    tree: nothing
"""

DATED = """
botfleet: 1
name: Dated
limits: {{allocation: 1000, daily_positions: 1, open_positions: 1}}
automations:
  - {{name: Once, lane: event, trigger: {{date: {on}, at: '10:00'}}, tree: {{notify: now}}}}
"""


def test_who_keeps_what_is_past_is_told_that_it_never_comes(shell: Shell, file: str) -> None:
    Path(file).write_text(bot(scanner(spread()), PAST))
    code, out, err = shell.end("bot", "import", file, "--user", "ann", "--on")
    assert (code, out) == (0, "Test of ann is kept, and on.\n")
    assert err.startswith("warning: automations[1].trigger: never comes due after 20")


def test_a_bot_goes_in_and_comes_out_the_same(shell: Shell, file: str) -> None:
    assert shell("bot", "import", file, "--user", "ann") == "Test of ann is kept, and off.\n"
    exported = shell("bot", "export", "Test")
    Path(file).write_text(exported)
    assert shell("bot", "import", file, "--user", "ann", "--on").endswith("and on.\n")
    assert shell("bot", "import", file, "--user", "ann").endswith("and on.\n")
    assert shell("bot", "export", "Test") == exported
    (line,) = shell.json("bot", "list")
    assert (line["name"], line["is_on"], line["allocation_cents"]) == ("Test", True, 1_000_000)
    assert shell("bot", "off", line["bot_id"]) == "Test of ann is off.\n"
    assert "off" in shell("bot", "list", "--user", "ann")
    assert shell.json("bot", "on", "Test")["is_on"] is True
    assert "SPY price is above 1" in shell("bot", "show", "Test")
    assert shell.json("bot", "show", "Test")["file"]["name"] == "Test"


def test_a_bot_is_described_listed_by_it_and_cloned(shell: Shell, file: str) -> None:
    shell("bot", "import", file, "--user", "ann", "--on")
    said = ("--icon", "🐂", "--group", "income", "--tags", "spy, weekly", "--alerts", "close,error")
    told = shell("bot", "describe", "Test", *said, "--notes", "[red]no markup[/red]")
    assert "[red]no markup[/red]" in told
    assert "🐂 Test" in shell("bot", "list", "--group", "income", "--tag", "spy")
    assert shell("bot", "list", "--group", "other") == "There are no such bots.\n"
    assert "group: income" in shell("bot", "export", "Test")
    assert shell.json("bot", "show", "Test")["alerts"] == ["close", "error"]
    assert shell("bot", "clone", "Test", "Twin") == "Twin of ann is kept, and off.\n"
    twin = shell.json("bot", "show", "Twin")
    assert (twin["group"], twin["tags"], twin["icon"]) == ("", [], "🐂")
    assert twin["allocation_cents"] == 100_000
    assert shell("bot", "describe", "Test", "--name", "First", "--group", "").startswith("bot ")
    assert [one["name"] for one in shell.json("bot", "list")] == ["First", "Twin"]


def test_a_scanner_moves_by_command(shell: Shell, file: str) -> None:
    two = bot(scanner(spread(), "First"), button("go", spread()), scanner(spread(), "Second"))
    Path(file).write_text(two)
    shell("bot", "import", file, "--user", "ann")
    words = ("automation", "move", "Test", "Second")
    assert shell(*words, "up") == "The scanners of Test run in this order: Second, First.\n"
    assert shell.json(*words, "1")["scanner"] == ["First", "Second"]
    assert "to a place from 0 to 1" in shell.refused(*words, "2")
    assert "only scanners and monitors" in shell.refused(
        "automation", "move", "Test", "Press go", "up"
    )


def test_a_users_presets_are_known_where_the_user_is_named(shell: Shell, file: str) -> None:
    text = bot(button("go", spread(exits="{preset: Careful}")))
    Path(file).write_text(text)
    code, _, err = shell.end("bot", "validate", file)
    assert (code, "say whose, with --user NAME" in err) == (1, True)
    code, _, err = shell.end("bot", "validate", file, "--user", "ann")
    assert (code, "is no preset of yours" in err) == (1, True)
    shell("exits", "keep", "Careful", "{profit: 50%}", "--user", "ann", "--class", "credit")
    assert "Test is valid" in shell("bot", "validate", file, "--user", "ann")
    assert "no user eve" in shell.refused("bot", "validate", file, "--user", "eve")


def test_what_cannot_be_described_or_cloned_is_refused(shell: Shell, file: str) -> None:
    shell("bot", "import", file, "--user", "ann")
    shell("user", "add", "eve")
    assert "Say what is to change" in shell.refused("bot", "describe", "Test")
    assert "at most 40" in shell.refused("bot", "describe", "Test", "--group", "x" * 41)
    assert "alerts" in shell.refused("bot", "describe", "Test", "--alerts", "ask")
    assert "There is a bot Test already." in shell.refused("bot", "clone", "Test", "Test")
    assert "There is no such bot." in shell.refused("bot", "clone", "Nobodys", "Twin")
    unknown = str(UUID(int=7))
    said = shell.refused("bot", "clone", "Test", "Twin", "--account", unknown)
    assert "no such account" in said
    with shell.house.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE accounts SET is_alive = false")
    assert "connect the account again" in shell.refused("bot", "clone", "Test", "Twin")
    assert len(shell.json("bot", "list")) == 1


def test_faults_are_all_named_and_the_exit_is_1(
    shell: Shell, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = FILE.replace("interval: 15", "interval: 7").replace("lane: button", "lane: knob")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(broken.encode())))
    code, out, err = shell.end("bot", "validate", file, "-")
    assert (code, out) == (1, f"{file}: Test is valid.\n")
    assert "-: interval: must be 1, 5 or 15" in err
    assert "-: automations[0].lane: must be one of" in err
    code, out, _ = shell.end("bot", "validate", "/nowhere.yaml", "--json")
    assert code == 1
    assert json.loads(out)[0]["faults"][0]["message"].startswith("/nowhere.yaml cannot be read")


def test_whether_a_date_is_past_the_fleets_clock_says_where_there_is_one(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands at 2026-03-10 here; validate and import say the same of one file."""
    path, warning = tmp_path / "dated.yaml", "never comes due after 2026-03-10"
    for on, is_past in (("2026-03-09", True), ("2026-03-12", False)):
        path.write_text(DATED.format(on=on))
        assert (warning in shell.end("bot", "validate", str(path))[2]) is is_past
        assert (warning in shell.end("bot", "import", str(path), "--user", "ann")[2]) is is_past
    monkeypatch.delenv("BOTFLEET_DATABASE_URL")  # no fleet: by the clock on the wall it is past
    code, _, told = shell.end("bot", "validate", str(path))
    assert (code, "automations[0].trigger: never comes due after" in told) == (0, True)
    assert warning not in told


def test_the_schema_is_json(shell: Shell) -> None:
    assert json.loads(shell("bot", "schema"))["title"] == "botfleet bot file"


def test_what_cannot_be_done_is_one_sentence(shell: Shell, file: str) -> None:
    nobody = "There is no user bob; `botfleet user add bob` adds one."
    assert shell.refused("bot", "import", file, "--user", "bob") == nobody
    assert shell.refused("bot", "show", "Test") == "There is no such bot."
    assert shell.refused("run", "show", str(UUID(int=1))) == "There is no such run."
    shell.house.add(FILE)
    assert shell.refused("button", "press", "Test", "stop") == "There is no such button."
    shell("bot", "off", "Test")
    assert shell.refused("button", "press", "Test", "go").startswith("The bot is off")
    assert shell.refused("user", "add", "ann") == "There is a user ann already."
    assert shell.refused("user", "add", "a\x1bb").startswith("A user's name has")
