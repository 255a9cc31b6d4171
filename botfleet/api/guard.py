"""What every request passes first and every answer last: a bound, and headers that keep it ours."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from botfleet.adapters.postgres.database import act_as
from botfleet.api.problems import answer

BODY_BYTES_MAX = 64 * 1024

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Guard:
    """Turns away what says that it is too large; adds headers to answers.

    A request begins as nobody's, even where one connection brings several users' after another.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        act_as(None)
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _says_too_much(Headers(scope=scope)):
            await too_large()(scope, receive, send)
        else:
            await self._app(scope, receive, _kept(send))


def too_large() -> ASGIApp:
    """Answer a body beyond `BODY_BYTES_MAX`."""
    detail = f"A body may have {BODY_BYTES_MAX} bytes."
    return answer(413, "too_large", detail, headers={"Connection": "close"})


def _says_too_much(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    return length.isdecimal() and int(length[:20]) > BODY_BYTES_MAX


def _kept(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
