"""The back door: `/sandbox`, behind the admin secret. Tradier has nothing like it."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from botfleet.sandbox.book import Book, plain
from botfleet.sandbox.calls import Calls
from botfleet.sandbox.doors import Desks, answer, body_of
from botfleet.sandbox.grants import NAME_MAX, PASSWORD_MAX, PASSWORD_MIN
from botfleet.sandbox.mischief import SCENARIOS, Misdeed
from botfleet.sandbox.wire import dump

Model = TypeVar("Model", bound=BaseModel)
_FAILED = ("method", "path", "status", "count")


class NewAccount(BaseModel):
    """A person who wants an account."""

    model_config = ConfigDict(extra="forbid")
    username: str = Field(min_length=1, max_length=NAME_MAX)
    password: str = Field(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX, repr=False)


class Misbehaviour(BaseModel):
    """What to do wrong, how often, for how long, to whom; see `mischief`."""

    model_config = ConfigDict(extra="forbid")
    scenario: str
    count: int = Field(default=1, ge=0, le=10_000)
    delay_s: float = Field(default=0, ge=0, le=600)
    account: str = ""


def add_admin(app: Starlette, desks: Desks, calls: Calls) -> None:
    """Open the back door."""
    doors = _Doors(desks, calls)
    app.add_route("/sandbox/accounts", doors.accounts, methods=["POST"])
    app.add_route("/sandbox/misbehave", doors.misbehave, methods=["POST"])
    app.add_route("/sandbox/book", doors.book, methods=["GET"])
    app.add_route("/sandbox/calls", doors.calls, methods=["GET"])


class _Doors:
    def __init__(self, desks: Desks, calls: Calls) -> None:
        self._desks, self._calls = desks, calls

    async def accounts(self, request: Request) -> Response:
        await self._desks.admin(request)
        wanted = _read(NewAccount, await body_of(request))
        opening = self._desks.grants.open_account
        number = await run_in_threadpool(opening, wanted.username, wanted.password)
        if number is None:
            raise HTTPException(409, "That user name is taken.")
        return answer({"account_number": number, "username": wanted.username}, 201)

    async def misbehave(self, request: Request) -> Response:
        await self._desks.admin(request)
        asked = _read(Misbehaviour, await body_of(request))
        if asked.scenario not in SCENARIOS:
            raise HTTPException(422, f"scenario: must be one of {', '.join(sorted(SCENARIOS))}")
        if asked.scenario == "expire_tokens":
            await run_in_threadpool(self._desks.grants.expire_tokens, asked.account)
        else:
            misdeed = Misdeed(asked.scenario, asked.delay_s, asked.account)
            self._desks.mischief.plan(misdeed, asked.count)
        return answer({"planned": asked.model_dump()})

    async def book(self, request: Request) -> Response:
        await self._desks.admin(request)
        await self._desks.sweep()
        return answer(await run_in_threadpool(_dump, self._desks.exchange.book))

    async def calls(self, request: Request) -> Response:
        await self._desks.admin(request)
        names = ("method", "path", "count")
        rows = [dict(zip(names, row, strict=True)) for row in self._calls.rows()]
        failed = [dict(zip(_FAILED, row, strict=True)) for row in self._calls.failed()]
        return answer({"calls": rows, "failed": failed})


def _dump(read: Any) -> bytes:
    book: Book = read()
    return dump({name: plain(getattr(book, name)) for name in book.__dataclass_fields__})


def _read(model: type[Model], body: bytes) -> Model:
    try:
        return model.model_validate(json.loads(body))
    except (ValidationError, ValueError, RecursionError) as error:
        raise HTTPException(422, "The body is not what is asked for here.") from error
