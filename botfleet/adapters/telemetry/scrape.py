"""/metrics: what all processes counted, and how the fleet stands as it is asked.

It listens on its own port, inside only (BOTFLEET_METRICS_HOST), and knows no user.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from botfleet.adapters.telemetry import gauges
from botfleet.adapters.telemetry.meters import directory_of
from botfleet.application.ports.broker_lines import BrokerLine
from botfleet.application.ports.journal import FleetNumbers, InstanceLine
from botfleet.application.ports.machines import ProcessLoad
from botfleet.application.ports.passes import BreakKind
from botfleet.application.ports.slots import Lateness
from botfleet.errors import Transient


@dataclass(frozen=True)
class FleetCollector(Collector):
    """Gauges by question; a store that does not answer leaves its gauges out and is said so.

    `calendar_days` says for how many days the exchange calendar still reaches.
    """

    numbers: Callable[[], FleetNumbers]
    depths: Callable[[], Mapping[str, int]]
    lateness: Callable[[], Iterable[Lateness]] = tuple
    instances: Callable[[], Iterable[InstanceLine]] = tuple
    processes: Callable[[], Iterable[ProcessLoad]] = tuple
    breaks: Callable[[], Mapping[BreakKind, int]] = dict
    brokers: Callable[[], Iterable[BrokerLine]] = tuple
    calendar_days: Callable[[], int] | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked before the first scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Ask, and give what was answered."""
        up = GaugeMetricFamily("botfleet_up", "Whether a store answers.", labels=["store"])
        for store, asked in (("postgres", self._standing), ("queue", self._queues)):
            try:
                answered = list(asked())
            except Transient:
                up.add_metric([store], 0)
            else:
                up.add_metric([store], 1)
                yield from answered
        yield up
        yield from gauges.weights(self.processes())
        if self.calendar_days:
            about = "Days until the exchange calendar ends."
            yield gauges.gauge("calendar_days", about, self.calendar_days())

    def _standing(self) -> Iterator[Metric]:
        yield from gauges.standing(self.numbers())
        yield gauges.late(self.lateness())
        yield from gauges.places(self.instances())
        yield gauges.breaks(self.breaks())
        yield from gauges.brokers(self.brokers())

    def _queues(self) -> Iterator[Metric]:
        yield gauges.gauges("queue_depth", "Messages that wait.", "queue", self.depths())


def registry(home: Path, fleet: FleetCollector | None = None) -> CollectorRegistry:
    """Give everything there is to scrape: what processes of `home` counted, and how all stands."""
    everything = CollectorRegistry()
    path = str(directory_of(home))
    MultiProcessCollector(everything, path=path)  # type: ignore[no-untyped-call]
    if fleet is not None:
        everything.register(fleet)
    return everything


def serve(everything: CollectorRegistry, port: int, host: str = "127.0.0.1") -> None:
    """Answer scrapes in a thread of its own, until the process ends."""
    start_http_server(port, addr=host, registry=everything)
