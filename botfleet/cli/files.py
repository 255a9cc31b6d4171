"""Files as commands take them: a path, or - for stdin; never more of one than can be a bot's."""

import sys
from pathlib import Path

from botfleet.adapters.botfile.text import SIZE_MAX
from botfleet.errors import BadInput


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
