"""Makes a process's meters; all of a home keep their counts in one place, a file a slot."""

from pathlib import Path
from typing import Literal

import prometheus_client as prometheus
from prometheus_client import values

from botfleet import config
from botfleet.adapters.telemetry.slots import Slots


class Counts:
    """The meters of one process, kept below a home, where `scrape` finds them."""

    def __init__(self, home: Path) -> None:
        directory = directory_of(home)
        config.keep_metrics_in(directory)
        # Chosen here, not by prometheus_client, which may have been imported before (nursery).
        values.ValueClass = values.MultiProcessValue(Slots(directory))  # type: ignore[no-untyped-call]
        self._registry = prometheus.CollectorRegistry()

    def counter(self, name: str, about: str, *labels: str) -> prometheus.Counter:
        """Give a number that only grows, over restarts too."""
        return prometheus.Counter(f"botfleet_{name}", about, labels, registry=self._registry)

    def histogram(
        self, name: str, about: str, *labels: str, buckets: tuple[float, ...]
    ) -> prometheus.Histogram:
        """Give how values were spread."""
        full = f"botfleet_{name}"
        return prometheus.Histogram(full, about, labels, registry=self._registry, buckets=buckets)

    def gauge(self, name: str, about: str, of: Literal["sum", "min"]) -> prometheus.Gauge:
        """Give how a process stands: the sum, or the least, of all that live."""
        full = f"botfleet_{name}"
        mode: Literal["livesum", "livemin"] = "livesum" if of == "sum" else "livemin"
        return prometheus.Gauge(full, about, registry=self._registry, multiprocess_mode=mode)


def directory_of(home: Path) -> Path:
    """Give where counts lie, made if it is not there."""
    directory = home / "metrics"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory
