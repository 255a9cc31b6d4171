"""Facts as JSON and back, exactly: a stored tree and its facts replay any decision.

Every value that is not text, a whole number, true, false or null is a list `[kind, field, ...]`,
its fields in the order of its class. A class may gain fields at its end, with defaults, and what
was kept before is still read. Decimals keep their digits, instants their offset.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any
from uuid import UUID

from botfleet.domain.market.events import Earnings, EconomicEvent, EventCalendar, Timing
from botfleet.domain.market.instruments import Kind, Leg, Option, Right
from botfleet.domain.market.lookbacks import Lookback
from botfleet.domain.market.quotes import OpeningRange, OptionQuote, Quote
from botfleet.domain.market.statistics import SymbolStats
from botfleet.domain.money import Money
from botfleet.domain.orders.ladder import Speed
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import Position, PositionState, Valuation
from botfleet.domain.trades.opportunities import (
    ByDelta,
    ByDeltaRange,
    ByDeviation,
    ByExpectedMove,
    ByMatch,
    ByOffset,
    ByPosition,
    ByPremium,
    BySame,
    ByStrike,
    ByWidth,
    ExpirationMode,
    ExpirationRule,
    NetGreeks,
    NoTrade,
    Odds,
    Opportunity,
    PriceSide,
    Reference,
    StrikeMode,
    TradeSpec,
)
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.facts import (
    Binding,
    Book,
    BookOf,
    ChanceOf,
    CloseOf,
    EndedOf,
    EventsOf,
    ExpectedMoveOf,
    ExpirationOf,
    Facts,
    HistoryOf,
    IndicatorOf,
    MarketTime,
    MemoryOf,
    NoData,
    OpportunityOf,
    Question,
    QuoteOf,
    RangeOf,
    StatsOf,
    TimeNow,
    ValueOf,
)
from botfleet.domain.trees.history import Attempts, Ended, History, Last, Streak
from botfleet.domain.trees.memory import Mark, Memory, Remembered

Kept = list[Any]
_Encoder = Callable[[Any], Any]
_Decoder = Callable[..., Any]

#: Questions, answers and what they are made of.
_QUESTIONS = (
    *(QuoteOf, CloseOf, IndicatorOf, OpportunityOf, ValueOf, TimeNow, BookOf),
    *(StatsOf, ChanceOf, ExpectedMoveOf, RangeOf, EventsOf),
    *(MemoryOf, HistoryOf, ExpirationOf, EndedOf),
)
_ANSWERS = (
    *(Quote, Opportunity, NoTrade, Valuation, MarketTime, Book, NoData),
    *(SymbolStats, OpeningRange, EventCalendar, Memory, History),
)
_PARTS = (
    *(Leg, Money, Exits, Position, TradeSpec, ExpirationRule, ByDelta, ByOffset, ByWidth),
    *(OptionQuote, NetGreeks, Odds, Earnings, EconomicEvent),
    *(Remembered, Last, Attempts, Streak, Ended),
    *(ByDeltaRange, ByStrike, ByPremium, ByDeviation, ByExpectedMove, BySame, ByMatch, ByPosition),
)
_CHOICES: tuple[type[StrEnum], ...] = (
    Mark,
    Kind,
    Timing,
    Right,
    PositionState,
    ExpirationMode,
    StrikeMode,
    PriceSide,
    Reference,
    Speed,
    Structure,
    Lookback,
)


def encode_facts(facts: Facts) -> bytes:
    """Keep facts as one line of JSON, `[question, answer]` each, in an order of its own."""
    pairs = [[_encode(question), _encode(answer)] for question, answer in facts.items()]
    lines = sorted(json.dumps(pair, separators=(",", ":")) for pair in pairs)
    return f"[{','.join(lines)}]".encode()


def decode_facts(kept: bytes) -> dict[Question, object]:
    """Give back what `encode_facts` kept.

    Raises:
        ValueError: it is not of that form.
    """
    try:
        return {_decode(question): _decode(answer) for question, answer in json.loads(kept)}
    except (TypeError, KeyError, ArithmeticError) as error:
        raise ValueError("these are no kept facts") from error


def encode_book(book: Book) -> Kept:
    """Give a bot's book as a JSON-able list."""
    kept: Kept = _encode(book)
    return kept


