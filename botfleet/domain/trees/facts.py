"""What a tree may ask of the world, and what the world answered.

A `Question` is a value: two bots asking the same thing ask it once. `Facts` maps each answered
question to its answer; an answer that cannot be had is `NoData`, which is neither Yes nor No (R2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botfleet.domain.ids import PositionId
from botfleet.domain.market.lookbacks import Lookback
from botfleet.domain.positions.position import Position
from botfleet.domain.trades.opportunities import ExpirationRule, TradeSpec


@dataclass(frozen=True, slots=True)
class QuoteOf:
    """The underlying's quote; answered with a `Quote`."""

    symbol: str


@dataclass(frozen=True, slots=True)
class CloseOf:
    """The daily close `sessions_ago` (1 is yesterday's); answered with a Decimal.

    Or of the day that `since` names, of which `sessions_ago` then says nothing.
    """

    symbol: str
    sessions_ago: int
    since: Lookback | None = None


@dataclass(frozen=True, slots=True)
class IndicatorOf:
    """An indicator of daily bars, by TA-Lib's name; answered with a float.

    `params` follow the period (fast, slow, signal …), empty for the usual ones; `output` names one
    of several (`signal`, `upper`, `k`), empty for the first. `sessions_ago` counts back from the
    last bar: yesterday's, or with `is_intraday` today's, whose close is the live price.
    """

    symbol: str
    name: str
    period: int
    output: str = ""
    params: tuple[int | Decimal, ...] = ()
    is_intraday: bool = False
    sessions_ago: int = 0


@dataclass(frozen=True, slots=True)
class StatsOf:
    """What history and the options say of a symbol; answered with a `SymbolStats`."""

    symbol: str


@dataclass(frozen=True, slots=True)
class ChanceOf:
    """The chance that the price in `days` calendar days lies between `low` and `high`.

    None is no bound on that side; answered with a float, 0 to 1.
    """

    symbol: str
    low: Decimal | None
    high: Decimal | None
    days: int


@dataclass(frozen=True, slots=True)
class ExpectedMoveOf:
    """How far the options expect the price to go until an expiration; a Decimal, in dollars."""

    symbol: str
    expiration: ExpirationRule


@dataclass(frozen=True, slots=True)
class RangeOf:
    """The range of the session's first `minutes`; answered with an `OpeningRange`."""

    symbol: str
    minutes: int


@dataclass(frozen=True, slots=True)
class EventsOf:
    """What the calendar says of a symbol, or of the economy alone; an `EventCalendar`."""

    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class OpportunityOf:
    """The trade a spec would make now; answered with an `Opportunity` or a `NoTrade`."""

    spec: TradeSpec


@dataclass(frozen=True, slots=True)
class ValueOf:
    """What a position is worth now; answered with a `Valuation`."""

    position_id: PositionId


@dataclass(frozen=True, slots=True)
class TimeNow:
    """The market time; answered with a `MarketTime`."""


@dataclass(frozen=True, slots=True)
class BookOf:
    """The asking bot's own book; answered with a `Book`."""


@dataclass(frozen=True, slots=True)
class MemoryOf:
    """What the asking bot remembers; answered with a `Memory`."""


@dataclass(frozen=True, slots=True)
class HistoryOf:
    """What the asking bot has done; answered with a `History`."""


@dataclass(frozen=True, slots=True)
class EndedOf:
    """How many positions of the asking bot have ended, and how; a tuple of `Ended`."""


@dataclass(frozen=True, slots=True)
class ExpirationOf:
    """The day of the expiration that a rule picks; answered with a date or a `NoTrade`."""

    symbol: str
    expiration: ExpirationRule


@dataclass(frozen=True, slots=True)
class MarketTime:
    """Now, on an Eastern clock, and the session it falls in."""

    at: datetime
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Book:
    """A bot's state as its tree may see it. Amounts in cents.

    `refusal` names the limit that forbids another open, empty while there is room; `symbols_n`
    counts the symbols its author gave the bot.
    """

    positions: tuple[Position, ...]
    allocation: int
    available: int
    net_liquidation: int
    opened_today: int
    refusal: str = ""
    symbols_n: int = 0


@dataclass(frozen=True, slots=True)
class NoData:
    """The answer cannot be had, and why; as an answer, or as the end of a walk."""

    question: str
    why: str


Question = (
    QuoteOf
    | CloseOf
    | IndicatorOf
    | StatsOf
    | ChanceOf
    | ExpectedMoveOf
    | RangeOf
    | EventsOf
    | OpportunityOf
    | ValueOf
    | TimeNow
    | BookOf
    | MemoryOf
    | HistoryOf
    | EndedOf
    | ExpirationOf
)
Facts = Mapping[Question, object]
#: The limit that what draws no capital is not stopped by.
NO_CAPITAL = "no_capital"
NOW, BOOK, MEMORY, HISTORY, ENDED = TimeNow(), BookOf(), MemoryOf(), HistoryOf(), EndedOf()
#: Questions whose answers belong to one bot and are never shared with another.
OWN: frozenset[Question] = frozenset({BOOK, MEMORY, HISTORY, ENDED})


@dataclass(frozen=True, slots=True)
class Lacking:
    """The walk cannot go on until these are answered. Never empty."""

    questions: frozenset[Question]


@dataclass(frozen=True, slots=True)
class Binding:
    """What a loop bound for the sub-tree below it, and what the run's trigger carried.

    `opened` and `closed` are given to the walk by whoever starts it; `other` is the second operand
    of a criterion that compares two positions.
    """

    symbol: str | None = None
    position: Position | None = None
    opened: Position | None = None
    closed: Position | None = None
    other: Position | None = None

    @property
    def item(self) -> str:
        """Name the loop item, the empty string outside loops."""
        held = str(self.position.position_id) if self.position else ""
        return "/".join(part for part in (self.symbol or "", held) if part)


UNBOUND = Binding()
