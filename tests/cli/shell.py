"""Runs commands as a person and as a program do, without a process a command."""

import json
from typing import Any

import pytest

from botfleet.cli.main import main
from tests.application.bots import bot, button, spread
from tests.application.house import House

FILE = bot(button("go", spread()))


class Shell:
    """Runs commands in this process, against the house's stores."""

    def __init__(self, capsys: pytest.CaptureFixture[str], house: House) -> None:
        self.capsys, self.house = capsys, house

    def __call__(self, *words: str) -> str:
        """Run a command that succeeds; give what it prints."""
        code, out, err = self.end(*words)
        assert (code, err) == (0, "")
        return out

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))

    def refused(self, *words: str) -> str:
        """Run a command that is refused; give its sentence."""
        code, _, err = self.end(*words)
        assert code == 1
        assert err.startswith("botfleet: ")
        assert err.count("\n") == 1
        return err.removeprefix("botfleet: ").strip()

    def end(self, *words: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = self.capsys.readouterr()
        return ended.value.code, said.out, said.err
