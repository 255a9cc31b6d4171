"""Strict reading: what is odd in a broker's answer is refused, never guessed (F13)."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from botfleet.adapters.brokers.wire import Reply
from botfleet.errors import BrokerUnavailable

T = TypeVar("T")
_WORDS_MAX = 200
#: More digits, before the point or behind it, no number of a broker has.
_DIGITS_MAX = 40
_OURS = re.compile(r"[a-z2-7]{24}")


class OddReplyError(ValueError):
    """The broker's answer contradicts itself or the question."""


class Wire(BaseModel):
    """A row of a broker's answer: fields not asked for are ignored, the others are strict."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


def _number(text: str) -> Decimal:
    """Read a number exactly, if it has a size: 1e999999999 has one that nobody could write out."""
    try:
        number = Decimal(text[: _DIGITS_MAX + 1])
    except InvalidOperation:
        raise ValueError("no number") from None
    if len(text) > _DIGITS_MAX or abs(number.adjusted()) > _DIGITS_MAX:
        raise ValueError("a number without measure")
    return number


def _whole(given: object) -> object:
    if isinstance(given, bool):
        raise ValueError("neither yes nor no is a count")  # noqa: TRY004  a validator's error
    if isinstance(given, str) and given:
        given = _number(given)
    is_number = isinstance(given, int | float | Decimal)
    return int(given) if is_number and given == int(given) else given  # type: ignore[call-overload]


def _decimal(given: object) -> object:
    return None if given in ("", None) else given


_COUNT_MAX = 10_000_000
_PRICE_MAX = Decimal(10_000_000)
#: A count, as a number or its digits: never negative, never a part, never beyond reason.
Whole = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=_COUNT_MAX)]
#: A count that may be short.
Signed = Annotated[int, BeforeValidator(_whole), Field(ge=-_COUNT_MAX, le=_COUNT_MAX)]
#: A price, as a number or its digits; no share costs more.
Price = Annotated[Decimal, Field(allow_inf_nan=False, ge=-_PRICE_MAX, le=_PRICE_MAX)]
#: A price that may be missing.
MaybePrice = Annotated[Price | None, BeforeValidator(_decimal)]


def load(body: bytes) -> Any:
    """Read JSON, decimals exact; None where it is none.

    Nor is it where a name stands twice in one object (who reads it takes either), or a number is
    none or beyond measure.
    """
    try:
        return json.loads(
            body, parse_float=_number, parse_constant=_no_number, object_pairs_hook=_once
        )
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    given = dict(pairs)
    if len(given) != len(pairs):
        raise ValueError("a name that stands twice")
    return given


def object_of(reply: Reply, *statuses: int) -> dict[str, Any]:
    """Read the JSON object of a good answer.

    Raises:
        BrokerUnavailable: it is something else.
    """
    if reply.status not in (statuses or (200,)):
        raise BrokerUnavailable(f"The broker answered HTTP {reply.status}.")
    body = load(reply.body)
    if not isinstance(body, dict):
        raise BrokerUnavailable("The broker answered something else than JSON.")
    return body


def list_of(given: object) -> list[Any]:
    """Take a list, or refuse.

    Raises:
        OddReplyError: it is none.
    """
    if not isinstance(given, list):
        raise OddReplyError("no list where one belongs")
    return given


def part(given: object, *names: str) -> Any:
    """Go down into nested objects; None where there is nothing."""
    for name in names:
        given = given.get(name) if isinstance(given, Mapping) else None
    return given


def strictly(read: Callable[[], T]) -> T:
    """Read an answer, or call it no answer; a validator's words may quote it and are dropped.

    Raises:
        BrokerUnavailable: it cannot be read.
    """
    try:
        return read()
    except (ValidationError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        words = str(error) if isinstance(error, OddReplyError) else type(error).__name__
        raise BrokerUnavailable(f"The broker answered oddly: {words}.") from None


def words_of(reply: Reply, *names: str) -> str:
    """Quote a refusal's plain words, or those at `names` of its JSON; else tell its status."""
    said = part(load(reply.body), *names) if names else None
    text = said if isinstance(said, str) else reply.body[:_WORDS_MAX].decode("utf-8", "replace")
    text = text.strip()[:_WORDS_MAX]
    is_plain = text.isprintable() and text and not text.startswith(("<", "{", "["))
    return text if is_plain else f"HTTP {reply.status}"


def plain(text: str) -> str:
    """Give a broker's words as a row, a log and a terminal can hold them: bounded and printable."""
    shown = (sign if sign.isprintable() else " " for sign in text[:_WORDS_MAX])
    return "".join(shown).strip()


def is_own_id(given: object) -> bool:
    """Say whether this has the shape of our wire ids; others are the user's own."""
    return isinstance(given, str) and _OURS.fullmatch(given) is not None
