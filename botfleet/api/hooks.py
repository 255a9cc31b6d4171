"""The door for calls from outside: whoever signs with a hook's secret starts what waits for it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field

from botfleet.adapters.postgres.database import act_as
from botfleet.api.bodies import Body, Strict, fit, parse_json
from botfleet.api.callers import Wired
from botfleet.api.doors import doors
from botfleet.application.call import Signed
from botfleet.application.consult import consult
from botfleet.errors import BadInput, Fault

router = doors("/v1/hooks", "hooks")

STAMP, SIGNATURE = "X-Botfleet-Timestamp", "X-Botfleet-Signature"
_INPUTS_MAX = 20
_SIGNED = {
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in (STAMP, SIGNATURE)
    ],
    "security": [],
}


class Call(Strict):
    """What a call may say: an id of its own, and values for inputs; it may have no body at all."""

    id: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,100}$")] | None = None
    inputs: dict[str, Any] = Field(default_factory=dict, max_length=_INPUTS_MAX)


class Called(BaseModel):
    """The runs a call started; the same call again names the same."""

    run_ids: list[UUID]


@router.post("/{hook}", status_code=202, openapi_extra=_SIGNED)
def call_hook(hook: str, request: Request, body: Body, wiring: Wired) -> Called:
    """Start every automation that waits for this hook, once a call, while the market is open.

    `X-Botfleet-Timestamp` is the time in Unix seconds, at most five minutes from ours;
    `X-Botfleet-Signature` is `v1=` and the hexadecimal HMAC-SHA256, with the hook's secret, of the
    timestamp, a full stop and the body to the byte.
    """
    stamp, signature = (request.headers.get(name, "") for name in (STAMP, SIGNATURE))
    heard = wiring.calling.hear(Signed(hook, stamp, signature, body))
    act_as(heard.user_id)
    call = fit(Call, parse_json(body)) if body else Call()
    consult(wiring.changes)
    call_id = f"id/{call.id}" if call.id else f"at/{stamp}/{signature[-64:]}"
    return Called(run_ids=list(wiring.calling.start(heard, call_id, _plain(call.inputs))))


def _plain(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Give values as a bot file has them: words, numbers, yes and no."""
    faults = [
        Fault(f"inputs.{name}", "must be a text, a number, or yes or no")
        for name, value in inputs.items()
        if not isinstance(value, str | bool | int | Decimal)
    ]
    if faults:
        raise BadInput(faults)
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in inputs.items()
    }
