"""How domain values lie in columns: legs as [[OCC symbol, ratio]], rungs as [[limit, seconds]]."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from botfleet.domain.ids import PositionId
from botfleet.domain.market.instruments import Leg, occ, parse_occ
from botfleet.domain.orders.ladder import Rung
from botfleet.domain.positions.position import Exits, Position, PositionState
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


def write_exits(exits: Exits) -> str:
    """Write a position's exits, without those that are off."""
    given = {name: getattr(exits, name) for name in Exits.__slots__}
    return json.dumps({name: str(value) for name, value in given.items() if value is not None})


def read_exits(stored: Mapping[str, str]) -> Exits:
    """Read a position's exits."""
    return Exits(**{name: Decimal(value) for name, value in stored.items()})


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
    )
