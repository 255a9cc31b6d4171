"""What workers count (DESIGN 8); labels are words of our own, never a user's or a bot's."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import prometheus_client as prometheus

from botfleet.adapters.telemetry.counts import Counts
from botfleet.application.sweep import Drift
from botfleet.domain.market.quotes import Quote
from botfleet.domain.schedules.agenda import Kind, TriggerKind

_LAG_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300)
_AGE_S = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
_BATCH_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20)

#: What a run may have come to, without the detail behind its colon.
OUTCOMES = frozenset(
    {"opening", "closing", "vetoed", "refused", "no_trade", "no_data", "notified", "nothing"}
    | {"already_closing", "skipped", "asked"}
)


@dataclass(frozen=True, slots=True)
class Meters:
    """The meters of one process."""

    mark_lag: prometheus.Histogram
    lag: prometheus.Histogram
    batch: prometheus.Histogram
    runs: prometheus.Counter
    draws: prometheus.Counter
    orders: prometheus.Counter
    recoveries: prometheus.Counter
    tasks: prometheus.Counter
    statements: prometheus.Counter
    quote_age: prometheus.Histogram
    drift: prometheus.Counter

    def worked(
        self, kind: Kind, triggers: Iterable[TriggerKind], *, took_s: float, lag_s: float
    ) -> None:
        """Count a row of work that was done, and how late, by what brought it about."""
        self.batch.labels(kind.value).observe(took_s)
        for trigger in triggers:
            self.lag.labels(trigger.value).observe(max(0.0, lag_s))
        if kind is Kind.MARK:
            self.mark_lag.observe(max(0.0, lag_s))

    def ran(self, kind: Kind, outcomes: Mapping[str, int]) -> None:
        """Count runs that were committed, by what they came to."""
        for outcome, count in _bounded(outcomes).items():
            self.runs.labels(kind.value, outcome).inc(count)

    def saw(self, quotes: Iterable[Quote], now: datetime) -> None:
        """Count quotes of underlyings by their age (market time)."""
        for quote in quotes:
            self.quote_age.observe(max(0.0, (now - quote.at).total_seconds()))

    def mended(self, drift: Drift) -> None:
        """Count pools that were reloaded, and by how much their money was wrong."""
        self.recovered("pools", drift.pools)
        self.drift.labels("generous").inc(drift.generous_cents)
        self.drift.labels("strict").inc(drift.strict_cents)

    def recovered(self, what: str, count: int) -> None:
        """Count what the sweeper found forgotten; nothing is counted too, so that it shows."""
        self.recoveries.labels(what).inc(count)


def measure(home: Path) -> Meters:
    """Give the meters of a worker, kept below `home`, where `scrape` finds them."""
    counts = Counts(home)
    counter, histogram = counts.counter, counts.histogram
    age = "Market time since the quote of an underlying, as an instance saw it."
    drift = "Cents by which Redis was wrong on pools that were reloaded."
    return Meters(
        mark_lag=histogram("mark_lag_seconds", "Market time a mark was late.", buckets=_LAG_S),
        lag=histogram("lag_seconds", "Market time until it was done.", "trigger", buckets=_LAG_S),
        batch=histogram("batch_seconds", "Real time a row took.", "kind", buckets=_BATCH_S),
        runs=counter("runs", "Runs, by cause and by what they came to.", "kind", "outcome"),
        draws=counter("draws", "Draws on capital, by the pool's answer.", "result"),
        orders=counter("orders", "Orders that came into a state.", "broker", "state"),
        recoveries=counter("sweeper_recoveries", "What the sweeper found forgotten.", "what"),
        tasks=counter("tasks", "Messages, by how they ended.", "task", "end"),
        statements=counter("statements", "Statements sent to Postgres."),
        quote_age=histogram("quote_age_seconds", age, buckets=_AGE_S),
        drift=counter("capital_drift_cents", drift, "side"),
    )


def _bounded(outcomes: Mapping[str, int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for outcome, count in outcomes.items():
        word = outcome.partition(":")[0]
        counts[word if word in OUTCOMES else "other"] += count
    return counts
