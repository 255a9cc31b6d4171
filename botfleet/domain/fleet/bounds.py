"""Bounds: how much of a kind one user may keep here. What a table holds ends somewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most of each kind; a user's broker accounts are counted with those that were left."""

    bots: int = 2_000
    presets: int = 200
    hooks: int = 100
    channels: int = 10
    accounts: int = 50


#: Where nothing else is said.
BOUNDS = Bounds()
