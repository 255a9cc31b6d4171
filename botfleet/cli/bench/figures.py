"""Figures as people and programs read them, and what processes weigh."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psutil
import typer
from rich.console import Console
from rich.table import Table

from botfleet.adapters.system.supervisor import ProcessState

MIB = 1024 * 1024


def machine() -> dict[str, Any]:
    """Say what was measured on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which `share` of `values` lie (nearest rank); 0 of none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def weight_mib(pids: Iterable[int]) -> float:
    """Give the proportional set size of processes together, in MiB."""
    return sum(psutil.Process(pid).memory_full_info().pss for pid in pids) / MIB


def cpu_s(states: Iterable[ProcessState]) -> dict[str, float]:
    """Say how much processor time each process and its children have used so far, seconds."""
    return {one.name: _cpu_s(one.pid) for one in states if one.pid is not None}


def _cpu_s(pid: int) -> float:
    """Add up a tree of processes; what died in it is in its parent's account."""
    try:
        root = psutil.Process(pid)
        tree = [root.cpu_times(), *(one.cpu_times() for one in root.children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0.0
    dead = tree[0].children_user + tree[0].children_system
    return sum((one.user + one.system for one in tree), dead)


def tell(title: str, figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Print figures: a table, or one JSON document."""
    if as_json:
        typer.echo(json.dumps({"bench": title, "machine": machine(), **figures}, indent=2))
        return
    table = Table("figure", "value", title=title, title_justify="left")
    for name, value in figures.items():
        table.add_row(
            name.replace("_", " "), f"{value:,.2f}" if isinstance(value, float) else str(value)
        )
    Console().print(table)
