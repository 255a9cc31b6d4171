"""Directories that only we may enter, long-lived ones below the home and short ones for sockets.

Whoever can write where our sockets and secrets lie can be our broker. So a directory is made with
mode 0700, and one that is a link, someone else's, or open to others is refused.
"""

import hashlib
import os
import socket
import stat
import tempfile
from pathlib import Path

from botfleet.errors import BadInput


def private(path: Path) -> Path:
    """The directory, made if need be, that only its owner can enter.

    Raises:
        BadInput: it cannot be made, is a link, no directory, not ours, or writable by others.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        pass  # as what it is, we are about to see
    except OSError as error:
        raise BadInput(f"{path} cannot be made: {error.strerror}.") from error
    state = path.lstat()
    if not stat.S_ISDIR(state.st_mode):
        raise BadInput(f"{path} should be a directory, and not a link to one.")
    if state.st_uid != os.geteuid():
        raise BadInput(f"{path} belongs to user {state.st_uid}; run botfleet as that user.")
    if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise BadInput(f"Others may write in {path}; run: chmod go-w {path}")
    return path


def sockets_of(home: Path) -> Path:
    """The directory for the sockets of the fleet at `home`.

    A socket's path holds 107 bytes, a home may be longer: so it lies in the temporary directory,
    under a name derived from the home, and a fleet killed in the middle leaves no litter behind.
    """
    name = f"botfleet-{os.geteuid()}-{fingerprint(home)}"
    place = private(Path(tempfile.gettempdir()) / name)
    if place.stat().st_mode & 0o077:
        raise BadInput(f"Others may look into {place}; run: chmod 700 {place}")
    return place


def fingerprint(path: Path) -> str:
    """Twelve letters that stand for an absolute path."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]


def write_privately(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace a file at once and whole, readable by its owner only."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    fresh.replace(path)


def process_name() -> str:
    """Name this process among those of all hosts: `host/1234`."""
    return f"{socket.gethostname()}/{os.getpid()}"
