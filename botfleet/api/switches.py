"""Switches of owners over what is theirs: all their bots, or one. What others hold, they see."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from uuid import UUID

from fastapi import Request
from pydantic import Field

from botfleet.api.bodies import JSON, Body, Strict, fit, kind_of, parse_json
from botfleet.api.callers import Caller, Change, Changing, Wired, takes
from botfleet.api.doors import doors
from botfleet.application.ports.switches import SwitchLine
from botfleet.application.restrain import REASON_CHARACTERS_MAX
from botfleet.bootstrap import Wiring
from botfleet.domain.bots.safeguards import OWNER, Mode, Scope
from botfleet.domain.ids import OrderId

_GLANCE_S = 0.1

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
    word within 12 s. They are cancelled once they are seen. None: no open is accepted any more.
    """

    items: list[SwitchLine]
    doubtful: list[OrderId]


@router.put("/switches", openapi_extra=_WISH)
def switch_all(request: Request, body: Body, change: Changing, wiring: Wired) -> Switched:
    """Halt all your bots, let them only close, or lift what you set before (`active`).

    The answer waits, 12 s at most, for the brokers' word on orders that were on their way.
    """
    return _set(wiring, change, Scope.USER, change.user.user_id, request, body)


@router.put("/bots/{bot}/switch", openapi_extra=_WISH)
def switch_one(bot: str, request: Request, body: Body, change: Changing, wiring: Wired) -> Switched:
    """Halt one bot, let it only close, or lift what you set before (`active`).

    The answer waits as that for all bots does.
    """
    line = wiring.journal.bot(change.user.user_id, bot)
    return _set(wiring, change, Scope.BOT, line.bot_id, request, body)


def _set(
    wiring: Wiring, change: Change, scope: Scope, subject: UUID, request: Request, body: bytes
) -> Switched:
    kind_of(request, *JSON)
    wish = fit(Wish, parse_json(body))
    by = change.user
    concerned = wiring.restrain.impose(
        scope, subject, wish.mode, held_by=OWNER, reason=wish.reason, set_by=by.name
    )
    doubtful: Sequence[OrderId] = ()
    for doubtful in wiring.restrain.outwait(concerned, monotonic):
        if doubtful:
            sleep(_GLANCE_S)
    return Switched(list(wiring.switches.standing(by.user_id)), list(doubtful))
