"""/metrics: what all processes counted, and how the fleet stands as it is asked.

It listens on its own port, inside only (BOTFLEET_METRICS_HOST), and knows no user.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from botfleet.adapters.telemetry.meters import directory_of
from botfleet.application.ports.journal import FleetNumbers, InstanceLine
from botfleet.application.ports.machines import ProcessLoad
from botfleet.application.ports.passes import BreakKind
from botfleet.application.ports.slots import Lateness
from botfleet.domain.bots.safeguards import Mode, Scope
from botfleet.errors import Transient


class FleetCollector(Collector):
    """Gauges by question; a store that does not answer leaves its gauges out and is said so."""

    def __init__(
        self,
        numbers: Callable[[], FleetNumbers],
        depths: Callable[[], Mapping[str, int]],
        lateness: Callable[[], Iterable[Lateness]] = tuple,
        instances: Callable[[], Iterable[InstanceLine]] = tuple,
        processes: Callable[[], Iterable[ProcessLoad]] = tuple,
        breaks: Callable[[], Mapping[BreakKind, int]] = dict,
    ) -> None:
        self._numbers, self._depths, self._lateness = numbers, depths, lateness
        self._instances, self._processes = instances, processes
        self._breaks = breaks

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked before the first scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Ask, and give what was answered."""
        up = GaugeMetricFamily("botfleet_up", "Whether a store answers.", labels=["store"])
        for store, asked in (("postgres", self._standing), ("queue", self._queues)):
            try:
                gauges = list(asked())
            except Transient:
                up.add_metric([store], 0)
            else:
                up.add_metric([store], 1)
                yield from gauges
        yield up
        yield from _weights(self._processes())

    def _standing(self) -> Iterator[Metric]:
        now = self._numbers()
        used = now.users - now.users_unseated
        seats = {"used": used, "free": max(0, now.seats - used)}
        yield _gauges("seats", "Seats for users.", "state", seats)
        yield _gauge("users_unseated", "Users without a seat.", now.users_unseated)
        bots = {"on": now.bots_on, "off": now.bots - now.bots_on}
        yield _gauges("bots", "Bots.", "state", bots)
        yield _gauge("positions_open", "Positions that hold capital.", now.positions_open)
        yield _gauge("orders_live", "Orders that have not ended.", now.orders_live)
        yield _gauge("orders_unknown", "Orders of unknown fate.", now.orders_unknown)
        age = now.oldest_unknown_s
        yield _gauge("orders_unknown_age_seconds", "Of the oldest, market time.", age)
        yield _halts(now.switches)
        yield _gauge("work_due", "Rows of work not done.", now.due)
        yield _gauge("work_due_age_seconds", "Of the oldest, market time.", now.oldest_due_s)
        yield _gauge("beat_leader", "Whether a metronome leads.", now.has_beat)
        yield _gauge("beat_changes", "How often another one began to ring.", now.beat_changes)
        yield _late(self._lateness())
        yield from _places(self._instances())
        breaks = {kind.value: count for kind, count in self._breaks().items()}
        about = "Differences between our books and brokers' that stand."
        yield _gauges("reconciliation_breaks", about, "kind", breaks)

    def _queues(self) -> Iterator[Metric]:
        yield _gauges("queue_depth", "Messages that wait.", "queue", self._depths())


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


def _places(instances: Iterable[InstanceLine]) -> Iterator[Metric]:
    """What every instance carries, and how late it was in the last hour."""
    lines = {f"{one.pod}.{one.instance}": one for one in instances}
    users = {place: float(one.users) for place, one in lines.items()}
    yield _gauges("instance_users", "Users seated.", "instance", users)
    bots = {place: float(one.bots_on) for place, one in lines.items()}
    yield _gauges("instance_bots", "Bots that are on.", "instance", bots)
    due = {place: float(one.due) for place, one in lines.items()}
    yield _gauges("instance_work_due", "Rows of work not done.", "instance", due)
    lag = {place: one.lag_p99_ms / 1000 for place, one in lines.items() if one.lag_p99_ms}
    yield _gauges("instance_lag_seconds", "Marks of the last hour, p99.", "instance", lag)


def _weights(processes: Iterable[ProcessLoad]) -> Iterator[Metric]:
    """What the processes of this machine weigh and have used."""
    lines = list(processes)
    memory = {one.name: float(one.memory_bytes) for one in lines}
    yield _gauges("process_memory_bytes", "Fair share of what is shared.", "process", memory)
    used = CounterMetricFamily("botfleet_process_cpu_seconds", "CPU used.", labels=["process"])
    restarts = CounterMetricFamily("botfleet_process_restarts", "Deaths.", labels=["process"])
    for one in lines:
        used.add_metric([one.name], one.cpu_s)
        restarts.add_metric([one.name], one.restarts)
    yield used
    yield restarts


def _late(measured: Iterable[Lateness]) -> Metric:
    about = "Market time from a slot of today to its beginning."
    family = GaugeMetricFamily("botfleet_lateness_seconds", about, labels=["trigger", "quantile"])
    for one in measured:
        for quantile, late_s in (("0.5", one.late_p50_s), ("0.99", one.late_p99_s)):
            family.add_metric([one.trigger.value, quantile], late_s)
        family.add_metric([one.trigger.value, "1"], one.late_max_s)
    return family


def _halts(switches: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(
        "botfleet_halts", "Switches that stand, by what they are over.", labels=["scope", "mode"]
    )
    for scope in Scope:
        for mode in (Mode.REDUCING, Mode.HALTED):
            family.add_metric([scope, mode], switches.get(f"{scope} {mode}", 0))
    return family


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"botfleet_{name}", about, value)


def _gauges(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"botfleet_{name}", about, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family
