"""Ports of the loopback interface: choosing free ones, and saying clearly that one is taken.

Between the choice of a port and the server that listens there seconds may pass. Whoever chooses
keeps a name of the kernel's, which ends with the process: nobody else is given that port meanwhile.
"""

import socket
from collections.abc import Iterable
from contextlib import ExitStack

from botfleet.errors import BadInput

# Below the range Linux hands to outgoing connections, so that a port stays ours over a restart.
_CHOSEN_FROM, _CHOSEN_TO = 20_000, 32_000
#: The ports this process has chosen, each with the descriptor that keeps it from other choosers.
_kept: dict[int, int] = {}


def choose(wanted: Iterable[int], *, near: str) -> list[int]:
    """A free port for each wanted one; 0 means any, the same each time for one `near`.

    Raises:
        BadInput: a wanted port is taken.
    """
    first = int.from_bytes(near.encode()[:4]) % (_CHOSEN_TO - _CHOSEN_FROM)
    candidates = iter(
        _CHOSEN_FROM + (first + step) % (_CHOSEN_TO - _CHOSEN_FROM)
        for step in range(_CHOSEN_TO - _CHOSEN_FROM)
    )
    with ExitStack() as held:
        return [
            _held(held, port)
            if port
            else next(free for free in candidates if _is_ours(held, free) and _is_kept(free))
            for port in wanted
        ]


def _is_kept(port: int) -> bool:
    """Keep a port from whoever else chooses on this network, unless somebody else keeps it."""
    if port not in _kept:
        with socket.socket(socket.AF_UNIX) as claim:
            try:
                claim.bind(f"\0botfleet/port/{port}")
            except OSError:
                return False
            _kept[port] = claim.detach()
    return True


def accepts(port: int) -> bool:
    """Does something on this machine accept connections at the port?"""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


def is_free(port: int) -> bool:
    """May a program of ours listen at the port?"""
    with ExitStack() as held:
        return _is_ours(held, port)


def _held(held: ExitStack, port: int) -> int:
    if not _is_ours(held, port):
        raise BadInput(
            f"Port {port} is taken by another program, or not allowed to you; "
            "stop that program or choose another port (0 chooses a free one)."
        )
    return port


def _is_ours(held: ExitStack, port: int) -> bool:
    """Bind the port until `held` closes, as the server will: a port in TIME_WAIT is free."""
    listener = held.enter_context(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError:
        return False
    return True
