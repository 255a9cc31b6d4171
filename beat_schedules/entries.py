"""What rings, and how often. A ring carries no data and knows no holidays: the router reads the
clock and the calendar, and routes the whole stretch since its last ring.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A ring every `period_s` seconds: of market time, or of real time for what mends."""

    name: str
    period_s: float
    is_market_time: bool


ENTRIES = (
    Entry("ring", 60, is_market_time=True),
    Entry("resolve", 2, is_market_time=True),
    Entry("reconcile", 5, is_market_time=False),
    Entry("sweep", 2, is_market_time=False),
)
