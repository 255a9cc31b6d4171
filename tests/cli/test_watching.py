"""`botfleet status --watch` in a real terminal: it stays, follows its size, and leaves no trace."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

from tests.application.bots import bot, scanner, spread
from tests.application.house import House
from tests.cli.shell import Shell
from tests.patience import PATIENCE_S

PROGRAM = "from botfleet.cli.main import main; main()"
#: A screen that never shows what it should is read so often.
READS_MAX = 10_000


class Terminal:
    """A command in a terminal of its own, and what that terminal shows."""

    def __init__(self, *words: str, size: tuple[int, int] = (80, 24)) -> None:
        self.screen = pyte.Screen(*size)
        self.stream = pyte.ByteStream(self.screen)
        self.written, self.reads = b"", 0
        self.ours, self.theirs = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.theirs)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-c", PROGRAM, *words],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
        )

    def resize(self, width: int, height: int) -> None:
        self.screen.resize(height, width)
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def shows(self, *words: str) -> str:
        """Read until the screen shows all the words; give the screen."""
        while not all(word in "\n".join(self.screen.display) for word in words):
            self.read()
        return "\n".join(self.screen.display)

    def read(self) -> None:
        ready, _, _ = select.select([self.ours], (), (), PATIENCE_S)
        self.reads += 1
        is_alive = bool(ready) and self.reads < READS_MAX
        assert is_alive, "\n".join(self.screen.display)
        new = os.read(self.ours, 65536)
        self.written += new
        self.stream.feed(new)

    def press(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def ends(self) -> int:
        """Wait for the end, and see that the terminal is as it was."""
        leaving = os.pidfd_open(self.process.pid)
        while leaving not in select.select([self.ours, leaving], (), (), PATIENCE_S)[0]:
            self.read()  # who cannot write hears no key
        os.close(leaving)
        code = self.process.wait()
        while select.select([self.ours], (), (), 0)[0]:
            self.read()
        assert termios.tcgetattr(self.theirs) == self.before
        assert self.written.count(b"\x1b[?1049h") == self.written.count(b"\x1b[?1049l")
        assert self.written.count(b"\x1b[?25l") == self.written.count(b"\x1b[?25h")
        return code


@pytest.fixture
def watched(shell: Shell, house: House) -> Iterator[Terminal]:
    """A status that stays; the shell has put the stores it looks at into the environment."""
    assert shell.house is house
    house.add(bot(scanner(spread())))
    terminal = Terminal("status", "--watch", "--every", "0.2")
    terminal.shows("q quits", "1 of 1 bots on")
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    os.close(terminal.ours)
    os.close(terminal.theirs)


def test_it_stays_and_follows_what_happens(watched: Terminal, house: House) -> None:
    house.add(bot(scanner(spread()), name="Another"))
    watched.shows("2 of 2 bots on")
    watched.press(b"x")
    house.add(bot(scanner(spread()), name="Third"))
    watched.shows("3 of 3 bots on")
    watched.press(b"q")
    assert watched.ends() == 0
    assert b"Traceback" not in watched.written


@pytest.mark.parametrize("size", [(140, 40), (70, 20)])
def test_it_follows_the_size_of_the_terminal(watched: Terminal, size: tuple[int, int]) -> None:
    watched.resize(*size)
    watched.shows("╯")
    while watched.screen.display[0].rstrip()[-1:] != "╮" or "q quits" not in "\n".join(
        watched.screen.display
    ):
        watched.read()
    width, height = size
    assert [len(line) for line in watched.screen.display] == [width] * height
    assert watched.screen.display[0].startswith("╭─ botfleet")
    watched.press(b"q")
    assert watched.ends() == 0


def test_ctrl_c_is_the_usual_way_to_leave(watched: Terminal) -> None:
    watched.press(b"\x03")
    assert watched.ends() == 0


def test_told_to_end_it_gives_the_terminal_back_too(watched: Terminal) -> None:
    watched.process.send_signal(signal.SIGTERM)
    assert watched.ends() == 128 + signal.SIGTERM


def test_into_a_file_it_writes_a_line_a_look(shell: Shell, house: House, tmp_path: Path) -> None:
    assert shell.house is house
    words = [sys.executable, "-c", PROGRAM, "status", "--watch", "--every", "0.2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout
        first, second = process.stdout.readline(), process.stdout.readline()
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    for line in (first, second):
        assert " ET · " in line
        assert "\x1b" not in line
