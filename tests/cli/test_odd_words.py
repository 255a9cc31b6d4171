"""Whatever word stands where, a command ends with one clear sentence and without a traceback."""

import importlib
import io
import re
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.main import get_command

from botfleet.cli.main import COMMANDS
from tests.cli.shell import Shell

WORDS = ("", " ", "ü", "x" * 5_000, "../x", "-1")
#: What starts processes, measures for minutes or stays: their words are tried where they are.
LONG = {"up", "serve", "down", "demo", "bench", "status", "doctor"}
#: What stands elsewhere while an odd word is tried in one place.
USUAL = {"user": "ann", "name": "Test", "bot": "Test"}
#: What is left of a sentence where a word of it is empty, as in `There is no user ;`.
HOLLOW = re.compile(r" [;:,.](?!\./)|  |``|\"\"|\(\)")


def commands(path: tuple[str, ...], found: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Go through the commands of a tree, each with its words."""
    if not hasattr(found, "commands"):
        yield path, found
        return
    for name, one in found.commands.items():
        yield from commands((*path, name), one)


def usual(parameter: Any) -> str:
    kind = parameter.bare_type
    if isinstance(kind, type) and issubclass(kind, Enum):
        return str(next(iter(kind)).value)
    return USUAL.get(parameter.name) or {UUID: str(UUID(int=7)), int: "1"}.get(kind, "x")


def tried(command: Any, odd: Any, word: str) -> list[str]:
    """Give a command's words: an odd one in one place, what it needs in the others."""
    options, arguments = list[str](), list[str]()
    for one in command.params:
        if one is not odd and not one.required:
            continue
        given = word if one is odd else usual(one)
        is_argument = one.param_type_name == "argument"
        (arguments if is_argument else options).append(
            given if is_argument else f"{one.opts[0]}={given}"
        )
    return [*options, "--", *arguments]


def places(name: str) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Give every place of a command and of those below it where a word may stand."""
    module = importlib.import_module(f"botfleet.cli.{name}")
    for path, command in commands((name,), get_command(module.app)):
        for one in command.params:
            if one.name not in {"home", "help"} and not getattr(one, "is_flag", False):
                yield path, command, one


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - LONG))
def test_an_odd_word_is_answered_in_one_sentence(
    shell: Shell, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path, command, odd in places(name):
        for word in WORDS:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
            words = (*path, *tried(command, odd, word))
            code, _, said = shell.end(*words)
            assert code in {0, 1, 2}, words
            if code == 1:
                assert said.count("\n") == 1, (words, said)
                assert said.rstrip().endswith((".", "…")) or ": " in said, (words, said)
            if code != 0:
                assert said, words
                assert len(said) < 1_000 or code == 2, (words, said)
                assert code == 2 or not HOLLOW.search(said), (words, said)


def test_an_empty_word_is_told_from_an_empty_value(shell: Shell, file: str) -> None:
    hollow = "botfleet: An empty word stands where a name or a file belongs.\n"
    for words in (
        ("bot", "validate", ""),
        ("bot", "show", " "),
        ("user", "add", "--json", "--", ""),
    ):
        assert shell.end(*words) == (2, "", hollow)
    shell("bot", "import", file, "--user", "ann")
    assert shell("bot", "describe", "Test", "--notes", "")
    assert shell.refused("bot", "import", file, "--user", "") == (
        "Say which user; `botfleet user list` shows their names."
    )
    code, _, said = shell.end("bot", "validate", "/nowhere.yaml")
    assert (code, said) == (1, "/nowhere.yaml cannot be read: No such file or directory.\n")
    assert "--every" in shell.refused("schedule", "preview", "--at", "10:00")
