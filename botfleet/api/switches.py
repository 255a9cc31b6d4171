"""Switches of owners over what is theirs: all their bots, or one. What others hold, they see."""

from dataclasses import dataclass
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


@router.put("/switches", openapi_extra=_WISH)
def switch_all(request: Request, body: Body, change: Changing, wiring: Wired) -> SwitchList:
    """Halt all your bots, let them only close, or lift what you set before (`active`)."""
    return _set(wiring, change, Scope.USER, change.user.user_id, request, body)


@router.put("/bots/{bot}/switch", openapi_extra=_WISH)
def switch_one(
    bot: str, request: Request, body: Body, change: Changing, wiring: Wired
) -> SwitchList:
    """Halt one bot, let it only close, or lift what you set before (`active`)."""
    line = wiring.journal.bot(change.user.user_id, bot)
    return _set(wiring, change, Scope.BOT, line.bot_id, request, body)


def _set(
    wiring: Wiring, change: Change, scope: Scope, subject: UUID, request: Request, body: bytes
) -> SwitchList:
    kind_of(request, *JSON)
    wish = fit(Wish, parse_json(body))
    by = change.user
    wiring.restrain.impose(
        scope, subject, wish.mode, held_by=OWNER, reason=wish.reason, set_by=by.name
    )
    return SwitchList(list(wiring.switches.standing(by.user_id)))
