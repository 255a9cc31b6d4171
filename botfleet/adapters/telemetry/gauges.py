"""What stands, as families of gauges; labels are words of our own, never a user's or a bot's."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from botfleet.application.ports.broker_lines import BrokerLine
from botfleet.application.ports.journal import FleetNumbers, InstanceLine
from botfleet.application.ports.machines import ProcessLoad
from botfleet.application.ports.passes import BreakKind
from botfleet.application.ports.slots import Lateness
from botfleet.domain.bots.safeguards import Mode, Scope


def standing(now: FleetNumbers) -> Iterator[Metric]:
    """How the whole fleet stands."""
    used = now.users - now.users_unseated
    seats = {"used": used, "free": max(0, now.seats - used)}
    yield gauges("seats", "Seats for users.", "state", seats)
    yield gauge("users_unseated", "Users without a seat.", now.users_unseated)
    bots = {"on": now.bots_on, "off": now.bots - now.bots_on}
    yield gauges("bots", "Bots.", "state", bots)
    yield gauge("positions_open", "Positions that hold capital.", now.positions_open)
    yield gauges("capital_cents", "Of all pools together.", "state", now.capital)
    yield _halts(now.switches)
    unfit = {"recovering": now.accounts_recovering, "restored": now.accounts_restored}
    yield gauges("accounts_unfit", "Accounts to be compared first.", "why", unfit)
    yield gauge("brokers_down", "Brokers that do not answer.", len(now.brokers_down))
    yield gauge("work_due", "Rows of work not done.", now.due)
    yield gauge("work_due_age_seconds", "Of the oldest, market time.", now.oldest_due_s)
    yield gauge("beat_leader", "Whether a metronome leads.", now.has_beat)
    yield gauge("beat_changes", "How often another one began to ring.", now.beat_changes)


def brokers(found: Iterable[BrokerLine]) -> Iterator[Metric]:
    """What stands at each broker."""
    lines = {one.broker: one for one in found}

    def each(name: str, about: str, value: Callable[[BrokerLine], float]) -> Metric:
        values = {broker: value(one) for broker, one in lines.items()}
        return gauges(name, about, "broker", values)

    yield each("orders_live", "Orders that have not ended.", lambda one: one.orders_live)
    yield each("orders_unknown", "Orders of unknown fate.", lambda one: one.orders_unknown)
    age = "Of the oldest, market time."
    yield each("orders_unknown_age_seconds", age, lambda one: one.oldest_unknown_s)
    logins = GaugeMetricFamily(
        "botfleet_logins",
        "Logins at brokers, and those of them that their owners must see to.",
        labels=["broker", "state"],
    )
    for broker, one in lines.items():
        logins.add_metric([broker, "alive"], one.logins_alive)
        logins.add_metric([broker, "ending"], one.logins_ending)
        logins.add_metric([broker, "lapsing"], one.logins_lapsing)
        logins.add_metric([broker, "ended"], one.logins_ended)
        logins.add_metric([broker, "stranded"], one.logins_stranded)
    yield logins


def late(measured: Iterable[Lateness]) -> Iterator[Metric]:
    """What came of the slots of today, and how late they were begun or given up; bot by bot."""
    about = "Market time from a slot of today to its beginning, or to when it was given up."
    times = GaugeMetricFamily("botfleet_lateness_seconds", about, labels=["trigger", "quantile"])
    about = "Bots in slots of today, by how they ended there."
    ends = GaugeMetricFamily("botfleet_slots", about, labels=["trigger", "end"])
    for one in measured:
        for quantile, late_s in (("0.5", one.late_p50_s), ("0.99", one.late_p99_s)):
            times.add_metric([one.trigger.value, quantile], late_s)
        times.add_metric([one.trigger.value, "1"], one.late_max_s)
        for end in ("done", "skipped", "missed", "failed"):
            ends.add_metric([one.trigger.value, end], getattr(one, end))
    yield times
    yield ends


def places(instances: Iterable[InstanceLine]) -> Iterator[Metric]:
    """What every instance carries, and how late it was in the last hour.

    Its label is `place`: `instance` is Prometheus's own word for what it scrapes.
    """
    lines = {f"{one.pod}.{one.instance}": one for one in instances}
    users = {place: float(one.users) for place, one in lines.items()}
    yield gauges("instance_users", "Users seated.", "place", users)
    bots = {place: float(one.bots_on) for place, one in lines.items()}
    yield gauges("instance_bots", "Bots that are on.", "place", bots)
    due = {place: float(one.due) for place, one in lines.items()}
    yield gauges("instance_work_due", "Rows of work not done.", "place", due)
    lag = {place: one.lag_p99_ms / 1000 for place, one in lines.items() if one.lag_p99_ms}
    yield gauges("instance_lag_seconds", "Marks of the last hour, p99.", "place", lag)


def breaks(counts: Mapping[BreakKind, int]) -> Metric:
    """What differs between our books and brokers'."""
    about = "Differences between our books and brokers' that stand."
    return gauges(
        "reconciliation_breaks", about, "kind", {kind.value: n for kind, n in counts.items()}
    )


def weights(processes: Iterable[ProcessLoad]) -> Iterator[Metric]:
    """What the processes of this machine weigh and have used."""
    lines = list(processes)
    memory = {one.name: float(one.memory_bytes) for one in lines}
    yield gauges("process_memory_bytes", "Fair share of what is shared.", "process", memory)
    used = CounterMetricFamily("botfleet_process_cpu_seconds", "CPU used.", labels=["process"])
    restarts = CounterMetricFamily("botfleet_process_restarts", "Deaths.", labels=["process"])
    for one in lines:
        used.add_metric([one.name], one.cpu_s)
        restarts.add_metric([one.name], one.restarts)
    yield used
    yield restarts


def gauge(name: str, about: str, value: float) -> Metric:
    """One number."""
    return GaugeMetricFamily(f"botfleet_{name}", about, value)


def gauges(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    """One number a word."""
    family = GaugeMetricFamily(f"botfleet_{name}", about, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family


def _halts(switches: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(
        "botfleet_halts", "Switches that stand, by what they are over.", labels=["scope", "mode"]
    )
    for scope in Scope:
        for mode in (Mode.REDUCING, Mode.HALTED):
            family.add_metric([scope, mode], switches.get(f"{scope} {mode}", 0))
    return family
