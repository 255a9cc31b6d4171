"""A screen that stays: drawn again and again, left by q or Ctrl-C, and then all is as it was."""

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import NoReturn

from rich.console import Console, ConsoleDimensions, RenderableType
from rich.control import Control
from rich.screen import Screen

_QUIT = frozenset(b"qQ\x1b")
_TERMINATED = 143


class Woken(Enum):
    """Why a rest was over."""

    TIME = auto()
    RESIZED = auto()
    QUIT = auto()


@dataclass(frozen=True, slots=True)
class Watched:
    """The screen while somebody watches; `keys` is None where nobody can press any."""

    console: Console
    signals: int
    keys: int | None

    def size(self) -> ConsoleDimensions:
        """Give the terminal's size as it is now, whatever the environment says of it."""
        size = ConsoleDimensions(*os.get_terminal_size(self.console.file.fileno()))
        self.console.size = size
        return size

    def show(self, drawn: RenderableType) -> None:
        """Draw over all of the screen."""
        self.console.control(Control.home())
        self.console.print(Screen(drawn), end="")

    def rest(self, seconds: float) -> Woken:
        """Wait for a key, for another size, or for time to pass."""
        sources = [self.signals] if self.keys is None else [self.signals, self.keys]
        ready, _, _ = select.select(sources, (), (), seconds)
        if self.signals in ready:
            os.read(self.signals, 64)
            return Woken.RESIZED
        if ready and (not (pressed := os.read(ready[0], 64)) or _QUIT & set(pressed)):
            return Woken.QUIT
        return Woken.TIME


@contextmanager
def watching(console: Console) -> Iterator[Watched]:
    """Take the terminal over; give it back as it was, however the block ends."""
    with ExitStack() as undo:
        hearing = _signals(undo)
        keys = _keys(undo)
        undo.enter_context(console.screen(hide_cursor=True))
        yield Watched(console, hearing, keys)


def _signals(undo: ExitStack) -> int:
    """Hear of other sizes through a pipe, and leave in order when told to end."""
    hearing, telling = os.pipe()
    os.set_blocking(telling, False)
    undo.callback(os.close, hearing)
    undo.callback(os.close, telling)
    undo.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(telling, warn_on_full_buffer=False))
    for each, act in ((signal.SIGWINCH, _pass), (signal.SIGTERM, _leave)):
        undo.callback(signal.signal, each, signal.signal(each, act))
    return hearing


def _keys(undo: ExitStack) -> int | None:
    """Have keys come at once and unseen."""
    if not sys.stdin.isatty():
        return None
    keys = sys.stdin.fileno()
    undo.callback(termios.tcsetattr, keys, termios.TCSADRAIN, termios.tcgetattr(keys))
    tty.setcbreak(keys)
    return keys


def _pass(*_: object) -> None:
    """The pipe has told of it."""


def _leave(*_: object) -> NoReturn:
    raise SystemExit(_TERMINATED)
