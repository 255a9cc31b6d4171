"""/metrics: what all processes counted, and how the fleet stands as it is asked.

It listens on its own port, inside only (BOTFLEET_METRICS_HOST), and knows no user.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from botfleet.adapters.telemetry import gauges
from botfleet.adapters.telemetry.counts import directory_of
from botfleet.adapters.telemetry.paced import Paced
from botfleet.adapters.telemetry.slots import bury
from botfleet.application.ports.broker_lines import BrokerLine
from botfleet.application.ports.journal import FleetNumbers, InstanceLine
from botfleet.application.ports.machines import ProcessLoad
from botfleet.application.ports.passes import BreakKind
from botfleet.application.ports.slots import Lateness
from botfleet.errors import Transient


@dataclass(frozen=True)
class FleetCollector(Collector):
    """Gauges by question; a store that does not answer leaves its gauges out and is said so.

    What takes long is asked less often (`paced`), however many scrape. `calendar_days` says for how
    many days the exchange calendar still reaches, `is_session` whether the exchange is
    open, `unsafe` why a store may lose what it keeps.
    """

    numbers: Callable[[], FleetNumbers]
    depths: Callable[[], Mapping[str, int]]
    lateness: Callable[[], Iterable[Lateness]] = tuple
    instances: Callable[[], Iterable[InstanceLine]] = tuple
    processes: Callable[[], Iterable[ProcessLoad]] = tuple
    breaks: Callable[[], Mapping[BreakKind, int]] = dict
    brokers: Callable[[], Iterable[BrokerLine]] = tuple
    calendar_days: Callable[[], int] | None = None
    is_session: Callable[[], bool] | None = None
    unsafe: Mapping[str, Callable[[], Sequence[str]]] = field(default_factory=dict, hash=False)

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked before the first scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Ask, and give what was answered."""
        up: dict[str, float] = {}
        for store, asked in self._askings.items():
            try:
                answered = asked()
            except Transient:
                up[store] = 0
            else:
                up[store] = 1
                yield from answered
        unsafe: dict[str, float] = {}
        for store, settings in self._settings.items():
            try:
                unsafe[store] = len(settings())
            except Transient:
                up[store] = 0
            else:
                up.setdefault(store, 1)
        yield gauges.gauges("up", "Whether a store answers.", "store", up)
        about = "Settings with which a store may lose what it was given to keep."
        yield gauges.gauges("store_unsafe", about, "store", unsafe)
        yield from gauges.weights(self.processes())
        if self.calendar_days:
            about = "Days until the exchange calendar ends."
            yield gauges.gauge("calendar_days", about, self.calendar_days())

    @cached_property
    def _settings(self) -> Mapping[str, Paced[Sequence[str]]]:
        return {store: Paced(asked) for store, asked in self.unsafe.items()}

    @cached_property
    def _askings(self) -> Mapping[str, Paced[list[Metric]]]:
        asked = {"postgres": self._standing, "queue": self._queues}
        return {store: Paced(lambda ask=ask: list(ask())) for store, ask in asked.items()}  # type: ignore[misc]

    def _standing(self) -> Iterator[Metric]:
        yield from gauges.standing(self.numbers())
        yield from gauges.late(self.lateness())
        yield from gauges.places(self.instances())
        yield gauges.breaks(self.breaks())
        yield from gauges.brokers(self.brokers())
        if self.is_session:
            yield gauges.gauge("session", "Whether the exchange is open.", self.is_session())

    def _queues(self) -> Iterator[Metric]:
        yield gauges.gauges("queue_depth", "Messages that wait.", "queue", self.depths())


class _Counted(Collector):
    """What processes counted, and how those stand that live."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files = MultiProcessCollector(None, str(directory))  # type: ignore[no-untyped-call]

    def describe(self) -> Iterable[Metric]:
        """Nothing is read before the first scrape."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Read the files."""
        bury(self._directory)
        found: Iterable[Metric] = self._files.collect()  # type: ignore[no-untyped-call]
        return found


def registry(home: Path, fleet: FleetCollector | None = None) -> CollectorRegistry:
    """Give everything there is to scrape: what processes of `home` counted, and how all stands."""
    everything = CollectorRegistry()
    everything.register(_Counted(directory_of(home)))
    if fleet is not None:
        everything.register(fleet)
    return everything


def serve(everything: CollectorRegistry, port: int, host: str = "127.0.0.1") -> None:
    """Answer scrapes in a thread of its own, until the process ends."""
    start_http_server(port, addr=host, registry=everything)
