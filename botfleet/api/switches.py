"""Switches of owners over what is theirs: all their bots, or one. What others hold, they see.

Who waits for the brokers' word holds no thread of the API's meanwhile, and all who wait look by
turns: however many they are, other requests are answered as ever.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from uuid import UUID

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from botfleet.api.bodies import JSON, Body, Strict, fit, kind_of, parse_json
from botfleet.api.callers import Caller, Change, Changing, Wired, takes
from botfleet.api.doors import doors
from botfleet.application.ports.switches import Concerned, SwitchLine
from botfleet.application.restrain import REASON_CHARACTERS_MAX
from botfleet.bootstrap import Wiring
from botfleet.domain.bots.safeguards import OWNER, Mode, Scope
from botfleet.domain.eastern import told
from botfleet.domain.ids import OrderId, UserId

#: How often who waits looks, and how many calls of one user wait at a server: no more do.
_GLANCE_S, WAITS_MAX = 0.1, 8

router = doors("/v1", "switches")


class Wish(Strict):
    """What is to be allowed, and why no more."""

    mode: Mode = Field(strict=False)
    reason: str = Field("by its owner", max_length=REASON_CHARACTERS_MAX)


_WISH = takes(Wish)


@dataclass(frozen=True, slots=True)
class SwitchList:
    """What stands over you and yours, the widest first; empty: all is active."""

    items: list[SwitchLine]


@router.get("/switches")
def list_switches(caller: Caller, wiring: Wired) -> SwitchList:
    """List what is halted or reducing of yours, or with the whole fleet, by whom and why."""
    return SwitchList(list(wiring.switches.standing(caller.user_id)))


@dataclass(frozen=True, slots=True)
class Switched:
    """What stands over you and yours now.

    `doubtful` names orders which were on their way and may still be accepted: their broker gave no
    word within 12 s, or too many of your calls wait for such a word already. They are cancelled
    once they are seen. None: no open is accepted any more.
    """

    items: list[SwitchLine]
    doubtful: list[OrderId]


@dataclass(slots=True)
class Waits:
    """Who waits at this server for brokers' word; one thread looks for them all."""

    counts: Counter[UserId] = field(default_factory=Counter)
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def outwait(self, user: UserId, wiring: Wiring, concerned: Concerned) -> list[OrderId]:
        """Wait until no order is on its way, or nobody can tell; give those left."""
        may_wait, left = self.counts[user] < WAITS_MAX, list[OrderId]()
        glances = wiring.restrain.outwait(concerned, monotonic)
        self.counts[user] += 1
        try:
            while (seen := await self._look(glances)) is not None:
                left = list(seen)
                if not left or not may_wait:
                    break
                await asyncio.sleep(_GLANCE_S)
        finally:
            self.counts -= Counter([user])  # and forget who waits no more
        return left

    async def _look(self, glances: Iterator[Sequence[OrderId]]) -> Sequence[OrderId] | None:
        async with self.looking:
            return await run_in_threadpool(next, glances, None)


@router.put("/switches", openapi_extra=_WISH)
async def switch_all(request: Request, body: Body, change: Changing, wiring: Wired) -> Switched:
    """Halt all your bots, let them only close, or lift what you set before (`active`).

    The answer waits, 12 s at most, for the brokers' word on orders that were on their way.
    """
    return await _set(wiring, change, Scope.USER, change.user.user_id, request, body)


@router.put("/bots/{bot}/switch", openapi_extra=_WISH)
async def switch_one(
    bot: str, request: Request, body: Body, change: Changing, wiring: Wired
) -> Switched:
    """Halt one bot, let it only close, or lift what you set before (`active`).

    The answer waits as that for all bots does.
    """
    line = await run_in_threadpool(wiring.journal.bot, change.user.user_id, bot)
    return await _set(wiring, change, Scope.BOT, line.bot_id, request, body)


async def _set(
    wiring: Wiring, change: Change, scope: Scope, subject: UUID, request: Request, body: bytes
) -> Switched:
    kind_of(request, *JSON)
    wish = fit(Wish, parse_json(body))
    by = change.user
    impose = partial(wiring.restrain.impose, held_by=OWNER, reason=wish.reason, set_by=by.name)
    concerned = await run_in_threadpool(impose, scope, subject, wish.mode)
    waits: Waits = request.app.state.waits
    doubtful = await waits.outwait(by.user_id, wiring, concerned)
    items = await run_in_threadpool(wiring.switches.standing, by.user_id)
    switched: Switched = told(Switched(list(items), doubtful))
    return switched
