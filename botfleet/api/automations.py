"""A bot's automations: the order its scanners run in, and its monitors."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Request, Response
from pydantic import Field

from botfleet.api.bodies import JSON, Body, Strict, fit, kind_of, parse_json
from botfleet.api.bots import BotShown, show
from botfleet.api.callers import Changing, Wired, takes
from botfleet.api.doors import doors
from botfleet.api.problems import Problem
from botfleet.application.ports.journal import BotLine
from botfleet.domain.bots.bot import Lane
from botfleet.domain.bots.sequence import lane_of, moved
from botfleet.errors import Overtaken

router = doors("/v1/bots", "automations")


class Order(Strict):
    """A lane's automations by name, first the one that runs first."""

    lane: Annotated[Lane, Field(strict=False)]
    names: list[str] = Field(min_length=1, max_length=50)


class Move(Strict):
    """Where an automation goes within its lane: a place is counted from 0."""

    to: Literal["up", "down", "first", "last"] | int


@dataclass(frozen=True, slots=True)
class Known:
    """A bot that is still the one its caller knows, and its caller's name."""

    line: BotLine
    by: str


def _known(bot: str, request: Request, change: Changing, wiring: Wired) -> Known:
    tag = request.headers.get("if-match", "").strip()
    if not tag:
        detail = "Send If-Match with the ETag the bot was shown with, or * for whichever."
        raise Problem(428, "if_match_missing", detail)
    line = wiring.journal.bot(change.user.user_id, bot)
    if tag.strip('"') not in {"*", line.version}:
        raise Overtaken
    return Known(line, change.user.name)


KnownBot = Annotated[Known, Depends(_known)]


def _guarded(shape: type[Strict]) -> dict[str, Any]:
    described = takes(shape)
    header = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}
    return described | {"parameters": [*described["parameters"], header]}


@router.put("/{bot}/order", openapi_extra=_guarded(Order))
def put_order(
    known: KnownBot, request: Request, response: Response, body: Body, wiring: Wired
) -> BotShown:
    """Put a bot's scanners, or its monitors, in this order; what runs now ends in its own."""
    kind_of(request, *JSON)
    order = fit(Order, parse_json(body))
    after = wiring.reorder.reorder(known.line, order.lane, order.names, by=known.by)
    return show(wiring, after, response)


@router.post(
    "/{bot}/automations/{automation}/moves",
    openapi_extra=_guarded(Move),
)
def move_automation(
    automation: str,
    known: KnownBot,
    request: Request,
    response: Response,
    body: Body,
    wiring: Wired,
) -> BotShown:
    """Move a scanner or a monitor up, down, or to a place within its lane."""
    kind_of(request, *JSON)
    to = fit(Move, parse_json(body)).to
    definition = wiring.batches.definition(known.line.version)
    lane, names = lane_of(definition, automation), moved(definition, automation, to)
    return show(wiring, wiring.reorder.reorder(known.line, lane, names, by=known.by), response)
