"""Runbooks are read at night: each is reached, says what to leave alone, names real commands."""

import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from botfleet.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))
ALERTS = (ROOT / "deploy/prometheus/alerts.yml").read_text()


#: What a reader puts in the place of these words.
PLACES = {"N": "3"} | dict.fromkeys(
    ("ID", "ORDER", "POSITION", "RUN"), "d83d7dbd-bd72-bbd3-8628-e2aff666d90a"
)


def named(page: Path) -> str:
    return page.stem


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_is_reached_from_an_alert_or_from_another_page(page: Path) -> None:
    others = [one.read_text() for one in PAGES if one != page]
    assert any(page.name in text for text in (ALERTS, *others))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_says_what_happens_by_itself_and_what_to_leave_alone(page: Path) -> None:
    text = page.read_text()
    assert "**What the system does.**" in text
    assert "**What not to do.**" in text


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_names_commands_and_options_there_are(page: Path) -> None:
    text = page.read_text()
    lines = [line.strip().partition(" #")[0] for line in text.splitlines()]
    lines = [line for line in lines if line.startswith("botfleet ")]
    for said in [*lines, *re.findall(r"`(botfleet [^`]+)`", text)]:
        _, first, *rest = shlex.split(said)
        assert first in COMMANDS, said
        module = importlib.import_module(f"botfleet.cli.{first}")
        command: Any = get_command(module.app)
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]
        options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        assert {word for word in rest if word.startswith("--")} <= options, said
        if not hasattr(command, "commands"):  # nothing is missing that it cannot be given without
            command.make_context(said, [PLACES.get(word, word) for word in rest])
