"""Where a process's counts lie while many processes are scraped as one.

prometheus_client keeps each process's counts in files named after it. Named by process number they
would pile up with every restart, and counts would fall if old ones were swept. Here a process takes
the first slot nobody holds, and counts on where its dead predecessor stopped: as many files as
processes at once, and no count ever falls. The kernel frees a slot however its holder dies. How a
process stands (a gauge) dies with it, though: its successor begins anew, and `bury` takes away what
one left that had no successor.
"""

import fcntl
import os
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path


@dataclass(slots=True)
class Slots:
    """Gives the calling process its slot; a fork takes its own."""

    directory: Path
    held: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __call__(self) -> int:
        """Give this process's slot."""
        process = os.getpid()
        if process not in self.held:
            self.held[process] = self._take()
        return self.held[process][0]

    def _take(self) -> tuple[int, int]:
        for number in count():
            descriptor = _lock(self.directory / f"slot.{number}", os.O_RDWR | os.O_CREAT)
            if descriptor is not None:
                _bury(self.directory, number)
                return number, descriptor
        raise AssertionError("there is always a next number")


def bury(directory: Path) -> None:
    """Take away how processes stood that live no more."""
    for path in directory.glob("slot.*"):
        descriptor = _lock(path, os.O_RDWR)
        if descriptor is not None:
            _bury(directory, int(path.suffix[1:]))
            os.close(descriptor)


def _lock(path: Path, how: int) -> int | None:
    """Give a slot's lock; None while somebody holds it."""
    descriptor = os.open(path, how | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _bury(directory: Path, number: int) -> None:
    for path in directory.glob(f"gauge_*_{number}.db"):
        path.unlink(missing_ok=True)
