"""Small made-up markets, books and criteria for trees."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from botfleet.domain.ids import PositionId
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.market.quotes import Quote
from botfleet.domain.money import Money
from botfleet.domain.positions.position import Position, PositionState, Valuation
from botfleet.domain.trades.opportunities import (
    ByDelta,
    ByWidth,
    ExpirationMode,
    ExpirationRule,
    Opportunity,
    TradeSpec,
)
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.conditions import Condition, Criterion, judge
from botfleet.domain.trees.facts import (
    UNBOUND,
    Binding,
    Book,
    Lacking,
    MarketTime,
    NoData,
)
from botfleet.domain.trees.recipes.catalogue import CATALOGUE

AT = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)  # Wednesday, 10:00 Eastern
TIME = MarketTime(AT, AT - timedelta(minutes=30), AT + timedelta(hours=6))
EXPIRES_ON = date(2026, 12, 18)
SPEC = TradeSpec(
    "SPY",
    Structure.SHORT_PUT_SPREAD,
    ExpirationRule(ExpirationMode.AT_LEAST, 30),
    (("long_put", ByWidth("short_put", Decimal(-5))), ("short_put", ByDelta(Decimal("0.3")))),
)


def criterion(recipe_id: str, **arguments: object) -> Criterion:
    """Make a criterion; what is left out of its parameters is None."""
    recipe = CATALOGUE[recipe_id]
    return Criterion(recipe, {name: arguments.get(name) for name in recipe.parameters})


def price(symbol: str, relation: str, value: str) -> Criterion:
    return criterion("stock_price", symbol=symbol, relation=relation, value=Decimal(value))


def quote(symbol: str, last: str | None, bid: str | None = None, ask: str | None = None) -> Quote:
    known = Quote(symbol, AT, _price(bid), _price(ask), _price(last))
    return replace(known, previous_close=Decimal(100), open=Decimal(101), volume=500)


def _price(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def put_legs(low: int, high: int) -> tuple[Leg, ...]:
    options = (Option("SPY", EXPIRES_ON, Right.PUT, Decimal(strike)) for strike in (low, high))
    return tuple(Leg(option, ratio) for option, ratio in zip(options, (1, -1), strict=True))


def position(number: int = 1, *, entry: str = "-1.00", high_gain: float = 0.0) -> Position:
    return Position(
        position_id(number),
        "SPY",
        Structure.SHORT_PUT_SPREAD,
        put_legs(95, 100),
        2,
        Decimal(entry),
        PositionState.OPEN,
        AT - timedelta(minutes=45),
        EXPIRES_ON,
        high_gain=high_gain,
    )


def position_id(number: int) -> PositionId:
    return PositionId(UUID(int=number))


def valuation(number: int, bid: str, ask: str, underlying: str | None = "102") -> Valuation:
    last = None if underlying is None else Decimal(underlying)
    return Valuation(position_id(number), Decimal(bid), Decimal(ask), last, AT)


def book(*positions: Position, refusal: str = "") -> Book:
    return Book(positions, 1_000_000, 250_050, 1_010_000, 2, refusal)


def opportunity(profit: int | None = 10_000, loss: int = 40_000) -> Opportunity:
    return Opportunity(
        "SPY",
        Structure.SHORT_PUT_SPREAD,
        put_legs(95, 100),
        EXPIRES_ON,
        Decimal(102),
        Decimal("-1.05"),
        Decimal("-0.95"),
        None if profit is None else Money(profit),
        Money(loss),
        12.5,
        AT,
    )


def answer(condition: Condition, facts: Mapping[Any, object], binding: Binding = UNBOUND) -> str:
    """Judge and say in one word."""
    result = judge(condition, facts, binding)
    if isinstance(result, Lacking):
        return "lacking"
    if isinstance(result, NoData):
        return "no_data"
    return "yes" if result else "no"
