"""A bot: automations under three hard limits (S57-S63)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from botfleet.domain.bots.inputs import Input, Link
from botfleet.domain.money import Money
from botfleet.domain.trees.nodes import Node, held_keys


@dataclass(frozen=True, slots=True)
class Limits:
    """The three global controls: capital, opens a session day, positions open at once."""

    allocation: Money
    daily_positions: int
    open_positions: int


#: Which positions the trigger of a lane's automations carries, by name (see `operands.Carried`).
CARRIED: Mapping[str, frozenset[str]] = MappingProxyType({})


class Lane(StrEnum):
    """Which sequence an automation runs in. Scanners are skipped at a limit, the others are not."""

    SCANNER = "scanner"
    MONITOR = "monitor"
    BUTTON = "button"


@dataclass(frozen=True, slots=True)
class Automation:
    """A decision tree and when it runs: on the bot's interval in its lane, or at a button's click.

    `label` is a button's; empty otherwise. `links` are the places of the tree that its author gave
    by the name of an input; `tree` already holds what they stand for. `keys` names the streaks that
    the tree's held conditions may leave.
    """

    name: str
    lane: Lane
    tree: Node
    label: str = ""
    inputs: tuple[Input, ...] = ()
    links: tuple[Link, ...] = ()
    keys: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", held_keys(self.tree))


@dataclass(frozen=True, slots=True)
class Definition:
    """A bot as its author wrote it: everything but whose it is and how it stands."""

    name: str
    limits: Limits
    symbols: tuple[str, ...]
    automations: tuple[Automation, ...]
    interval_min: int = 15
    inputs: tuple[Input, ...] = ()

    def lane(self, lane: Lane) -> tuple[tuple[int, Automation], ...]:
        """Give one lane in its order, each automation with its index in the whole bot."""
        return tuple((i, a) for i, a in enumerate(self.automations) if a.lane is lane)
