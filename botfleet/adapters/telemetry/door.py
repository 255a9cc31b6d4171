"""What the API counts; labels are its own routes, methods and codes, never what somebody sent."""

from dataclasses import dataclass
from pathlib import Path

import prometheus_client as prometheus

from botfleet.adapters.telemetry.counts import Counts

_ANSWER_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
#: What a path is called that leads nowhere, and a method that is none.
NOWHERE, OTHER = "nowhere", "other"
#: Problems that are counted from nothing, so that the first of them shows as a step.
_WATCHED = ("internal", "store_unavailable", "too_often", "too_many_streams", "unauthorized")


@dataclass(frozen=True, slots=True)
class DoorMeters:
    """The meters of one process of the API."""

    requests: prometheus.Counter
    answers: prometheus.Histogram
    problems: prometheus.Counter
    streams: prometheus.Gauge

    def answered(
        self, method: str, route: str | None, status: int, *, problem: str | None, took_s: float
    ) -> None:
        """Count an answer as it begins; `route` is a path as we wrote it, None for no path."""
        word = method if method in _METHODS else OTHER
        self.requests.labels(word, route or NOWHERE, str(status)).inc()
        self.answers.labels(route or NOWHERE).observe(took_s)
        if problem is not None:
            self.problems.labels(problem).inc()


def measure(home: Path) -> DoorMeters:
    """Give the meters of an API process, kept below `home`, where `scrape` finds them."""
    counts = Counts(home)
    took, asked = "Real time until an answer began.", "Requests that were answered."
    meters = DoorMeters(
        requests=counts.counter("api_requests", asked, "method", "route", "status"),
        answers=counts.histogram("api_answer_seconds", took, "route", buckets=_ANSWER_S),
        problems=counts.counter("api_problems", "Requests that were told no, by its code.", "code"),
        streams=counts.gauge("api_streams", "Streams that are listened to.", "sum"),
    )
    for code in _WATCHED:
        meters.problems.labels(code)
    return meters
