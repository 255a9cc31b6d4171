"""The stream: what you are told, as it happens, as server-sent events.

Each event's id is its place among the notices; a client that comes back with the last one it saw
(`Last-Event-ID`) goes on right after it, however long it was away and whichever server answers.
One look a moment at the store serves every stream of this process: it wakes those who have news.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter

from botfleet.api.callers import Caller, Session, Token, Wired, known
from botfleet.api.doors import doors
from botfleet.api.problems import Problem
from botfleet.application.ports.journal import NoticeLine
from botfleet.application.ports.news import News, Newsroom, Place
from botfleet.domain.eastern import told
from botfleet.domain.ids import UserId
from botfleet.errors import Transient

router = doors("/v1", "records")

#: How often the store is looked at while anybody listens, and how often silence says it is alive.
LOOK_S, ALIVE_S = 0.5, 15.0
#: Streams of one user at one server.
STREAMS_MAX = 8
_BATCH = 100
_ID = re.compile(r"(\d{1,19})-(\d{1,18})")
_LINE = TypeAdapter(NoticeLine)


@dataclass(slots=True)
class Bell:
    """Wakes the streams of whoever was told something; tells how many streams there are."""

    newsroom: Newsroom
    told: Callable[[int], None] = lambda _count: None
    _waiting: dict[UserId, set[asyncio.Event]] = field(default_factory=lambda: defaultdict(set))
    _looking: "asyncio.Task[None] | None" = None

    @asynccontextmanager
    async def heard_by(self, user: UserId) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set when `user` has news.

        Raises:
            Problem: this user has as many streams here as may be.
        """
        if len(self._waiting[user]) >= STREAMS_MAX:
            raise Problem(429, "too_many_streams", f"You have {STREAMS_MAX} streams open already.")
        rung = asyncio.Event()
        self._waiting[user].add(rung)
        self._count()
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield rung
        finally:
            self._waiting[user].discard(rung)
            if not self._waiting[user]:
                del self._waiting[user]
            self._count()
            if not self._waiting and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    def _count(self) -> None:
        self.told(sum(len(streams) for streams in self._waiting.values()))

    async def _look(self) -> None:
        after: Place | None = None
        while True:
            try:
                if after is None:
                    after = await run_in_threadpool(self.newsroom.here)
                    users = frozenset(self._waiting)
                else:
                    users, after = await run_in_threadpool(self.newsroom.since, after)
            except Transient:
                users = frozenset()
            for user in users & self._waiting.keys():
                for rung in self._waiting[user]:
                    rung.set()
            await asyncio.sleep(LOOK_S)


@router.get("/stream", response_class=StreamingResponse)
async def stream(
    request: Request,
    caller: Caller,
    wiring: Wired,
    token: Token,
    cookie: Session = "",
    last_event_id: Annotated[str, Header(max_length=50)] = "",
) -> StreamingResponse:
    """Listen to what you are told, from now on or after the `Last-Event-ID` you send.

    The stream ends with the token or the session it was opened with.
    """
    newsroom, bell = wiring.newsroom, request.app.state.bell
    seen = _place(last_event_id)
    place = await run_in_threadpool(newsroom.here) if seen is None else seen
    listening = bell.heard_by(caller.user_id)
    rung = await listening.__aenter__()

    async def events(after: Place) -> AsyncIterator[str]:
        try:
            yield "retry: 2000\n\n"
            while await run_in_threadpool(known, wiring, token, cookie):
                rung.clear()
                news = await run_in_threadpool(newsroom.told, caller.user_id, after, _BATCH)
                for one in news:
                    after = one.place
                    yield _event(one)
                if not news and not await _rings(rung):
                    yield ":\n\n"
        finally:
            await listening.__aexit__(None, None, None)

    return StreamingResponse(events(place), media_type="text/event-stream")


async def _rings(rung: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(rung.wait(), ALIVE_S)
    except TimeoutError:
        return False
    return True


def _event(news: News) -> str:
    place = f"{news.place.transaction}-{news.place.number}"
    data = _LINE.dump_json(told(news.notice)).decode()
    return f"id: {place}\nevent: {news.notice.level}\ndata: {data}\n\n"


def _place(last_event_id: str) -> Place | None:
    if not last_event_id:
        return None
    found = _ID.fullmatch(last_event_id)
    if found is None:
        raise Problem(422, "bad_input", "The Last-Event-ID is none that was given here.")
    return Place(int(found[1]), int(found[2]))
