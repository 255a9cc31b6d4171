"""What the processes of this machine's fleet weigh and have used, as the kernel knows it."""

import os
from collections.abc import Sequence
from pathlib import Path

import psutil

from botfleet.adapters.system import homes
from botfleet.adapters.system.clock import RealClock
from botfleet.adapters.system.supervisor import ProcessState
from botfleet.application.ports.machines import ProcessLoad


def loads(home: Path) -> dict[str, ProcessLoad]:
    """Measure every running process of the fleet in `home`, by name; nothing where none runs."""
    record = homes.found(home)
    return weighed(record.processes) if record is not None else {}


def weighed(states: Sequence[ProcessState]) -> dict[str, ProcessLoad]:
    """Measure those of the processes that run, by name."""
    measured = (_load(one.name, one.pid, one.restarts) for one in states if one.pid is not None)
    return {load.name: load for load in measured if load is not None}


def own_load(name: str) -> ProcessLoad | None:
    """Measure this process, which is called so; its supervisor alone knows of restarts."""
    return _load(name, os.getpid(), 0)


def _load(name: str, pid: int, restarts: int) -> ProcessLoad | None:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            uptime_s = RealClock().now().timestamp() - process.create_time()
            times = process.cpu_times()
            memory = process.memory_full_info().pss
    except psutil.Error:
        return None
    cpu_s = times.user + times.system
    return ProcessLoad(name, round(uptime_s, 1), memory, round(cpu_s, 2), restarts)
