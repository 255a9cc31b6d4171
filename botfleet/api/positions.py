"""One position: what its exits need to fire now, and what its owner does with it by hand."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import Request

from botfleet.adapters import botfile
from botfleet.api.bodies import JSON, Body, Strict, expect_none, fit, kind_of, parse_json
from botfleet.api.callers import KEY_HEADER, Caller, Changing, Wired, takes
from botfleet.api.doors import doors
from botfleet.application.inspect import Inspection, inspect
from botfleet.application.override import override
from botfleet.application.ports.journal import OrderLine, PositionLine
from botfleet.application.ports.roster import User
from botfleet.bootstrap import Wiring
from botfleet.domain.ids import PositionId, WorkId
from botfleet.domain.positions.needs import Need
from botfleet.domain.positions.position import Valuation
from botfleet.errors import BadInput

router = doors("/v1/positions", "positions")


class Wish(Strict):
    """What is to be of a position's exits: on or off, and its whole panel, as in a bot file."""

    exits_on: bool | None = None
    exits: dict[str, Any] | None = None


class Outcome(Strict):
    """All that a position came to, in dollars, as far as its owner knows."""

    result: Decimal | int | None = None


@dataclass(frozen=True, slots=True)
class PositionShown:
    """A position, its panel as in a bot file, and what each exit needs to fire now.

    `why_not` says what keeps all of them from acting; `mid` is a share of one unit.
    """

    position: PositionLine
    exits: dict[str, Any]
    exits_on: bool
    bot_exits_on: bool
    mid: Decimal | None
    low_gain: float
    attempts_today: int
    needs: list[Need]
    why_not: list[str]
    orders: list[OrderLine]


@dataclass(frozen=True, slots=True)
class Closing:
    """A close on its way; the same key names the same one."""

    work_id: WorkId


@router.get("/{position}")
def show_position(position: UUID, caller: Caller, wiring: Wired) -> PositionShown:
    """Show a position, and what each of its exits needs to fire now."""
    return _show(wiring, caller, PositionId(position))


@router.patch("/{position}", openapi_extra=takes(Wish))
def change_exits(
    position: UUID, request: Request, body: Body, change: Changing, wiring: Wired
) -> PositionShown:
    """Turn a position's exits on or off, or give it another panel; what is left out stays."""
    kind_of(request, *JSON)
    wish, named, user = fit(Wish, parse_json(body)), PositionId(position), change.user.user_id
    if wish.exits is not None:
        wiring.panels.set_exits(user, named, botfile.read_exits(wish.exits))
    if wish.exits_on is not None:
        wiring.panels.switch(user, named, is_on=wish.exits_on)
    return _show(wiring, change.user, named)


@router.post("/{position}/close", status_code=202, openapi_extra=KEY_HEADER)
def close_position(position: UUID, body: Body, change: Changing, wiring: Wired) -> Closing:
    """Close a position, now, at the usual prices; the same key again is the same close."""
    expect_none(body)
    return Closing(wiring.dismiss.dismiss(change.user.user_id, PositionId(position), change.key))


@router.post("/{position}/override", openapi_extra=takes(Outcome))
def override_position(
    position: UUID, request: Request, body: Body, change: Changing, wiring: Wired
) -> PositionShown:
    """Take a position over: no bot touches it again; what it came to may be corrected later."""
    kind_of(request, *JSON)
    result, named = fit(Outcome, parse_json(body)).result, PositionId(position)
    now, stores = wiring.clock.now(), wiring
    cents = None if result is None else _cents(result)
    override(change.user.user_id, named, cents, now, panels=stores.panels, pools=stores.pools)
    return _show(wiring, change.user, named)


def _cents(result: Decimal | int) -> int:
    cents = Decimal(result) * 100
    if cents != int(cents) or abs(cents) >= 10**12:
        raise BadInput("result: must be dollars and whole cents")
    return int(cents)


def _show(wiring: Wiring, user: User, position: PositionId) -> PositionShown:
    now, given = wiring.clock.now(), wiring
    seen = inspect(user.user_id, position, now, panels=given.panels, gatherer=given.gatherer)
    return _shown(seen, seen.worth)


def _shown(seen: Inspection, worth: Valuation | None) -> PositionShown:
    record = seen.record
    return PositionShown(
        record.line,
        botfile.plain_exits(record.position.exits),
        record.is_on,
        record.bot_is_on,
        None if worth is None else worth.mid,
        record.position.low_gain,
        record.attempts_today,
        list(seen.needs),
        list(seen.why_not),
        list(record.orders),
    )
