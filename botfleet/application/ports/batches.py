"""What a batch needs of the store: state in one question, results in one transaction."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from botfleet.application.ports.pools import Settlement
from botfleet.application.ports.work import Work
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.state import BotState
from botfleet.domain.capital.pool import DrawRequest, Granted, Pool
from botfleet.domain.ids import AccountId, AskId, BotId, DrawId, OrderId, PositionId, RunId, UserId
from botfleet.domain.market.instruments import Leg
from botfleet.domain.orders.ladder import Rung
from botfleet.domain.orders.order import Effect
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import Position
from botfleet.domain.trees.facts import Question
from botfleet.domain.trees.memory import Change, Streaks


@dataclass(frozen=True, slots=True)
class RunRow:
    """One automation's run. `detail` is JSON: its ends, and the book it saw if it looked.

    `kind` is its automation's, such as `scanner` or `repeating`; `level` how it went, if not well.
    """

    run_id: RunId
    user_id: UserId
    bot_id: BotId
    automation: int
    version: str
    outcome: str
    path: str
    detail: str
    kind: str
    level: str = ""


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """An order to be: written before it is sent. `legs` as they go to the broker.

    `why` names what a closing order is for: an exit of the watch, or an automation.
    """

    order_id: OrderId
    user_id: UserId
    bot_id: BotId
    account_id: AccountId
    position_id: PositionId
    run_id: RunId
    effect: Effect
    symbol: str
    legs: tuple[Leg, ...]
    quantity: int
    rungs: tuple[Rung, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """A granted draw, the position it is for and the order that opens it.

    `action` names the place in the bot that wants it: one such open at a time is under way.
    """

    ask: DrawRequest
    granted: Granted
    position: Position
    order: OrderIntent
    action: UUID


@dataclass(frozen=True, slots=True)
class CloseIntent:
    """The order that closes an open position, and why."""

    order: OrderIntent
    why: str


@dataclass(frozen=True, slots=True)
class AskIntent:
    """An action that is to wait for its owner's yes; `start` is what its run is to be given."""

    ask_id: AskId
    action: UUID
    user_id: UserId
    bot_id: BotId
    run_id: RunId
    version: str
    words: str
    start: Mapping[str, object]
    lapses_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A word to a bot's owner."""

    user_id: UserId
    bot_id: BotId
    level: str
    code: str
    message: str
    cause: str


@dataclass(frozen=True, slots=True)
class Watched:
    """What the minute watch saw, in columns: returns of each position, its highest and lowest.

    Where it saw no price a position is not `valued`, and its return is the last that was seen.
    """

    positions: Sequence[PositionId] = ()
    gain: Sequence[float] = ()
    high: Sequence[float] = ()
    low: Sequence[float] = ()
    valued: Sequence[bool] = ()


@dataclass(frozen=True, slots=True)
class Expired:
    """A position that reached its end: what one unit is worth at the official close, a share.

    Of one that `keeps_shares` its options: they end, and it goes on as shares.
    """

    position_id: PositionId
    worth: Decimal
    keeps_shares: bool = False


@dataclass(frozen=True, slots=True)
class Repriced:
    """The working close of a position is to rest at another limit from now on."""

    position_id: PositionId
    limit: Decimal


@dataclass(frozen=True, slots=True)
class Remembering:
    """What one run asks to be remembered: its changes in their order, and its streaks.

    Applied once, with the first commit of the run: a counter counts a run once (R18).
    """

    run_id: RunId
    user_id: UserId
    bot_id: BotId
    changes: tuple[Change, ...]
    streaks: Streaks = Streaks()


@dataclass(frozen=True, slots=True)
class NewExits:
    """Other exits for a position that is held."""

    position_id: PositionId
    exits: Exits


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Bots of a row that did not end as it did, and why: `missed` or `failed`."""

    end: str
    why: str
    bots: int


@dataclass(frozen=True, slots=True)
class Results:
    """Everything a batch came to. `runs` is told which draws the commit refused, in a word each.

    `handed_over` are open positions that are their owners' from now on.
    """

    opens: Sequence[OpenIntent] = ()
    closes: Sequence[CloseIntent] = ()
    notices: Sequence[Notice] = ()
    watched: Watched = Watched()
    expired: Sequence[Expired] = ()
    repriced: Sequence[Repriced] = ()
    handed_over: Sequence[PositionId] = ()
    remembered: Sequence[Remembering] = ()
    exits: Sequence[NewExits] = ()
    asks: Sequence[AskIntent] = ()
    symbols: Mapping[BotId, Sequence[str]] = field(default_factory=dict)
    runs: Callable[[Mapping[DrawId, str]], Sequence[RunRow]] = lambda _: ()
    facts: bytes = b""
    left_out: Sequence[LeftOut] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """What the commit let stand: the orders to be submitted, and what the arbiter is to be told.

    `ends` voids the draws that were vetoed and releases those of positions that are gone.
    """

    orders: Sequence[OrderId]
    ends: Sequence[Settlement]


NO_EPOCHS: Mapping[BotId, int] = MappingProxyType({})


class Batches(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def load(self, bots: Sequence[BotId]) -> Mapping[BotId, BotState]:
        """Give the state of many bots, positions by age; a deleted bot is absent."""
        ...

    def definition(self, version: str) -> Definition:
        """Give a definition; versions never change, so brands keep them."""
        ...

    def does_as(self, before: str, version: str) -> bool:
        """Say whether a version does just what the one that begins with `before` does.

        Another name is another version, and changes nothing that is under way.
        """
        ...

    def fed(self, version: str, automation: int, inputs: Mapping[str, object]) -> Definition:
        """Give a definition, these inputs of one of its automations having these values.

        Raises:
            BadInput: a value is not of its input's kind.
        """
        ...

    def position(self, position_id: PositionId) -> Position | None:
        """Give a position, held or gone."""
        ...

    def recall(
        self, bots: Sequence[BotId], questions: Collection[Question], today: date
    ) -> Mapping[BotId, Mapping[Question, object]]:
        """Answer what only the store knows of many bots (memory, history, ends), one read each.

        Asked for only where a tree asks; `today` is the Eastern day that "today" means.
        """
        ...

    def commit(self, work: Work, at: datetime, results: Results) -> Committed | None:
        """Write everything and end the work, or nothing: None if another claimant came between.

        Every limit is checked again here, and this check decides (RELIABILITY 3.4).
        """
        ...

    def renew(
        self, bots: Sequence[BotId], beyond: Mapping[BotId, int] = NO_EPOCHS
    ) -> Mapping[BotId, Pool]:
        """Begin a new epoch of pools, `beyond` those; give them as the ledger knows them."""
        ...

    def ledger(self, bots: Sequence[BotId]) -> Mapping[BotId, Pool]:
        """Give pools as the ledger knows them."""
        ...

    def some_bots(self, after: BotId | None, most: int) -> Sequence[BotId]:
        """Page through every bot by id: the next `most` after one, from the first after None."""
        ...

    def bury(self, draws: Sequence[tuple[BotId, DrawId]]) -> Sequence[tuple[BotId, DrawId]]:
        """Write a tombstone for each draw that was never committed; give those now surely dead."""
        ...
