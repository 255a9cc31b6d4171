"""Bodies: read up to their bound, JSON taken literally, and nothing in them that is not known.

Refused as no JSON at all: a key given twice, NaN and infinities, numbers beyond any sense, nesting
beyond any use, half a surrogate pair.
"""

import json
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from botfleet.adapters import botfile
from botfleet.api.guard import BODY_BYTES_MAX
from botfleet.api.problems import Problem
from botfleet.errors import BadInput

_DIGITS_MAX = 40
JSON = ("application/json",)
YAML = ("application/yaml", "application/x-yaml", "text/yaml")


class Strict(BaseModel):
    """A body's shape: nothing unknown in it, nothing bent to fit."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Shape = TypeVar("Shape", bound=Strict)


async def _read(request: Request) -> bytes:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported_encoding", "Send the body as it is, not compressed.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES_MAX:
            detail = f"A body may have {BODY_BYTES_MAX} bytes."
            raise Problem(413, "too_large", detail, headers={"Connection": "close"})
    return bytes(body)


Body = Annotated[bytes, Depends(_read)]


def kind_of(request: Request, *allowed: str) -> str:
    """Give the body's media type.

    Raises:
        Problem: it is none of those allowed.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in allowed:
        raise Problem(415, "unsupported_media_type", f"Send {' or '.join(allowed)}.")
    return kind


def parse_json(body: bytes) -> object:
    """Read JSON, literally; numbers with a point come as decimals.

    Raises:
        Problem: it is none, or says something twice or nothing clear.
    """
    try:
        data: object = json.loads(
            body.decode(),
            object_pairs_hook=_pairs,
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_constant,
        )
        json.dumps(data, ensure_ascii=False, default=str).encode()
    except RecursionError:
        raise Problem(400, "bad_json", "The body is nested too deeply.") from None
    except ValueError as error:
        why = "is not UTF-8" if isinstance(error, UnicodeError) else f"is not JSON: {error}"
        raise Problem(400, "bad_json", f"The body {why}.") from None
    return data


def fit(shape: type[Shape], data: object) -> Shape:
    """Give the data as the shape has it.

    Raises:
        BadInput: with every fault.
    """
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        raise BadInput(botfile.faults_of(error)) from None


def expect_none(body: bytes) -> None:
    """Take no body, or an empty object.

    Raises:
        BadInput: something is in it.
    """
    if body:
        fit(Strict, parse_json(body))


def _pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) < len(items):
        raise ValueError("a key is given twice")
    return found


def _whole(text: str) -> int:
    return int(_short(text))


def _decimal(text: str) -> Decimal:
    return Decimal(_short(text))


def _short(text: str) -> str:
    if len(text) > _DIGITS_MAX:
        raise ValueError("a number is too long")
    return text


def _constant(text: str) -> object:
    raise ValueError(f"{text} is no number")
