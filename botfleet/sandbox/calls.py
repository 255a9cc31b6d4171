"""What was asked of the sandbox: every kind of request that came, and how often, answered or not.

A kind is a method and a path without the names in it: `{account}` stands for an account, `{order}`
for whatever else bears a digit. Counted in memory, added to the book's file when it is closed. What
was answered with a refusal or an error is counted apart, by its status, for as long as it runs.
"""

import re
from collections import Counter
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KINDS_MAX, _OTHERS, _FAILED = 1_000, "…", 400
_ACCOUNT = re.compile(r"SB\d{8}")
#: A piece of a path that bears a digit and is no version.
_NAME = re.compile(r"(?<=/)(?!v\d(?:/|$))[^/]*\d[^/]*")


class Calls:
    """Counts kinds of requests; of more than a thousand the rest are one."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._failed: Counter[tuple[str, str, int]] = Counter()

    def hear(self, method: str, path: str) -> None:
        """Count a request."""
        kind = method, kind_of(path)
        is_room = kind in self._counts or len(self._counts) < _KINDS_MAX
        self._counts[kind if is_room else (method, _OTHERS)] += 1

    def answered(self, method: str, path: str, status: int) -> None:
        """Count an answer, where it is none that was hoped for."""
        if status >= _FAILED and len(self._failed) < _KINDS_MAX:
            self._failed[method, kind_of(path), status] += 1

    def failed(self) -> Iterable[tuple[str, str, int, int]]:
        """Give method, path, status and count of every kind of answer that was none."""
        return [(*kind, count) for kind, count in sorted(self._failed.items())]

    def rows(self) -> Iterable[tuple[str, str, int]]:
        """Give method, path and count of every kind."""
        return [(*kind, count) for kind, count in sorted(self._counts.items())]


class Listener:
    """Passes requests on to `app`, and has them counted."""

    def __init__(self, app: ASGIApp, calls: Calls) -> None:
        self._app, self._calls = app, calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = scope["method"], scope["path"]
        self._calls.hear(*asked)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._calls.answered(*asked, message["status"])
            await send(message)

        await self._app(scope, receive, sending)


def kind_of(path: str) -> str:
    """Take the names out of a path: `/v1/accounts/{account}/orders/{order}`."""
    return _NAME.sub(lambda name: "{account}" if _ACCOUNT.fullmatch(name[0]) else "{order}", path)
