"""What a child process is, and how one is started so that it never outlives us.

Every child runs in a session of its own (Ctrl-C in a terminal reaches only the supervisor, which
then stops the children in order) and asks the kernel to be killed with the thread that started it.
"""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import Literal

from botfleet.adapters.system import launch
from botfleet.adapters.system.nursery import Birth, bear
from botfleet.adapters.system.places import private

LOG_BYTES_MAX = 16 * 1024 * 1024

Identity = Literal["direct", "userns", "nobody"]
Probe = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One child: what to run, how to know that it works, how to end it.

    `env` is the whole environment. It starts after the processes named in `after` are ready, and is
    stopped before them. `prepare` runs before every start and may block. `ready` is asked again and
    again while the process starts; `"announced"` waits for `READY=1` (see `readiness`) instead;
    None means that a process which runs is ready. One that runs `once` is ready when it has ended
    well. A `warm` one is `python -m …`, and is forked by the nursery when there is one.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    cwd: Path | None = None
    stdin: bytes = field(default=b"", repr=False)
    identity: Identity = "direct"
    prepare: Callable[[], object] | None = None
    ready: Probe | Literal["announced"] | None = None
    start_s_max: float = 30
    after: tuple[str, ...] = ()
    once: bool = False
    warm: bool = False
    stop_signal: Signals = SIGTERM
    stop_grace_s: float = 10
    death_signal: Signals = SIGKILL


def spawn(spec: ProcessSpec, log: Path, *, notify: Path | None = None) -> subprocess.Popen[bytes]:
    """Start the child with its output added to `log`; it dies with the calling thread."""
    private(log.parent)
    _turn_over(log)
    env = dict(spec.env) | ({"NOTIFY_SOCKET": str(notify)} if notify else {})
    with log.open("ab") as output:
        process = subprocess.Popen(
            launched(spec),
            stdin=subprocess.PIPE if spec.stdin else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=spec.cwd,
            env=env,
            start_new_session=True,
        )
    if process.stdin is not None:
        with process.stdin as pipe:
            pipe.write(spec.stdin)
    return process


def spawn_warm(spec: ProcessSpec, log: Path, *, notify: Path, door: Path) -> int:
    """Have the nursery at `door` fork the child; the number of what is now a child of ours.

    Raises:
        OSError: the nursery does not answer.
    """
    private(log.parent)
    _turn_over(log)
    _, _, module, *arguments = spec.argv
    birth = Birth(
        module=module,
        arguments=arguments,
        env={**spec.env, "NOTIFY_SOCKET": str(notify)},
        cwd=str(spec.cwd or Path.cwd()),
        parent=os.getpid(),
        death_signal=int(spec.death_signal),
    )
    with log.open("ab") as output:
        return bear(door, birth, output.fileno())


def last_words(log: Path, *, lines: int = 3) -> str:
    """The end of a log, on one line, for a sentence about why its process died."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        text = file.read().decode(errors="replace")
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(said[-lines:])


def launched(spec: ProcessSpec) -> list[str]:
    """The command that becomes the child, bound to our life."""
    python = [sys.executable, "-I", "-S", str(launch.__file__)]
    bond = ["--parent", str(os.getpid()), "--death-signal", str(int(spec.death_signal))]
    return [*python, *bond, "--as", spec.identity, "--", *spec.argv]


@contextmanager
def watched(pid: int) -> Iterator[Callable[[float], bool]]:
    """Hold on to a process, anybody's: asked, say whether it has ended within so many seconds.

    The kernel tells of its end, and no later process of the same number is taken for it.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        yield lambda _: True
        return
    try:
        yield lambda within_s: bool(select.select([descriptor], [], [], max(0.0, within_s))[0])
    finally:
        os.close(descriptor)


def _turn_over(log: Path) -> None:
    """Keep one old log, so that a process which crashes for weeks does not fill the disk."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".old.log"))
