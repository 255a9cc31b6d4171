"""Inputs in a bot file: what kinds there are, and each value's one way to be written.

A kind is that of a recipe's parameter (`KINDS`), or one of the bundles of an open action.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import ValidationError

from botfleet.adapters.botfile.action_writing import plain_price, plain_size
from botfleet.adapters.botfile.actions import (
    ClosePriceModel,
    SizeModel,
    priced,
    sized,
)
from botfleet.adapters.botfile.exits import ExitsModel, exited, plain_exits
from botfleet.adapters.botfile.fields import Plain
from botfleet.adapters.botfile.trade_writing import plain_expiration, plain_strike
from botfleet.adapters.botfile.trades import Expiration, Strike
from botfleet.domain.trees.grammar import KINDS


def _size(raw: object) -> object:
    return plain_size(
        sized(SizeModel.model_validate(raw)), is_equity=isinstance(raw, dict) and "shares" in raw
    )


_BUNDLES: Mapping[str, Callable[[object], object]] = {
    "expiration": lambda raw: plain_expiration(Expiration.model_validate(raw).rule()),
    "strike": lambda raw: plain_strike(Strike.model_validate(raw).rule()),
    "size": _size,
    "price_plan": lambda raw: plain_price(priced(ClosePriceModel.model_validate(raw))),
    "exits": lambda raw: plain_exits(exited(ExitsModel.model_validate(raw))),
}
#: Kinds that no input has: a trade is worded where it stands, tags are never linked.
_NEVER = frozenset({"trade", "expiration_or_any", "tags", "tags_or_any", "tag_or_any"})
KINDS_OF_INPUT = tuple(sorted((KINDS.keys() | _BUNDLES.keys()) - _NEVER))


def _read_kind(raw: object) -> str:
    if not isinstance(raw, str) or raw not in KINDS_OF_INPUT:
        raise ValueError(f"must be one of {', '.join(KINDS_OF_INPUT)}")
    return raw


InputKind = Annotated[str, Plain(_read_kind, {"enum": list(KINDS_OF_INPUT)})]


def canonical(kind: str, raw: object) -> object:
    """Give plain data of a kind the one way it is written.

    Raises:
        ValueError: it is not of that kind.
    """
    try:
        if kind in _BUNDLES:
            return _BUNDLES[kind](raw)
        return KINDS[kind].write(KINDS[kind].read(raw))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = str(first.get("ctx", {}).get("error", first["msg"]))
        raise ValueError(f"is no {kind}: {place} {message}".strip()) from None


def canonical_input(raw: Any) -> Any:
    """Give an input's mapping with its values as they are written, where their kind is known.

    Raises:
        ValueError: a value is not of the kind; the message names it.
    """
    if not isinstance(raw, dict) or raw.get("kind") not in KINDS_OF_INPUT:
        return raw
    found = dict(raw)
    for key in ("default", "value"):
        if raw.get(key) is not None:
            try:
                found[key] = canonical(raw["kind"], raw[key])
            except ValueError as error:
                raise ValueError(f"{key} {error}") from None
    return found
