"""Users: their seats, accounts, hours and channels."""

import io
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from botfleet.adapters.postgres.signins import PostgresSignins
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK
from tests.cli.shell import Shell


def test_a_user_is_added_seated_and_knows_its_token(shell: Shell) -> None:
    added = shell.json("user", "add", "bob")
    assert added["seat"] == "pod.1.1"
    known = shell.house.roster.user_of(added["token"])
    assert known is not None
    assert known.name == "bob"
    assert "bob" in shell("user", "list")
    listed = shell.json("pod", "list")
    assert listed["instances"][0]["users"] == listed["fleet"]["users"] == 2
    assert "2 of 10" in shell("pod", "list")


def test_another_token_ends_the_old_one_and_what_was_signed_in_with_it(shell: Shell) -> None:
    roster, signins = shell.house.roster, PostgresSignins(shell.house.database)
    first = shell.json("user", "add", "bob")["token"]
    bob = roster.user_of(first)
    assert bob is not None
    now, ends = MARK, MARK + timedelta(hours=1)
    key = signins.begin(bob.user_id, first, now=now, ends=ends)
    assert signins.user_of(key, now) == bob
    second = shell("user", "rotate", "bob").splitlines()[-1]
    assert roster.user_of(first) is None
    assert roster.user_of(second) == bob
    assert signins.user_of(key, now) is None
    assert shell.json("user", "rotate", "bob")["name"] == "bob"
    assert "There is no user eve" in shell.refused("user", "rotate", "eve")


def test_no_fleet_is_a_sentence_that_says_what_to_do(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOTFLEET_DATABASE_URL")
    for words in (("bot", "list"), ("run", "list"), ("db", "migrate"), ("pod", "list")):
        said = shell.refused(*words)
        assert said == f"No fleet is running under {tmp_path}; start one with `botfleet up`."


def test_marks_are_shown_on_both_clocks_and_stop_early_where_the_market_does(shell: Shell) -> None:
    # 2026-11-27, after Thanksgiving, closes at 13:00: its last mark is 12:45.
    marks = shell.json("schedule", "preview", "--from", "2026-11-27T17:40", "--count", "2")
    assert [mark["utc"] for mark in marks] == ["2026-11-27T17:45Z", "2026-11-30T14:45Z"]
    assert marks[0]["eastern"] == "Fri 2026-11-27 12:45 EST"
    assert marks[0]["remark"].startswith("early close")
    assert shell.refused("schedule", "preview", "--interval", "7").startswith("The interval is")


def test_accounts_are_listed_and_disconnected_and_keys_turned(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BOTFLEET_VAULT_KEY_FILE", str(tmp_path / "vault.json"))
    (line,) = shell.json("broker", "list")
    assert (line["user"], line["broker"], line["is_alive"]) == ("ann", "tradier", True)
    assert "lasts" in shell("broker", "list", "--user", "ann")
    assert shell("broker", "list", "--user", "eve") == "No account is connected.\n"
    account = line["account_id"]
    assert "There is no user" in shell.refused("broker", "connect", "nobody")
    assert shell("broker", "disconnect", account, "--yes").endswith("are gone.\n")
    assert "has ended; connect again" in shell("broker", "list")
    assert shell.json("fleet", "switches")[0]["held_by"] == "login"
    assert shell.json("vault", "rotate") == {"key": "k2", "moved": 0, "retired": []}
    keys = [(one["key"], one["secrets"], one["is_current"]) for one in shell.json("vault", "list")]
    assert keys == [("k1", 0, False), ("k2", 0, True)]
    assert shell("vault", "rotate").endswith("Forgotten: k1.\n")


LIVE = {"MARKET": "http", "MARKET_URL": "http://127.0.0.1:9", "CLOCK": "real"}


@pytest.mark.parametrize(
    ("given", "money"), [({}, "paper"), (LIVE, "live"), (LIVE | {"BROKERS_PAPER": "true"}, "paper")]
)
def test_it_stands_beside_each_account_whether_money_moves_there(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], money: str
) -> None:
    shell("user", "add", "bob")
    if given:
        monkeypatch.delenv("BOTFLEET_DATE")
    for name, value in given.items():
        monkeypatch.setenv(f"BOTFLEET_{name}", value)
    (account,) = shell.json("broker", "list")
    assert account["is_paper"] is (money == "paper")
    header, row = shell("broker", "list").splitlines()[:2]
    assert row[header.index("money") :].startswith(f"{money} ")
    bob, ann = sorted(shell.json("user", "list"), key=lambda one: str(one["account_id"]))[::-1]
    assert (ann["is_paper"], bob["is_paper"]) == (money == "paper", None)
    lines = shell("user", "list").splitlines()
    (row,) = (line for line in lines if line.startswith("ann"))
    assert row[lines[0].index("money") :].startswith(f"{money} ")


def test_channels_are_added_by_their_address_from_stdin_and_never_show_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BOTFLEET_VAULT_KEY_FILE", str(tmp_path / "vault.json"))
    canary = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js-canary"

    def given(address: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(address.encode())))

    assert shell("notify", "list") == "There are no channels.\n"
    add = ("notify", "add", "phone", "--user", "ann", "--on", "error", "--on", "ask")
    given(canary)
    assert shell(*add) == "ann is told of ask, error at phone (discord://).\n"
    assert "canary" not in shell("notify", "list") + str(shell.json("notify", "list"))
    for wrong, why in (
        ("json://localhost", "not allowed"),
        ("", "no address"),
        ("discord://x", "no a"),
    ):
        given(wrong)
        assert why in shell.refused(*add)
    given(canary)
    assert "There is no user bob" in shell.refused(
        "notify", "add", "p", "--user", "bob", "--on", "ask"
    )
    assert shell("notify", "remove", "phone", "--user", "ann") == "phone is forgotten.\n"
    assert shell.refused("notify", "test", "phone", "--user", "ann") == "There is no such channel."


