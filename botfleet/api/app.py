"""The API as one ASGI app over a process's adapters."""

from fastapi import FastAPI

from botfleet.adapters.telemetry.door import DoorMeters
from botfleet.api import (
    asks,
    automations,
    bots,
    channels,
    connections,
    desk,
    drafts,
    exits,
    health,
    hooks,
    hours,
    me,
    positions,
    records,
    stream,
    switches,
)
from botfleet.api.counted import Counted
from botfleet.api.guard import Guard
from botfleet.api.problems import MEDIA_TYPE, ProblemBody, add_problems
from botfleet.bootstrap import Wiring

_ABOUT = """Runs options-trading bots.

Every request carries a user's bearer token, or a browser's session; everything seen or changed is
that user's. Every change carries an `Idempotency-Key`: a button's click is named by it, so the same
key is the same run for ever; other changes say what is to be and may be repeated at will, so their
key is not kept.
Instants are told with the offset of America/New_York, days are Eastern days.
Errors are problem+json with a stable `code`, and `errors` pointing at each field at fault.
"""
_PROBLEM = {
    "description": "What went wrong.",
    "content": {MEDIA_TYPE: {"schema": ProblemBody.model_json_schema()}},
}


def create(wiring: Wiring, meters: DoorMeters | None = None) -> FastAPI:
    """Build the app; `wiring` needs a thread's connection for each request at work.

    Requests are counted where `meters` are given.
    """
    app = FastAPI(
        title="botfleet",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.wiring, app.state.bell = wiring, stream.Bell(wiring.newsroom)
    app.state.waits = switches.Waits()
    if meters is not None:
        app.state.bell.told = meters.streams.set
    add_problems(app)
    bot_doors = (bots, drafts, automations, asks, switches, records, positions, exits)
    doors = (me, *bot_doors, stream, channels, connections, hours, hooks)
    for routes in doors:
        app.include_router(routes.router, responses={"4XX": _PROBLEM, "5XX": _PROBLEM})
    app.include_router(health.router)
    app.include_router(desk.router)
    app.add_middleware(Guard)
    if meters is not None:
        app.add_middleware(Counted, meters=meters)
    return app
