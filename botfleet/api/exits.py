"""A user's presets, and what the user wants of exits in each account."""

from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Request, Response
from pydantic import Field

from botfleet.adapters import botfile
from botfleet.api.bodies import JSON, Body, Strict, expect_none, fit, kind_of, parse_json
from botfleet.api.callers import KEY_HEADER, Caller, Changing, Wired, takes
from botfleet.api.doors import doors
from botfleet.domain.ids import AccountId
from botfleet.domain.positions.exits import AtExpiration, ExitRules, checked
from botfleet.domain.positions.presets import PositionClass, Preset

router = doors("/v1", "exits")
Name = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Wish(Strict):
    """A preset: what class of positions it is for, and its panel, as in a bot file."""

    position_class: PositionClass = Field(alias="class", strict=False)
    exits: dict[str, Any]


class Rules(Strict):
    """When exits act (Eastern), how often a day, and what becomes of what expires in the money."""

    begins: time = Field(time(9, 31), strict=False)
    ends_min: int = 1
    attempts_max: int = 0
    at_expiration: AtExpiration = Field(AtExpiration.CLOSE, strict=False)


@dataclass(frozen=True, slots=True)
class PresetShown:
    """A preset; `exits` is its panel, as in a bot file."""

    name: str
    position_class: PositionClass
    exits: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PresetList:
    """A user's presets, by name."""

    items: list[PresetShown]


@router.get("/presets")
def list_presets(caller: Caller, wiring: Wired) -> PresetList:
    """List your presets."""
    return PresetList([_shown(one) for one in wiring.panels.presets(caller.user_id)])


@router.put("/presets/{name}", openapi_extra=takes(Wish))
def keep_preset(
    name: Name, request: Request, body: Body, change: Changing, wiring: Wired
) -> PresetShown:
    """Keep a preset, new or in place of the one of its name; what was filled in stays as it is."""
    kind_of(request, *JSON)
    wish = fit(Wish, parse_json(body))
    preset = Preset(name, wish.position_class, botfile.read_exits(wish.exits))
    wiring.panels.keep_preset(change.user.user_id, preset)
    return _shown(preset)


@router.delete("/presets/{name}", status_code=204, openapi_extra=KEY_HEADER)
def drop_preset(name: Name, body: Body, change: Changing, wiring: Wired) -> Response:
    """Forget a preset; what was filled in from it stays."""
    expect_none(body)
    wiring.panels.drop_preset(change.user.user_id, name)
    return Response(status_code=204)


@router.get("/connections/{account}/exits")
def show_rules(account: UUID, caller: Caller, wiring: Wired) -> ExitRules:
    """Show when exits act in an account, and how often."""
    return wiring.panels.rules(caller.user_id, AccountId(account))


@router.put("/connections/{account}/exits", openapi_extra=takes(Rules))
def set_rules(
    account: UUID, request: Request, body: Body, change: Changing, wiring: Wired
) -> ExitRules:
    """Say when exits act in an account, and how often; what is left out is as usual."""
    kind_of(request, *JSON)
    given = fit(Rules, parse_json(body))
    named = (given.begins, given.ends_min, given.attempts_max, given.at_expiration)
    wiring.panels.set_rules(change.user.user_id, AccountId(account), checked(ExitRules(*named)))
    return wiring.panels.rules(change.user.user_id, AccountId(account))


def _shown(preset: Preset) -> PresetShown:
    return PresetShown(preset.name, preset.position_class, botfile.plain_exits(preset.exits))
