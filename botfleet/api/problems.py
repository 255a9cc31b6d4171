"""What goes wrong, as problem+json (RFC 9457): a stable `code`, a sentence, pointers to fields.

A 404 is the same for what never was and for what is another user's. A fault of ours says nothing
of its cause; the log does.
"""

import re
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from botfleet import errors
from botfleet.domain.eastern import told
from botfleet.errors import BotfleetError, Fault

MEDIA_TYPE = "application/problem+json"
#: Where a request's scope keeps the code of the problem it was answered with.
PROBLEM = "botfleet.problem"

#: The answer to each error, found by its nearest class.
_ANSWERS: Mapping[type[BotfleetError], tuple[int, str]] = {
    errors.BadInput: (422, "bad_input"),
    errors.BotIsOff: (409, "bot_off"),
    errors.Halted: (409, "halted"),
    errors.LimitReached: (409, "limit_reached"),
    errors.MarketClosed: (409, "market_closed"),
    errors.NotFound: (404, "not_found"),
    errors.NotSigned: (401, "not_signed"),
    errors.TooMany: (409, "too_many"),
    errors.TooOften: (429, "too_often"),
    errors.Overtaken: (412, "overtaken"),
    errors.Refusal: (409, "refused"),
    errors.BrokerUnavailable: (503, "broker_unavailable"),
    errors.MarketUnavailable: (503, "market_unavailable"),
    errors.StoreUnavailable: (503, "store_unavailable"),
    errors.Transient: (503, "unavailable"),
    BotfleetError: (500, "internal"),
}
_CODES = {404: "not_found", 405: "method_not_allowed"}
_NOT_FOUND, _UNAVAILABLE, _BAD = 404, 503, 422
_NO_SUCH_THING = "There is no such thing, or it is not yours."
_OURS = "Something went wrong here; it is in our log."


class ProblemBody(BaseModel):
    """What every answer from 400 on looks like."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[dict[str, str]] | None = None
    next_open_at: str | None = None


class ProblemAnswer(JSONResponse):
    """A problem on its way out; the request's scope knows its code from then on."""

    media_type = MEDIA_TYPE

    def __init__(
        self, code: str, body: Any, status: int, headers: Mapping[str, str] | None
    ) -> None:
        super().__init__(body, status, headers=headers)
        self._code = code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        scope[PROBLEM] = self._code
        await super().__call__(scope, receive, send)


class Problem(Exception):
    """A no of the door itself: the request was not fit to be asked."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.faults, self.headers = faults, headers


def add_problems(app: FastAPI) -> None:
    """Have every error of `app` answered as a problem."""
    app.add_exception_handler(Problem, _of_door)
    app.add_exception_handler(BotfleetError, _of_house)
    app.add_exception_handler(RequestValidationError, _of_parameters)
    app.add_exception_handler(HTTPException, _of_routing)
    app.add_exception_handler(Exception, _of_nobody)


def answer(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Write a problem."""
    body = {"type": "about:blank", "title": code.replace("_", " ").capitalize(), "status": status}
    body |= {"code": code, "detail": detail, **more}
    return ProblemAnswer(code, body, status, headers)


def pointer(path: str) -> str:
    """Turn a fault's path (`automations[0].tree`) into a JSON pointer (`/automations/0/tree`)."""
    parts = re.sub(r"\[(\d+)\]", r".\1", path).split(".") if path else []
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts if part)


async def _of_door(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101  registered for this class only
    more = {"errors": _pointed(error.faults)} if error.faults else {}
    return answer(error.status, error.code, error.detail, headers=error.headers, **more)


async def _of_house(_: Request, error: Exception) -> JSONResponse:
    status, code = next(_ANSWERS[kind] for kind in type(error).__mro__ if kind in _ANSWERS)
    match error:
        case errors.NotFound():
            return answer(status, code, _NO_SUCH_THING)
        case errors.BadInput():
            detail = "What was given is wrong." if len(error.faults) > 1 else str(error)
            return answer(status, code, detail, errors=_pointed(error.faults))
        case errors.MarketClosed():
            return answer(status, code, str(error), next_open_at=told(error.opens_at).isoformat())
        case errors.NotSigned():
            return answer(status, code, str(error.__doc__))
        case errors.TooOften():
            wait_s = str(max(1, ceil(error.wait_s)))
            return answer(status, code, str(error), headers={"Retry-After": wait_s})
        case errors.Refusal():
            return answer(status, code, str(error))
        case errors.Transient():
            return answer(status, code, str(type(error)()), headers={"Retry-After": "1"})
        case _:
            raise error


async def _of_parameters(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this class only
    if any(one["loc"][0] == "path" for one in error.errors()):
        return answer(_NOT_FOUND, "not_found", _NO_SUCH_THING)
    found = [{"parameter": str(one["loc"][-1]), "detail": one["msg"]} for one in error.errors()]
    return answer(_BAD, "bad_input", "A parameter is wrong.", errors=found)


async def _of_routing(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class only
    code = _CODES.get(error.status_code, "bad_request")
    detail = _NO_SUCH_THING if error.status_code == _NOT_FOUND else str(error.detail)
    return answer(error.status_code, code, detail, headers=error.headers)


async def _of_nobody(_request: Request, _error: Exception) -> JSONResponse:
    """Answer for a fault of ours; who serves us writes it to the log."""
    return answer(500, "internal", _OURS)


def _pointed(faults: Sequence[Fault]) -> list[dict[str, str]]:
    return [{"pointer": pointer(fault.path), "detail": fault.message} for fault in faults]
