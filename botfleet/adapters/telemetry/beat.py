"""What a metronome counts of itself: what it rang, how late, and whether it leads."""

from dataclasses import dataclass
from pathlib import Path

import prometheus_client as prometheus

from botfleet.adapters.system.clock import RealClock
from botfleet.adapters.telemetry.counts import Counts

_LATE_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300)


@dataclass(frozen=True, slots=True)
class BeatMeters:
    """The meters of one metronome."""

    rings: prometheus.Counter
    late: prometheus.Histogram
    takeovers: prometheus.Counter
    leads: prometheus.Gauge
    ticked_at: prometheus.Gauge

    def rang(self, entry: str, *, late_s: float | None) -> None:
        """Count a ring; None: nothing is known of when it was due."""
        self.rings.labels(entry).inc()
        if late_s is not None:
            self.late.labels(entry).observe(max(0.0, late_s))

    def ticked(self, *, is_leading: bool) -> None:
        """Note that it lives, and whether it holds the lease."""
        self.leads.set(is_leading)
        self.ticked_at.set(RealClock().now().timestamp())


def measure(home: Path) -> BeatMeters:
    """Give the meters of a metronome, kept below `home`, where `scrape` finds them."""
    counts = Counts(home)
    late = "Real time from when a ring was due until it was given."
    return BeatMeters(
        rings=counts.counter("beat_rings", "Rings that were given.", "entry"),
        late=counts.histogram("beat_late_seconds", late, "entry", buckets=_LATE_S),
        takeovers=counts.counter("beat_takeovers", "Times a metronome began to lead."),
        leads=counts.gauge("beat_leads", "Metronomes that hold the lease.", "sum"),
        ticked_at=counts.gauge("beat_tick_timestamp_seconds", "Least last tick of those.", "min"),
    )
