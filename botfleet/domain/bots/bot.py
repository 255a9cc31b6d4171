"""A bot: automations under three hard limits (S57-S63)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from botfleet.domain.bots.description import UNSAID, Description
from botfleet.domain.bots.inputs import Input, Link
from botfleet.domain.bots.symbols import named
from botfleet.domain.money import Money
from botfleet.domain.schedules.events import (
    Event,
    Hook,
    Moment,
    Once,
    Resultant,
    Trigger,
    Window,
    lets,
)
from botfleet.domain.schedules.hours import Hours
from botfleet.domain.trees.nodes import Node, held_keys


@dataclass(frozen=True, slots=True)
class Limits:
    """The three global controls: capital, opens a session day, positions open at once."""

    allocation: Money
    daily_positions: int
    open_positions: int


_ALWAYS = Window()

#: Which positions a trigger carries, by its key in a bot file (see `operands.Carried`).
CARRIED: Mapping[str, frozenset[str]] = MappingProxyType(
    {"position_opened": frozenset({"opened"}), "position_closed": frozenset({"closed"})}
)


class Lane(StrEnum):
    """Which sequence an automation runs in. Scanners are skipped at a limit, the others are not."""

    SCANNER = "scanner"
    MONITOR = "monitor"
    EVENT = "event"
    BUTTON = "button"


#: How many automations of a kind a bot may have (4.1 of the triggers).
SLOTS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("scanner", "monitor"), 5),
        **dict.fromkeys(("date", "now", "repeating", "webhook", "button"), 10),
        **dict.fromkeys(("market_open", "market_close"), 5),
        **dict.fromkeys(("position_opened", "position_closed"), 5),
    }
)


class RunKind(StrEnum):
    """The kinds runs are told apart by; an event is whatever starts on its own but for calls."""

    SCANNER = "scanner"
    MONITOR = "monitor"
    EVENT = "event"
    BUTTON = "button"
    WEBHOOK = "webhook"

    @property
    def slots(self) -> frozenset[str]:
        """Give the kinds of automations whose runs are of this kind."""
        if self is not RunKind.EVENT:
            return frozenset({self.value})
        return frozenset({"event", *SLOTS} - {one.value for one in RunKind if one is not self})


@dataclass(frozen=True, slots=True)
class Automation:
    """A decision tree and what starts it: the bot's marks, an event, or a button's click.

    `label` is a button's; empty otherwise. `trigger` is the event of the event lane; of scanners
    and monitors the window of their marks, None for all. `links` are the places of the tree that
    its author gave by the name of an input; `tree` already holds what they stand for. `keys` names
    the streaks that the tree's held conditions may leave.
    """

    name: str
    lane: Lane
    tree: Node
    label: str = ""
    inputs: tuple[Input, ...] = ()
    links: tuple[Link, ...] = ()
    trigger: Trigger | None = None
    keys: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", held_keys(self.tree))

    @property
    def event(self) -> Event | None:
        """Give the event that starts it, None where marks or clicks do."""
        return None if isinstance(self.trigger, Window) else self.trigger

    def runs_at(self, mark: datetime, hours: Hours) -> bool:
        """Say whether its window and its account's hours let that mark through."""
        return lets(self.trigger if isinstance(self.trigger, Window) else _ALWAYS, hours, mark)

    @property
    def kind(self) -> str:
        """Name what it takes a slot of: `repeating`, `scanner`."""
        match self.event:
            case None:
                return str(self.lane)
            case Once():
                return "date"
            case Moment() as moment:
                return str(moment)
            case Resultant(transition):
                return f"position_{transition}"
            case Hook():
                return "webhook"
            case _:
                return "repeating"


#: Automations, each with its index in the whole bot.
Placed: TypeAlias = tuple[tuple[int, Automation], ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A bot as its author wrote it: everything but whose it is and how it stands.

    Its `description` is what its file says of it; the stored form knows nothing of that.

    `named` are all symbols it names anywhere, its own first; `lanes` its automations by lane.
    """

    name: str
    limits: Limits
    symbols: tuple[str, ...]
    automations: tuple[Automation, ...]
    interval_min: int = 15
    may_day_trade: bool = True
    inputs: tuple[Input, ...] = ()
    description: Description = UNSAID
    named: tuple[str, ...] = field(init=False, compare=False, repr=False)
    lanes: Mapping[Lane, Placed] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        trees = tuple(one.tree for one in self.automations)
        every = dict.fromkeys((*self.symbols, *named(trees)))
        numbered = tuple(enumerate(self.automations))
        lanes = {lane: tuple(one for one in numbered if one[1].lane is lane) for lane in Lane}
        object.__setattr__(self, "named", tuple(every))
        object.__setattr__(self, "lanes", lanes)

    def lane(self, lane: Lane) -> Placed:
        """Give one lane in its order, each automation with its index in the whole bot."""
        return self.lanes[lane]
