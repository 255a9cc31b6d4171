"""Who asks, with what: the process's adapters, the user behind the token, the key of a change.

Once it is known who asks, all that the request does with Postgres is done for that user, and
Postgres shows it nobody else's rows.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Cookie, Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from botfleet.adapters.postgres.database import act_as
from botfleet.api import session
from botfleet.api.problems import Problem
from botfleet.application.admit import admit
from botfleet.application.consult import consult
from botfleet.application.ports.roster import User
from botfleet.bootstrap import Wiring

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_BEARER = HTTPBearer(auto_error=False, description="A user's token, from `botfleet user add`.")


def _wired(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wired)]


def user_of(wiring: Wiring, credentials: HTTPAuthorizationCredentials | None) -> User | None:
    """Give the user behind a bearer token; None for no token or one nobody has."""
    return wiring.roster.user_of(credentials.credentials) if credentials else None


Token = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
Session = Annotated[str, Cookie(alias=session.COOKIE, include_in_schema=False)]


def known(wiring: Wiring, token: HTTPAuthorizationCredentials | None, cookie: str) -> User | None:
    """Give who asks, by a token or else a session; None where nobody is known by them."""
    return user_of(wiring, token) if token else session.user_in(wiring, cookie)


async def _caller(wiring: Wired, token: Token, cookie: Session = "") -> User:
    """Find who asks; what a thread were to note of it, the request would not know."""
    user = await run_in_threadpool(_admitted, wiring, token, cookie)
    act_as(user.user_id)
    return user


def _admitted(wiring: Wiring, token: HTTPAuthorizationCredentials | None, cookie: str) -> User:
    user = known(wiring, token, cookie)
    if user is None:
        raise unauthorized()
    admit(user.user_id, limits=wiring.limits, allowance=wiring.requests_allowed)
    return user


Caller = Annotated[User, Depends(_caller)]


def unauthorized() -> Problem:
    """Word that nobody knows who asks."""
    headers = {"WWW-Authenticate": 'Bearer realm="botfleet"'}
    return Problem(401, "unauthorized", "Send your bearer token.", headers=headers)


def _change_key(request: Request) -> str:
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        raise Problem(400, "idempotency_key_missing", "Send an Idempotency-Key with every change.")
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        detail = "An Idempotency-Key has 1 to 255 visible ASCII characters."
        raise Problem(400, "idempotency_key_invalid", detail)
    return keys[0]


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes something, and the key of that change.

    A click is named by its key; other changes say what is to be, so that doing them twice does
    nothing the second time, and their key is asked for but not kept.
    """

    user: User
    key: str


def _change(wiring: Wired, caller: Caller, key: Annotated[str, Depends(_change_key)]) -> Change:
    consult(wiring.changes)
    return Change(caller, key)


Changing = Annotated[Change, Depends(_change)]

KEY_HEADER: dict[str, Any] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }
    ]
}


def takes(*shapes: type[BaseModel]) -> dict[str, Any]:
    """Describe a change whose JSON body is as these shapes have it, all of them at once."""
    schema, *others = (_inlined(shape.model_json_schema()) for shape in shapes)
    for more in others:
        schema = schema | {"properties": schema["properties"] | more["properties"]}
    content = {"application/json": {"schema": schema}}
    return KEY_HEADER | {"requestBody": {"required": True, "content": content}}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Put definitions where they are referred to: elsewhere in a document they are not found."""
    known = schema.get("$defs", {})

    def put(node: Any) -> Any:
        if isinstance(node, list):
            return [put(one) for one in node]
        if not isinstance(node, dict):
            return node
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        rest = {key: put(value) for key, value in node.items() if key not in {"$ref", "$defs"}}
        return put(known[name]) | rest if name in known else rest

    inlined: dict[str, Any] = put(schema)
    return inlined
