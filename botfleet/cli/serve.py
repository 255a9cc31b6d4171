"""`botfleet serve`: one part of a fleet, on a machine or in a container of its own.

Postgres, Redis and the other parts are elsewhere. The part is kept up, ends in order on SIGTERM,
and answers scrapes at BOTFLEET_METRICS_PORT. How many instances a pod has is the layout's to say:
they come and go while it runs.
"""

import re
import signal
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from botfleet.adapters.postgres.schema import wait_until_served
from botfleet.adapters.system.readiness import announce
from botfleet.adapters.telemetry import scrape
from botfleet.application.ports.layouts import Layout, Layouts
from botfleet.bootstrap import Wiring
from botfleet.cli.options import Home, given
from botfleet.cli.processes import Fleet, part_plan
from botfleet.cli.up import Narrator
from botfleet.config import Settings
from botfleet.domain.fleet.seating import Shape
from botfleet.errors import BadInput, NotFound, Refusal, Transient

app = typer.Typer()

#: How often a pod looks at the layout, real seconds.
LOOK_S = 2.0


class Role(StrEnum):
    """Parts that run by themselves; the API is `python -m botfleet.api`."""

    ROUTER = "router"
    ORDERS = "orders"
    BEAT = "beat"
    COURIER = "courier"
    POD = "pod"


@app.command(
    epilog="Examples:  botfleet serve router   ·   botfleet serve pod --pod 2   ·   "
    "botfleet serve pod --name botfleet-pod-1"
)
def serve(
    role: Annotated[Role, typer.Argument(help="Which part.")],
    *,
    pod: Annotated[int | None, typer.Option(min=1, help="The pod's number.")] = None,
    name: Annotated[
        str | None, typer.Option(help="Instead: a name that ends in -N; its pod is N + 1.")
    ] = None,
    join: Annotated[
        bool, typer.Option("--join", help="Grow the fleet to this pod, if it is smaller.")
    ] = False,
    home: Home = None,
) -> None:
    """Run one part of a fleet until SIGTERM; what it is at then is finished first."""
    number = _number(pod, name) if role is Role.POD else None
    settings, console = Settings.read(**given(home=home)), Console(soft_wrap=True)
    with Wiring(settings) as wiring:
        wait_until_served(wiring.database, console.print)
        wiring.keep_step()
    fleet = Fleet(settings, Narrator(console).tell, lambda given: part_plan(given, role))
    with fleet.starting():
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: fleet.supervision.end())
        fleet.supervision.until_ready()
        if settings.metrics_port and role is not Role.COURIER:  # it serves them itself
            counted = scrape.registry(fleet.settings.home)
            scrape.serve(counted, settings.metrics_port, settings.metrics_host)
        announce()
        with Wiring(fleet.settings) as wiring:
            place = Place(wiring.layouts, number, is_joining=join) if number else None
            while not fleet.supervision.ended(LOOK_S):
                announce(b"WATCHDOG=1")
                if place is not None and fleet.supervision.is_up:
                    _fit(fleet, place)


def _number(pod: int | None, name: str | None) -> int:
    if (pod is None) == (name is None):
        raise BadInput("Say which pod: --pod or --name.")
    if pod is not None:
        return pod
    found = re.fullmatch(r".*-(\d{1,4})", name or "")
    if found is None:
        raise BadInput(f"{name} does not end in a number, as botfleet-pod-0 does.")
    return int(found[1]) + 1


@dataclass
class Place:
    """A pod in the layout: once it has joined, a layout without it is its operators' wish."""

    layouts: Layouts
    pod: int
    is_joining: bool

    def instances(self) -> frozenset[str]:
        """Name the instances that this pod should have now.

        Raises:
            Transient, NotFound: nobody knows.
        """
        shape = self._shape()
        return frozenset(str(one) for one in shape.everywhere if one.pod == self.pod)

    def _shape(self) -> Shape:
        layout = self.layouts.layout()
        if layout.shape is None:
            raise NotFound("The fleet has no pods yet.")
        self.is_joining = self.is_joining and layout.shape.pods < self.pod
        return self._joined(layout, layout.shape) if self.is_joining else layout.shape

    def _joined(self, layout: Layout, shape: Shape) -> Shape:
        """Have the fleet reach this pod; users who have seats keep them."""
        larger = replace(shape, pods=self.pod)
        try:
            with self.layouts.changing(layout.version):
                self.layouts.arrange(larger, version=layout.version)
        except Refusal:  # somebody else changes the fleet: look again
            return shape
        return larger


def _fit(fleet: Fleet, place: Place) -> None:
    """Start and end instances as the layout says; what it cannot say now, it says later."""
    try:
        wanted = place.instances()
    except (Transient, NotFound):
        return
    running = {one.name for one in fleet.processes() if one.name.startswith("pod.")}
    if wanted - running:
        fleet.supervision.add(sorted(wanted - running))
    if running - wanted:
        fleet.supervision.remove(sorted(running - wanted))
