"""Asks: what waits for your yes, and your answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from botfleet.api.bodies import JSON, Body, Strict, fit, kind_of, parse_json
from botfleet.api.callers import Caller, Changing, Wired, takes
from botfleet.api.doors import doors
from botfleet.application.ports.asks import AskLine
from botfleet.domain.ids import AskId, BotId, RunId

router = doors("/v1/asks", "asks")


class Answer(Strict):
    """Yes or no."""

    answer: Literal["yes", "no"]


_ANSWER = takes(Answer)


@dataclass(frozen=True, slots=True)
class AskShown:
    """An action that waits, or waited; `answer` is empty while there is none."""

    ask_id: AskId
    bot_id: BotId
    bot: str
    words: str
    asked_at: datetime
    lapses_at: datetime
    answer: str
    answered_at: datetime | None
    run_id: RunId


@dataclass(frozen=True, slots=True)
class AskList:
    """Asks, newest first."""

    items: list[AskShown]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer, and the run it started; it can be seen at /v1/runs once it has run."""

    answer: str
    run_id: RunId | None


@router.get("")
def list_asks(
    caller: Caller,
    wiring: Wired,
    which: Annotated[Literal["waiting", "all"], Query(description="All: the last hundred.")] = (
        "waiting"
    ),
) -> AskList:
    """List what waits for your yes."""
    now = wiring.clock.now() if which == "waiting" else None
    return AskList([_shown(one) for one in wiring.asks.asks(caller.user_id, waiting_at=now)])


@router.post("/{ask}/answers", status_code=202, openapi_extra=_ANSWER)
def answer_ask(
    ask: UUID, request: Request, response: Response, body: Body, change: Changing, wiring: Wired
) -> Answered:
    """Answer: a yes starts the action, with every check again; the same again changes nothing."""
    kind_of(request, *JSON)
    answer = fit(Answer, parse_json(body)).answer
    run_id = wiring.reply.reply(change.user.user_id, AskId(ask), yes=answer == "yes")
    if run_id is not None:
        response.headers["Location"] = f"/v1/runs/{run_id}"
    return Answered(answer, run_id)


def _shown(one: AskLine) -> AskShown:
    return AskShown(**{name: getattr(one, name) for name in AskShown.__slots__})
