"""A bot: automations under three hard limits (S57-S63)."""

from dataclasses import dataclass
from enum import StrEnum

from botfleet.domain.money import Money
from botfleet.domain.trees.nodes import Node


@dataclass(frozen=True, slots=True)
class Limits:
    """The three global controls: capital, opens a session day, positions open at once."""

    allocation: Money
    daily_positions: int
    open_positions: int


class Lane(StrEnum):
    """Which sequence an automation runs in. Scanners are skipped at a limit, the others are not."""

    SCANNER = "scanner"
    MONITOR = "monitor"
    BUTTON = "button"


@dataclass(frozen=True, slots=True)
class Automation:
    """A decision tree and when it runs: on the bot's interval in its lane, or at a button's click.

    `label` is a button's; empty otherwise.
    """

    name: str
    lane: Lane
    tree: Node
    label: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A bot as its author wrote it: everything but whose it is and how it stands."""

    name: str
    limits: Limits
    symbols: tuple[str, ...]
    automations: tuple[Automation, ...]
    interval_min: int = 15

    def lane(self, lane: Lane) -> tuple[tuple[int, Automation], ...]:
        """Give one lane in its order, each automation with its index in the whole bot."""
        return tuple((i, a) for i, a in enumerate(self.automations) if a.lane is lane)