def decode_book(kept: Kept) -> Book:
    """Give back what `encode_book` kept.

    Raises:
        ValueError: it is not of that form.
    """
    try:
        book = _decode(kept)
    except (TypeError, KeyError, ArithmeticError) as error:
        raise ValueError("this is no kept book") from error
    if not isinstance(book, Book):
        raise ValueError("this is no kept book")  # noqa: TRY004  what was kept is wrong
    return book


def encode_own(answers: Mapping[Question, object]) -> Kept:
    """Give what belongs to the bot alone (its memory, its history) as a JSON-able list."""
    kept: Kept = sorted(([_encode(question), _encode(one)] for question, one in answers.items()))
    return kept


def decode_own(kept: Kept) -> dict[Question, object]:
    """Give back what `encode_own` kept.

    Raises:
        ValueError: it is not of that form.
    """
    try:
        return {_decode(question): _decode(answer) for question, answer in kept}
    except (TypeError, KeyError, ArithmeticError) as error:
        raise ValueError("these are no kept answers") from error


def encode_carried(given: Binding) -> Kept:
    """Give the positions a run's trigger carried, opened and closed, as a JSON-able list.

    Of an action that was agreed to also its loop's symbol and position.
    """
    kept: Kept = [_encode(given.opened), _encode(given.closed)]
    if given.symbol is not None or given.position is not None:
        kept += [_encode(given.symbol), _encode(given.position)]
    return kept


def decode_carried(kept: Kept) -> Binding:
    """Give back what `encode_carried` kept.

    Raises:
        ValueError: it is not of that form.
    """
    try:
        opened, closed, *item = map(_decode, kept)
        symbol, position = item or (None, None)
    except (TypeError, KeyError, ArithmeticError) as error:
        raise ValueError("these are no kept positions") from error
    return Binding(symbol, position, opened, closed)


def _same(value: Any) -> Any:
    return value


def _encode(value: Any) -> Any:
    return _ENCODERS[type(value)](value)


def _decode(kept: Any) -> Any:
    if type(kept) is not list:
        return kept
    return _DECODERS[kept[0]](*map(_decode, kept[1:]))


def _encodes_fields(kind: type[Any], names: tuple[str, ...]) -> _Encoder:
    tag = kind.__name__
    if not names:
        return lambda _: [tag]
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda value: [tag, _encode(only(value))]
    every = attrgetter(*names)
    return lambda value: [tag, *map(_encode, every(value))]


def _encodes_text(tag: str, write: Callable[[Any], str]) -> _Encoder:
    return lambda value: [tag, write(value)]


def _read_tuple(*items: object) -> tuple[object, ...]:
    return items


_CLASSES: dict[type[Any], tuple[str, ...]] = {
    Option: Option._fields,
    **{kind: tuple(one.name for one in fields(kind)) for kind in _QUESTIONS + _ANSWERS + _PARTS},
}
_ENCODERS: Mapping[type[Any], _Encoder] = {
    **dict.fromkeys((str, int, bool, type(None)), _same),
    **{kind: _encodes_fields(kind, names) for kind, names in _CLASSES.items()},
    **{kind: _encodes_text(kind.__name__, str) for kind in _CHOICES},
    float: _encodes_text("float", repr),
    Decimal: _encodes_text("Decimal", str),
    UUID: _encodes_text("UUID", str),
    datetime: _encodes_text("datetime", datetime.isoformat),
    date: _encodes_text("date", date.isoformat),
    tuple: lambda items: ["tuple", *map(_encode, items)],
}
_DECODERS: Mapping[str, _Decoder] = {
    **{kind.__name__: kind for kind in (*_CLASSES, *_CHOICES, float, Decimal, UUID)},
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "tuple": _read_tuple,
}