def test_an_accounts_hours_are_shown_changed_and_checked(shell: Shell) -> None:
    account = str(shell.house.account)
    said = "Bots run from 09:40 until 10 minutes before the close.\n"
    assert shell("broker", "hours", account) == said
    changed = shell.json("broker", "hours", account, "--begins", "10:15", "--ends", "45")
    assert changed == {"begins": "10:15:00", "ends_min": 45}
    assert "from 10:15 until 45" in shell("broker", "hours", account)
    for words in (("--begins", "09:30"), ("--begins", "noon"), ("--ends", "11")):
        assert shell.refused("broker", "hours", account, *words)
    assert "no such account" in shell.refused("broker", "hours", str(UUID(int=3)))
    assert "from 10:15 until 45" in shell("broker", "hours", account)


EARLY = bot(scanner(spread()) + "    trigger: {between: ['09:45', '10:00']}\n", name="Early")


def test_a_window_outside_its_accounts_hours_is_told(shell: Shell, tmp_path: Path) -> None:
    """At 09:45 and at 10:00 the usual hours let it run; from 10:15 on they never do."""
    path = tmp_path / "early.yaml"
    path.write_text(EARLY)
    account, user = str(shell.house.account), ("--user", "ann")
    assert shell.end("bot", "validate", str(path), *user)[2] == ""
    shell("broker", "hours", account, "--begins", "10:15")
    where = "automations[0].trigger.between: its account lets bots run from 10:15 until 10 minutes"
    assert shell.end("bot", "validate", str(path))[2] == ""  # whose account is not known
    code, said, told = shell.end("bot", "validate", str(path), *user)
    assert (code, said) == (0, f"{path}: Early is valid.\n")
    assert told.startswith(f"{path}: warning: {where}")
    assert shell.end("bot", "import", str(path), *user)[2].startswith(f"warning: {where}")
    code, said, told = shell.end("schedule", "preview", "Early")
    assert (code, said) == (0, "Nothing comes any more.\n")
    assert told.startswith(f"warning: {where}")
