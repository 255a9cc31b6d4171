"""Figures of benches as they were kept: a run a line, and what has become of each figure since.

Only runs on machines alike, of as many cores, are held against each other.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import TypeAdapter, ValidationError

from botfleet.errors import BadInput

#: How many of the latest runs a figure's bars show.
RUNS_SHOWN = 12
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a bench that was kept; `figures` by name, a part's below its own name."""

    at: datetime
    build: str
    bench: str
    machine: Mapping[str, Any]
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trend:
    """One figure of a bench over its runs, oldest first."""

    bench: str
    figure: str
    values: tuple[float, ...]

    @property
    def now(self) -> float:
        """The latest."""
        return self.values[-1]

    @property
    def before(self) -> float | None:
        """The median of those before it; None of none."""
        return median(self.values[:-1]) if self.values[1:] else None

    @property
    def change_pct(self) -> float | None:
        """By how much the two differ, per cent; None where nothing is to compare."""
        return 100 * (self.now / self.before - 1) if self.before else None

    @property
    def bars(self) -> str:
        """The latest values, drawn from nothing up to the most of them."""
        shown = self.values[-RUNS_SHOWN:]
        most = max(shown)
        return "".join(_BARS[round(7 * max(0.0, one) / most) if most > 0 else 0] for one in shown)


_RUN = TypeAdapter(Run)


def read(history: Path) -> list[Run]:
    """Give the runs that were kept, oldest first; none of a file that is not there.

    Raises:
        BadInput: it cannot be read, or a line of it is no run.
    """
    try:
        lines = history.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{history} cannot be read: {error}.") from error
    return [_run(line, f"{history}, line {number}") for number, line in enumerate(lines, 1)]


def trends(runs: Sequence[Run]) -> list[Trend]:
    """Follow each figure of the latest run of each bench; what never changes is no trend."""
    latest = {run.bench: run for run in runs}
    return [
        Trend(bench, figure, values)
        for bench, last in latest.items()
        for figure, values in _series(last, runs)
        if len(set(values)) > 1 or len(values) == 1
    ]


def _series(last: Run, runs: Iterable[Run]) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Give each figure of a bench with its values over time, on machines like the last's."""
    alike = [run for run in runs if _kind(run) == _kind(last)]
    told = [dict(_numbers(run.figures)) for run in alike]
    for figure in told[-1]:
        yield figure, tuple(one[figure] for one in told if figure in one)


def _kind(run: Run) -> tuple[str, Any]:
    return run.bench, run.machine.get("cores")


def _numbers(figures: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{within}{name} ")
        elif isinstance(value, int | float):
            yield within + name, value


def keep(history: Path, run: Run) -> None:
    """Add a run.

    Raises:
        BadInput: it cannot be written.
    """
    line = json.dumps(asdict(run), default=datetime.isoformat)
    try:
        with history.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise BadInput(f"{history} cannot be written: {error.strerror}.") from error


def _run(line: str, where: str) -> Run:
    try:
        return _RUN.validate_json(line)
    except ValidationError as error:
        raise BadInput(f"{where} is no run of a bench.") from error
