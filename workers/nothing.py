"""A task that does nothing: what a message costs, for the benchmark that compares."""

from workers.app import app, wiring
from workers.task import FleetTask


@app.task(name="botfleet.nothing", base=FleetTask)
def nothing(ring: str = "") -> None:
    """Do nothing; the last message of a queue rings where its sender waits."""
    if ring:
        wiring.bell_named(ring).ring()
