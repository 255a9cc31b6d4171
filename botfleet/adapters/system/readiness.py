"""How a process tells its supervisor, or systemd, that it is ready: one datagram, `READY=1`.

The protocol is sd_notify(3), so the same process works below `botfleet up` and in a unit with
`Type=notify`. The kernel says who sent the datagram; a process can only speak for itself.
"""

import socket
import struct
from contextlib import suppress
from pathlib import Path

from botfleet import config

_CREDENTIALS = struct.Struct("3i")  # process, user, group


def announce(words: bytes = b"READY=1") -> None:
    """Say that this process is ready, if anybody listens; or `b"WATCHDOG=1"`, that it lives."""
    address = config.notify_socket()
    if not address:
        return
    if address.startswith("@"):  # systemd's way to write an abstract socket
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaking:
        speaking.sendto(words, address)


def ear(path: Path) -> socket.socket:
    """A socket on which announcements arrive."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    listening.bind(str(path))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return listening


def heard(listening: socket.socket) -> int | None:
    """The number of the process that has just announced itself, if that is what was said."""
    words, extra, _, _ = listening.recvmsg(4096, socket.CMSG_SPACE(_CREDENTIALS.size))
    if b"READY=1" not in words.split(b"\n"):
        return None
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            process: int = _CREDENTIALS.unpack(data)[0]
            return process
    return None
