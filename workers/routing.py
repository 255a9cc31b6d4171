"""The router's tasks: turn rings into rows, and find what fell between rows and messages."""

from botfleet.application.route import route
from botfleet.application.sweep import sweep
from workers.app import app, meters, wiring
from workers.task import FleetTask


@app.task(name="botfleet.ring", base=FleetTask)
def ring() -> None:
    """Route everything due up to the fleet clock's now."""
    route(wiring.clock.now(), work=wiring.work, messages=wiring.messages)


@app.task(name="botfleet.sweep", base=FleetTask)
def sweep_up() -> None:
    """Point again at what seems forgotten, and mend some pools."""
    swept = sweep(work=wiring.work, orders=wiring.orders, messages=wiring.messages)
    meters.recovered("work", swept.work)
    meters.recovered("orders", swept.orders)
    meters.recovered("pools", wiring.mender.mend_some())
