"""How domain values lie in columns: legs as [[OCC symbol, ratio]], rungs as [[limit, seconds]]."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from botfleet.domain.ids import PositionId
from botfleet.domain.market.instruments import Leg, occ, parse_occ
from botfleet.domain.money import Money
from botfleet.domain.orders.ladder import Rung, Speed
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.trades.structures import Structure


def write_legs(legs: tuple[Leg, ...]) -> str:
    """Write legs; shares have no symbol of their own."""
    return json.dumps([[occ(leg.option) if leg.option else "", leg.ratio] for leg in legs])


def read_legs(stored: list[list[Any]]) -> tuple[Leg, ...]:
    """Read legs."""
    return tuple(Leg(parse_occ(symbol) if symbol else None, ratio) for symbol, ratio in stored)


def write_rungs(rungs: tuple[Rung, ...]) -> str:
    """Write a price ladder."""
    return json.dumps([[str(rung.limit), rung.hold_s] for rung in rungs])


def read_rungs(stored: list[list[Any]]) -> tuple[Rung, ...]:
    """Read a price ladder."""
    return tuple(Rung(Decimal(limit), hold_s) for limit, hold_s in stored)


_MONEY = ("profit_amount", "stop_amount", "value_min")
_PLAIN = ("expiration_min", "expiration_days", "avoid_min", "earnings_days")
_SWITCHES = ("touch_is_fraction", "waits_a_day")


def write_exits(exits: Exits) -> str:
    """Write a position's exits, without those that are as they would be anyway."""
    given = {name: getattr(exits, name) for name in Exits.__slots__}
    usual = {name: getattr(Exits(), name) for name in Exits.__slots__}
    return json.dumps({name: _plain(one) for name, one in given.items() if one != usual[name]})


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return value.cents
    return str(value) if isinstance(value, Decimal) else value


def read_exits(stored: Mapping[str, Any]) -> Exits:
    """Read a position's exits."""
    return Exits(**{name: _exit(name, value) for name, value in stored.items()})


def _exit(name: str, value: Any) -> Any:
    if name in _MONEY:
        return Money(value)
    if name == "speed":
        return Speed(value)
    if name == "avoid":
        return tuple(value)
    return value if name in _PLAIN + _SWITCHES else Decimal(value)


def read_position(row: Mapping[str, Any]) -> Position:
    """Read a position's row."""
    return Position(
        PositionId(row["position_id"]),
        row["symbol"],
        Structure(row["structure"]),
        read_legs(row["legs"]),
        row["quantity"],
        row["entry"],
        PositionState(row["state"]),
        row["opened_at"],
        row["expires_on"],
        read_exits(row["exits"]),
        row["gain"],
        row["high_gain"],
        tuple(row["tags"]),
        PositionId(row["covered_by"]) if row["covered_by"] else None,
        row["low_gain"],
    )
