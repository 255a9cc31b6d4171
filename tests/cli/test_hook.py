"""`botfleet hook` over real stores: a secret is shown once, and lies sealed."""

import pytest

from tests.application.bots import bot
from tests.cli.shell import Shell

WAITS = """
  - name: Called
    lane: event
    trigger: {webhook: alert}
    tree: {notify: heard}
"""


def test_a_hook_is_made_listed_renewed_and_taken_away(shell: Shell) -> None:
    shell.house.add(bot(WAITS))
    made = shell.json("hook", "create", "alert", "--user", "ann")
    assert made["path"] == f"/v1/hooks/{made['hook_id']}"
    assert len(made["secret"]) == 64
    listed = shell("hook", "list")
    assert made["secret"] not in listed
    (line,) = shell.json("hook", "list", "--user", "ann")
    assert (line["name"], line["drives"]) == ("alert", 1)
    assert "secret" not in line
    renewed = shell.json("hook", "rotate", "alert", "--user", "ann")
    assert renewed["hook_id"] == made["hook_id"]
    assert renewed["secret"] != made["secret"]
    shell("hook", "delete", "alert", "--user", "ann")
    assert shell.json("hook", "list") == []


def test_a_secret_is_told_to_a_person_with_where_to_call(shell: Shell) -> None:
    said = shell("hook", "create", "alert", "--user", "ann")
    assert "POST /v1/hooks/" in said
    assert "shown this once" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "Alert", "--user", "ann"), "1 to 40 small letters"),
        (("create", "-alert-", "--user", "ann"), "1 to 40 small letters"),
        (("create", "a" * 41, "--user", "ann"), "1 to 40 small letters"),
        (("create", "alert", "--user", "eve"), "There is no user eve"),
        (("rotate", "alert", "--user", "ann"), "There is no hook alert"),
        (("delete", "alert", "--user", "ann"), "There is no hook alert"),
    ],
)
def test_bad_input_is_one_sentence(shell: Shell, words: tuple[str, ...], said: str) -> None:
    if words[1].startswith("-"):
        words = (words[0], "--user", "ann", "--", words[1])
    assert said in shell.refused("hook", *words)
    assert shell.json("hook", "list") == []


def test_a_hook_of_that_name_is_not_made_twice(shell: Shell) -> None:
    shell("hook", "create", "alert", "--user", "ann")
    assert "has a hook alert already" in shell.refused("hook", "create", "alert", "--user", "ann")


def test_an_operator_is_held_to_a_users_bounds_too(
    shell: Shell, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("BOTS", "HOOKS", "PRESETS"):
        monkeypatch.setenv(f"BOTFLEET_{kind}_MAX", "1")
    shell("hook", "create", "alert", "--user", "ann")
    said = shell.refused("hook", "create", "more", "--user", "ann")
    assert said == "There may be 1 hook of one user, and there is."
    shell("hook", "delete", "alert", "--user", "ann")
    shell("hook", "create", "more", "--user", "ann")
    keep = ("{profit: 50%}", "--user", "ann", "--class", "credit")
    shell("exits", "keep", "One", *keep)
    assert shell.refused("exits", "keep", "Two", *keep).startswith("There may be 1 preset of one")
    shell("exits", "keep", "One", *keep)
    shell("bot", "import", file, "--user", "ann")
    assert shell.refused("bot", "clone", "Test", "Twin").startswith("There may be 1 bot of one")
    assert [one["name"] for one in shell.json("bot", "list")] == ["Test"]
