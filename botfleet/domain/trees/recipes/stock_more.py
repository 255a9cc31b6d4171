"""Recipes on an underlying: moves, chances, expected moves and opening ranges.

A move of `increased` or `decreased` is measured in that direction: a fall of 3 % has increased by
-3 %. Chances are of the price at the end of so many calendar days (spec 2.8).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from botfleet.domain.market.lookbacks import Lookback
from botfleet.domain.market.quotes import OpeningRange, Quote
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import (
    MEMORY,
    Binding,
    ChanceOf,
    CloseOf,
    ExpectedMoveOf,
    NoData,
    Question,
    QuoteOf,
    RangeOf,
    StatsOf,
)
from botfleet.domain.trees.memory import of_symbol, quantified
from botfleet.domain.trees.recipes.comparison import (
    NO_SYMBOL,
    between,
    compared,
    guarded,
    symbol_of,
    unknown,
)
from botfleet.domain.trees.recipes.stock import last_of, quote_of
from botfleet.domain.trees.recipes.stock_properties import (
    Number,
    asks_for,
    measure,
    property_asks,
    property_of,
)

Answers = Sequence[Any]
_SYMBOL = {"symbol": "symbol"}
#: One standard deviation is the move of 30 calendar days at the 30-day volatility a year.
_MONTH_OF_A_YEAR = (30 / 365) ** 0.5


def _reference_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    return quote_of(symbol_of(arguments, binding))


def _above_reference(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    price, other = (measure(arguments[name], answers) for name in ("price", "reference"))
    if isinstance(price, NoData) or isinstance(other, NoData):
        return price if isinstance(price, NoData) else other
    return Decimal(price) - Decimal(other)


def _base(quote: Quote, since: str) -> Decimal | None:
    return quote.open if since == "open" else quote.previous_close


def _change_today(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if not answers:
        return NO_SYMBOL
    last, base = last_of(answers[0]), _base(answers[0], arguments["since"])
    if isinstance(last, NoData):
        return last
    if not base:
        return unknown(f"{arguments['since']} of {answers[0].symbol}")
    return (last - base) / base if arguments["unit"] == "percent" else last - base


def _close(symbol: str, since: int | Lookback) -> CloseOf:
    return CloseOf(symbol, since) if isinstance(since, int) else CloseOf(symbol, 0, since)


def _moved_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return ()
    asked = (QuoteOf(symbol), _close(symbol, arguments["lookback"]))
    return (*asked, StatsOf(symbol)) if arguments["unit"] == "std_devs" else asked


def _moved(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if not answers:
        return NO_SYMBOL
    last, close = last_of(answers[0]), answers[1]
    if isinstance(last, NoData):
        return last
    if close <= 0:
        return unknown(f"close of {answers[0].symbol}", "not a price")
    move = last - close if arguments["direction"] == "increased" else close - last
    if arguments["unit"] == "dollars":
        return Decimal(move)
    if arguments["unit"] == "percent":
        return Decimal(move / close)
    deviation = answers[2].sd30
    if not deviation:
        return unknown(f"standard deviation of {answers[0].symbol}")
    return float(move / close) / (float(deviation) * _MONTH_OF_A_YEAR)


def _levels(arguments: Arguments, names: tuple[str, ...], last: Decimal) -> list[Decimal]:
    levels = (arguments[name] for name in names)
    return [last * (1 + amount) if is_percent else amount for amount, is_percent in levels]


def _chance_more(arguments: Arguments, _: Binding, answers: Answers) -> tuple[Question, ...]:
    last = last_of(answers[0]) if answers else NO_SYMBOL
    if isinstance(last, NoData) or not last.is_finite():
        return ()
    (level,) = _levels(arguments, ("level",), last)
    low, high = (level, None) if arguments["side"] == "above" else (None, level)
    return (ChanceOf(answers[0].symbol, low, high, arguments["days"]),)


def _chance_between_more(
    arguments: Arguments, _: Binding, answers: Answers
) -> tuple[Question, ...]:
    last = last_of(answers[0]) if answers else NO_SYMBOL
    if isinstance(last, NoData) or not last.is_finite():
        return ()
    low, high = _levels(arguments, ("low", "high"), last)
    return (ChanceOf(answers[0].symbol, low, high, arguments["days"]),)


def _chance(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    if len(answers) < 2:  # noqa: PLR2004  the quote, then the chance
        return unknown(f"last price of {answers[0].symbol}")
    return float(answers[1])


def _expected_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    return (QuoteOf(symbol), ExpectedMoveOf(symbol, arguments["expiration"])) if symbol else ()


def _expected(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if not answers:
        return NO_SYMBOL
    if arguments["unit"] == "dollars":
        return Decimal(answers[1])
    last = last_of(answers[0])
    if isinstance(last, NoData) or not last:
        return last if isinstance(last, NoData) else unknown(f"last price of {answers[0].symbol}")
    return Decimal(answers[1]) / last


def _is_beyond_expected(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    if not answers:
        return NO_SYMBOL
    change = measure("change", answers[:1])
    if isinstance(change, NoData):
        return change
    is_beyond = abs(Decimal(change)) > answers[1]
    return bool(is_beyond == (arguments["where"] == "beyond"))


def _range_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    return (QuoteOf(symbol), RangeOf(symbol, arguments["minutes"])) if symbol else ()


def _above_range(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if not answers:
        return NO_SYMBOL
    last = last_of(answers[0])
    seen: OpeningRange = answers[1]
    bound = seen.high if arguments["bound"] == "high" else seen.low
    return last if isinstance(last, NoData) else last - bound


def _range_size(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if not answers:
        return NO_SYMBOL
    seen: OpeningRange = answers[1]
    if arguments["unit"] == "dollars":
        return seen.size
    return seen.size / seen.low if seen.low else unknown(f"opening range of {seen.symbol}")


def _kind_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    return asks_for(symbol_of(arguments, binding), "iv_rank")


def _is_kind(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    if not answers:
        return NO_SYMBOL
    kind = answers[0].kind
    return bool(kind == arguments["kind"]) if kind else unknown(f"kind of {answers[0].symbol}")


def _ask_memory(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return (MEMORY,)


def _is_tagged(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return NO_SYMBOL
    tags = answers[0].tags(of_symbol(symbol))
    return quantified(arguments["quantifier"], arguments["tags"], tags)


_VALUE = {"relation": "relation", "value": "measure"}
_SPAN = {"low": "measure", "high": "measure"}
_CHANCE = {"days": "days", "relation": "relation", "percent": "percent"}

RECIPES: tuple[Recipe, ...] = (
    compared(
        "stock_property",
        "{symbol} {property} is {relation} {value}",
        {**_SYMBOL, "property": "stock_property", **_VALUE},
        property_asks,
        property_of,
    ),
    between(
        "stock_property_between",
        "{symbol} {property} is between {low} and {high}",
        {**_SYMBOL, "property": "stock_property", **_SPAN},
        property_asks,
        property_of,
    ),
    compared(
        "stock_reference",
        "{symbol} {price} is {relation} its {reference}",
        {
            **_SYMBOL,
            "price": "price_reference",
            "relation": "relation",
            "reference": "price_reference",
        },
        _reference_asks,
        _above_reference,
        "",
    ),
    compared(
        "stock_change_today",
        "{symbol} change in {unit} since the {since} is {relation} {value}",
        {**_SYMBOL, "unit": "size_unit", "since": "since", **_VALUE},
        _reference_asks,
        _change_today,
    ),
    compared(
        "stock_moved",
        "{symbol} price {direction} {relation} {value}{unit} since {lookback}",
        {
            **_SYMBOL,
            "direction": "direction",
            **_VALUE,
            "unit": "unit",
            "lookback": "lookback",
        },
        _moved_asks,
        _moved,
    ),
    compared(
        "stock_chance",
        "{symbol} chance of being {side} {level} in {days} days is {relation} {percent}",
        {**_SYMBOL, "side": "side", "level": "level", **_CHANCE},
        _reference_asks,
        _chance,
        "percent",
    ),
    compared(
        "stock_chance_between",
        "{symbol} chance of being from {low} to {high} in {days} days is {relation} {percent}",
        {**_SYMBOL, "low": "level", "high": "level", **_CHANCE},
        _reference_asks,
        _chance,
        "percent",
    ),
    compared(
        "stock_expected_move",
        "{symbol} expected move {expiration} is {relation} {value} {unit}",
        {**_SYMBOL, "expiration": "expiration", **_VALUE, "unit": "size_unit"},
        _expected_asks,
        _expected,
    ),
    guarded(
        Recipe(
            "stock_beyond_expected_move",
            "stock",
            "{symbol} change since the previous close is {where} its expected move {expiration}",
            {**_SYMBOL, "where": "where", "expiration": "expiration"},
            _expected_asks,
            _is_beyond_expected,
        )
    ),
    compared(
        "stock_opening_range",
        "{symbol} price is {relation} its {minutes}-minute opening range {bound}",
        {**_SYMBOL, "relation": "relation", "minutes": "minutes", "bound": "bound"},
        _range_asks,
        _above_range,
        "",
    ),
    compared(
        "stock_opening_range_size",
        "{symbol} {minutes}-minute opening range is {relation} {value} {unit}",
        {**_SYMBOL, "minutes": "minutes", **_VALUE, "unit": "size_unit"},
        _range_asks,
        _range_size,
    ),
    Recipe(
        "stock_kind",
        "stock",
        "{symbol} type is {kind}",
        {**_SYMBOL, "kind": "symbol_kind"},
        _kind_asks,
        _is_kind,
    ),
    Recipe(
        "stock_tags",
        "stock",
        "{symbol} has {quantifier} of the tags {tags}",
        {**_SYMBOL, "quantifier": "quantifier", "tags": "tags"},
        _ask_memory,
        _is_tagged,
    ),
)
#: Recipes whose further questions follow from their first answers.
MORE = {"stock_chance": _chance_more, "stock_chance_between": _chance_between_more}
