"""What the processes of this machine's fleet weigh and have used, as the kernel knows it."""

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
    measured = (_load(state) for state in states)
    return {load.name: load for load in measured if load is not None}


def _load(state: ProcessState) -> ProcessLoad | None:
    if state.pid is None:
        return None
    try:
        process = psutil.Process(state.pid)
        with process.oneshot():
            uptime_s = RealClock().now().timestamp() - process.create_time()
            times = process.cpu_times()
            memory = process.memory_full_info().pss
    except psutil.Error:
        return None
    cpu_s = times.user + times.system
    return ProcessLoad(state.name, round(uptime_s, 1), memory, round(cpu_s, 2), state.restarts)
