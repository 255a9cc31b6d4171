"""Presets: panels of exits with a name, each for one class of positions (3.8, X13).

A preset is filled in where it is named; what was filled in is independent of it from then on.
"""

from dataclasses import dataclass
from enum import StrEnum

from botfleet.domain.positions.exits import Exits
from botfleet.domain.trades.structures import CREDIT, Structure


class PositionClass(StrEnum):
    """What kind of position a preset is for."""

    CREDIT = "credit"
    DEBIT = "debit"
    EQUITY = "equity"


@dataclass(frozen=True, slots=True)
class Preset:
    """A named panel of its owner's."""

    name: str
    position_class: PositionClass
    exits: Exits


def class_of(structure: Structure) -> PositionClass:
    """Give the class of a structure: what is sold, what is bought, or shares."""
    if structure is Structure.LONG_EQUITY:
        return PositionClass.EQUITY
    return PositionClass.CREDIT if structure in CREDIT else PositionClass.DEBIT
