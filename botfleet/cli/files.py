"""Files as commands take them: a path, or - for stdin; never more of one than can be a bot's."""

import os
import sys
from pathlib import Path

from botfleet.adapters import botfile
from botfleet.adapters.botfile.text import SIZE_MAX
from botfleet.bootstrap import Wiring
from botfleet.cli.connected import connected, user_named
from botfleet.domain.bots.bot import Definition
from botfleet.domain.schedules.hours import Hours
from botfleet.errors import BadInput, NotFound


def text_of(path: Path) -> bytes:
    """Read a file, or stdin for `-`; of a file that is too large, just enough to refuse it.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(SIZE_MAX + 1)
        with path.open("rb") as file:
            return file.read(SIZE_MAX + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def write(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        BadInput: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error


def expect_writable(path: Path) -> None:
    """See that a file can be written, long before it is.

    Raises:
        BadInput: it cannot.
    """
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise BadInput(f"{path} cannot be written.")


def is_file(word: str) -> bool:
    """Say whether a word that may be a file or a bot's name is a file."""
    if word == "-" or Path(word).suffix in {".yaml", ".yml", ".json"}:
        return True
    try:
        return Path(word).is_file()
    except OSError:  # longer than any file's name
        return False


def definition_of(path: Path, user: str | None, home: Path | None) -> Definition:
    """Give the bot of a file, as it is in the hands of a user of the fleet, if one is named.

    Raises:
        BadInput: the file cannot be read, or holds faults.
        NotFound: there is no such user, or no fleet.
    """
    if user is None:
        return botfile.read(text_of(path))
    wiring = connected(home)
    presets = wiring.panels.presets(user_named(wiring, user).user_id)
    return botfile.read(text_of(path), presets)


def hours_in(wiring: Wiring, user: str, name: str) -> Hours | None:
    """Give the hours a user's bot of this name goes by, or will; None without an account."""
    owner = user_named(wiring, user)
    try:
        return wiring.hours.of_bot(wiring.journal.bot(owner.user_id, name).bot_id)
    except NotFound:
        account = owner.account_id
        return None if account is None else wiring.hours.of(owner.user_id, account)


def definition_named(word: str, home: Path | None, user: str | None = None) -> Definition:
    """Give the bot of a file, or the fleet's bot of this name.

    Raises:
        BadInput: the file cannot be read, or holds faults.
        NotFound: there is no such bot, or no fleet.
    """
    if is_file(word):
        return definition_of(Path(word), user, home)
    wiring = connected(home)
    return wiring.batches.definition(wiring.journal.bot(None, word).version)
