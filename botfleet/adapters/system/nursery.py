"""Starts Python processes warm: the heavy modules are imported once, and each process is a fork.

Importing Celery, SQLAlchemy, numpy and their kin costs 2 s of CPU; a fleet is nine processes and a
small machine has two cores. Forks also share those modules' memory. The nursery imports, listens,
forks, and does nothing else: no thread, no connection, no setting is alive when it forks, and it
imports nothing of ours that reads the environment.

A newborn is no child of the nursery but of the supervisor, which can therefore wait for it: the
nursery forks twice, and the supervisor adopts orphans while it asks. Should the nursery be dead,
whoever asks starts the process cold.

    python -m botfleet.adapters.system.nursery SOCKET MODULE …
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from botfleet import config
from botfleet.adapters.system.launch import die_with_parent

_ADOPT_ORPHANS = 36
_REQUEST_BYTES_MAX = 128 * 1024
_ANSWER_S_MAX = 5.0

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Birth:
    """A process to be: `python -m module arguments` with this environment, a child of `parent`."""

    module: str
    arguments: list[str]
    env: dict[str, str]
    cwd: str
    parent: int
    death_signal: int


def bear(door: Path, birth: Birth, output: int) -> int:
    """Ask the nursery for a process that writes to `output`; its number.

    Raises:
        OSError: the nursery does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking, _adopting():
        asking.settimeout(_ANSWER_S_MAX)
        asking.connect(str(door))
        socket.send_fds(asking, [json.dumps(asdict(birth)).encode()], [output])
        answer = asking.recv(32)
    if not answer:
        raise ConnectionResetError("the nursery died while it was asked")
    return int(answer)


def is_open(door: Path) -> bool:
    """Does the nursery listen? It does once everything is imported."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        return asking.connect_ex(str(door)) == 0


def main(door: Path, modules: Sequence[str]) -> None:
    """Import, then fork on demand; in a fork, return as the process that was asked for."""
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what is shared stays shared: the collector writes to what it looks at
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        door.unlink(missing_ok=True)
        listener.bind(str(door))
        listener.listen()
        birth = _tend(listener)
    _live(birth)


def _tend(listener: socket.socket) -> Birth:
    """Serve the supervisor for ever; only newborns return."""
    while True:
        asking, _ = listener.accept()
        with asking:
            request, outputs, _, _ = socket.recv_fds(asking, _REQUEST_BYTES_MAX, 1)
            if request and (birth := _fork(asking, Birth(**json.loads(request)), outputs[0])):
                return birth


def _fork(asking: socket.socket, birth: Birth, output: int) -> Birth | None:
    """Fork twice, so that the newborn is an orphan; only the newborn gets its birth back."""
    free_r, free_w = os.pipe()
    middle = os.fork()
    if middle == 0 and os.fork() != 0:
        os._exit(0)
    if middle:
        os.waitpid(middle, 0)
        os.write(free_w, b"!")
    else:
        os.close(free_w)
        if not os.read(free_r, 1):  # until the supervisor has adopted us
            os._exit(1)
        asking.send(str(os.getpid()).encode())
        os.dup2(output, 1)
        os.dup2(output, 2)
    for descriptor in {free_r, output} | ({free_w} if middle else set()):
        os.close(descriptor)
    return None if middle else birth


def _live(birth: Birth) -> None:
    """Be the process that was asked for, until it ends. What only a fresh interpreter reads of its
    environment (`PYTHONPATH` and the like) stays the nursery's.
    """
    os.setsid()
    die_with_parent(birth.parent, birth.death_signal)
    os.chdir(birth.cwd)
    sys.path[0] = birth.cwd  # as `python -m` has it
    config.become(birth.env)
    sys.argv = [birth.module, *birth.arguments]
    runpy.run_module(birth.module, run_name="__main__", alter_sys=True)


@contextmanager
def _adopting() -> Iterator[None]:
    """While this lasts, orphans below us become our children."""
    _libc.prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)
    try:
        yield
    finally:
        _libc.prctl(_ADOPT_ORPHANS, 0, 0, 0, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
