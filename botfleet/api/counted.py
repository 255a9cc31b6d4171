"""Counts every request by the route it took, how it was answered and how soon."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from botfleet.adapters.telemetry.door import DoorMeters
from botfleet.api.problems import PROBLEM

_FAILED = 500


class Counted:
    """Counts an answer as it begins: a stream may go on for hours."""

    def __init__(self, app: ASGIApp, meters: DoorMeters) -> None:
        self._app, self._meters = app, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what breaks unanswered is answered as a fault of ours further out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, is_answered = time.monotonic(), False

        def count(status: int, problem: str | None) -> None:
            nonlocal is_answered
            is_answered, took_s = True, time.monotonic() - began_s
            route = getattr(scope.get("route"), "path", None)
            self._meters.answered(scope["method"], route, status, problem=problem, took_s=took_s)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(message["status"], scope.get(PROBLEM))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            if not is_answered:
                count(_FAILED, "internal")
