"""Exits in a bot file: the panel a position takes with it, read and written (3.8)."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, model_validator

from botfleet.adapters.botfile.fields import (
    Name,
    Plain,
    Premium,
    Profit,
    Stop,
    Trail,
    TrailFrom,
    money,
    percentage,
    whole,
)
from botfleet.adapters.botfile.trades import Strict, refuse
from botfleet.domain.money import Money
from botfleet.domain.orders.ladder import Speed
from botfleet.domain.positions.exits import Exits
from botfleet.domain.trees.grammar import canonical, number, percent, read_number, read_percent
from botfleet.domain.trees.words import OCCASIONS

_SPAN = re.compile(r"([0-9]{1,3}) (minute|hour|day)s?")
_MINUTES, _HOURS, _DAYS = range(5, 60), range(1, 7), range(1, 366)
_HOUR_MIN = 60
_SIGNED = ["number", "string"]


def _read_span(raw: object) -> tuple[int, str]:
    match = _SPAN.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if match is None:
        raise ValueError('must be a time before the end such as "30 minutes", "2 hours", "3 days"')
    count, unit = int(match[1]), match[2]
    if count not in {"minute": _MINUTES, "hour": _HOURS, "day": _DAYS}[unit]:
        raise ValueError("must be 5 to 59 minutes, 1 to 6 hours or 1 to 365 days")
    return (count * _HOUR_MIN, "minute") if unit == "hour" else (count, unit)


def _read_before_close(raw: object) -> int:
    count, unit = _read_span(raw)
    if unit == "day":
        raise ValueError("must be 5 to 59 minutes or 1 to 6 hours")
    return count


def _read_touch(raw: object) -> tuple[Decimal, bool]:
    if isinstance(raw, str) and raw.strip().endswith("%"):
        return read_percent(raw, low="-0.9", high="0.9"), True
    return read_number(raw, low=Decimal(-10_000), high=Decimal(10_000), places=4), False


def _read_spread(raw: object) -> Decimal:
    return read_number(raw, low=Decimal("0.01"), high=Decimal(10_000), places=4)


def _read_yes(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("must be true or false")  # noqa: TRY004  pydantic's border
    return raw


def _field(read: Callable[[object], Any], kind: object, words: str) -> Plain:
    return Plain(read, {"type": kind, "description": words})


Span = Annotated[
    tuple[int, str],
    _field(
        _read_span,
        "string",
        'from so long before it expires: "30 minutes" or "2 hours" before the close of its last'
        ' day; "3 days", at 31 minutes before the close of that session',
    ),
]
BeforeClose = Annotated[
    int, _field(_read_before_close, "string", 'so long before the close, "1 hour" if not given')
]
Touch = Annotated[
    tuple[Decimal, bool],
    _field(
        _read_touch,
        _SIGNED,
        "when the underlying comes so near the deciding strike, the sold one of a credit, the"
        " bought one of a debit: 0 at it, > 0 before it, < 0 in the money; dollars, or a"
        ' percentage of the strike: "1%"',
    ),
]
Spread = Annotated[
    Decimal,
    _field(_read_spread, _SIGNED, "while the position's market is wider, nothing is done"),
]
YesNo = Annotated[bool, _field(_read_yes, "boolean", "true: not on the day it was opened")]


class AvoidModel(Strict):
    """Leave on the session before one of these."""

    events: list[Annotated[str, Field(json_schema_extra={"enum": list(OCCASIONS)})]] = Field(
        min_length=1, max_length=len(OCCASIONS)
    )
    before_close: BeforeClose = _HOUR_MIN

    @model_validator(mode="after")
    def _are_known(self) -> "AvoidModel":
        for i, name in enumerate(self.events):
            if name not in OCCASIONS:
                refuse([(f"events[{i}]", f"must be one of {', '.join(OCCASIONS)}")])
        return self


class ExitsModel(Strict):
    """When the minute watch closes the position."""

    profit: Profit | None = None
    profit_amount: Annotated[
        Money | None, money("0.01", "10000000", "close at this profit of the position")
    ] = None
    price: Premium | None = None
    stop: Stop | None = None
    stop_amount: Annotated[
        Money | None, money("0.01", "10000000", "close at this loss of the position")
    ] = None
    trail_from: TrailFrom | None = None
    trail: Trail | None = None
    trail_return_min: Annotated[
        Decimal | None, percentage("-10", "10", "do not trail below this return")
    ] = None
    trail_pullback_max: Annotated[
        Decimal | None, percentage("0.001", "10", "do not trail once more was given back")
    ] = None
    touch: Touch | None = None
    expiration: Span | None = None
    avoid: AvoidModel | None = None
    earnings: Annotated[int | None, whole(0, 90)] = None
    no_day_trade: YesNo = False
    spread_max: Spread | None = None
    alpha_min: Annotated[
        Decimal | None, percentage("-10", "10", "close when expected value over max loss is less")
    ] = None
    value_min: Annotated[
        Money | None,
        money("-1000000", "1000000", "close when a unit's expected value is no more"),
    ] = None
    speed: Speed = Speed.FAST
    preset: Name | None = None

    @model_validator(mode="after")
    def _is_filled_in(self) -> "ExitsModel":
        if self.preset is not None:
            refuse([("preset", "is no preset of yours; `botfleet exits list` shows them")])
        return self

    @model_validator(mode="after")
    def _are_paired(self) -> "ExitsModel":
        if (self.trail is None) != (self.trail_from is None):
            refuse([("trail" if self.trail is None else "trail_from", "is missing")])
        for name in ("trail_return_min", "trail_pullback_max"):
            if getattr(self, name) is not None and self.trail is None:
                refuse([(name, "is for a trailing stop, which needs trail and trail_from")])
        most = self.trail_pullback_max
        if most is not None and self.trail is not None and most < self.trail:
            refuse([("trail_pullback_max", "must not be less than trail: it would never fire")])
        return self


#: Exits that shares cannot have: they have no strike, and never expire.
OF_OPTIONS = ("touch", "expiration", "alpha_min", "value_min")


def exited(model: ExitsModel) -> Exits:
    """Give the exits a model stands for."""
    away, is_fraction = model.touch or (None, False)
    count, unit = model.expiration or (None, "")
    return Exits(
        model.profit,
        model.stop,
        model.trail_from,
        model.trail,
        model.profit_amount,
        model.stop_amount,
        model.price,
        model.trail_return_min,
        model.trail_pullback_max,
        touch=away,
        touch_is_fraction=is_fraction,
        expiration_min=count if unit == "minute" else None,
        expiration_days=count if unit == "day" else None,
        avoid=tuple(name for name in OCCASIONS if model.avoid and name in model.avoid.events),
        avoid_min=model.avoid.before_close if model.avoid else Exits().avoid_min,
        earnings_days=model.earnings,
        waits_a_day=model.no_day_trade,
        spread_max=model.spread_max,
        alpha_min=model.alpha_min,
        value_min=model.value_min,
        speed=model.speed,
    )


def plain_exits(exits: Exits) -> dict[str, Any]:
    """Write exits, without those that are off."""
    given: dict[str, Any] = {
        "profit": _percent(exits.profit),
        "profit_amount": _money(exits.profit_amount),
        "price": _number(exits.price),
        "stop": _percent(exits.stop),
        "stop_amount": _money(exits.stop_amount),
        "trail_from": _percent(exits.trail_from),
        "trail": _percent(exits.trail),
        "trail_return_min": _percent(exits.trail_return_min),
        "trail_pullback_max": _percent(exits.trail_pullback_max),
        "touch": _percent(exits.touch) if exits.touch_is_fraction else _number(exits.touch),
        "expiration": _span(exits),
        "avoid": _avoid(exits),
        "earnings": exits.earnings_days,
        "no_day_trade": exits.waits_a_day or None,
        "spread_max": _number(exits.spread_max),
        "alpha_min": _percent(exits.alpha_min),
        "value_min": _money(exits.value_min),
        "speed": None if exits.speed is Speed.FAST else str(exits.speed),
    }
    return {name: one for name, one in given.items() if one is not None}


def _percent(value: Decimal | None) -> str | None:
    return None if value is None else percent(value)


def _number(value: Decimal | None) -> object:
    return None if value is None else number(canonical(value))


def _money(value: Money | None) -> object:
    return None if value is None else number(canonical(value.dollars))


def _minutes(count: int) -> str:
    if count % _HOUR_MIN == 0:
        hours = count // _HOUR_MIN
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{count} minutes"


def _span(exits: Exits) -> str | None:
    if exits.expiration_min is not None:
        return _minutes(exits.expiration_min)
    days = exits.expiration_days
    return None if days is None else f"{days} day{'' if days == 1 else 's'}"


def _avoid(exits: Exits) -> dict[str, Any] | None:
    if not exits.avoid:
        return None
    usual = exits.avoid_min == Exits().avoid_min
    before = {} if usual else {"before_close": _minutes(exits.avoid_min)}
    return {"events": list(exits.avoid), **before}
