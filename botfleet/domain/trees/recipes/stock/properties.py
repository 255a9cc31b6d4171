"""The numbers of an underlying that recipes compare by name (spec K2, K3): quotes and statistics.

Changes, gaps and ranges count from the previous close. `std_dev` is the 30-day historical
volatility a year, `change_sd` the change in standard deviations of one session.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache

from botfleet.domain.market.quotes import Quote
from botfleet.domain.market.statistics import RANK_UNKNOWN, SymbolStats
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData, Question, QuoteOf, StatsOf
from botfleet.domain.trees.recipes.asking import Answers, Number
from botfleet.domain.trees.recipes.comparison import (
    NO_SYMBOL,
    VALUE,
    between,
    compared,
    symbol_of,
    unknown,
)

_SPAN = {"low": "measure", "high": "measure"}


Measured = Number | NoData | None


def _less(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other


def _part(amount: Decimal | None, base: Decimal | None) -> Decimal | None:
    return None if amount is None or not base else amount / base


def _mid(quote: Quote) -> Decimal | None:
    return None if quote.bid is None or quote.ask is None else (quote.bid + quote.ask) / 2


def _change(quote: Quote) -> Decimal | None:
    return _less(quote.last, quote.previous_close)


def _gap(quote: Quote) -> Decimal | None:
    return _less(quote.open, quote.previous_close)


def _range(quote: Quote) -> Decimal | None:
    return _less(quote.high, quote.low)


_QUOTED: Mapping[str, Callable[[Quote], Measured]] = {
    "last": lambda quote: quote.last,
    "bid": lambda quote: quote.bid,
    "ask": lambda quote: quote.ask,
    "mid": _mid,
    "spread": lambda quote: _less(quote.ask, quote.bid),
    "open": lambda quote: quote.open,
    "high": lambda quote: quote.high,
    "low": lambda quote: quote.low,
    "close": lambda quote: quote.previous_close,
    "previous_close": lambda quote: quote.previous_close,
    "volume": lambda quote: quote.volume,
    "change": _change,
    "change_pct": lambda quote: _part(_change(quote), quote.previous_close),
    "gap": _gap,
    "gap_pct": lambda quote: _part(_gap(quote), quote.previous_close),
    "range": _range,
    "range_pct": lambda quote: _part(_range(quote), quote.previous_close),
}


_KNOWN: Mapping[str, Callable[[SymbolStats], Measured]] = {
    "iv_rank": lambda stats: stats.iv_rank,
    "nvrp": lambda stats: stats.nvrp,
    "std_dev": lambda stats: stats.sd30,
    "volatility_ratio": lambda stats: stats.volatility_ratio,
}


@lru_cache(maxsize=4096)
def asks_for(symbol: str | None, name: str) -> tuple[Question, ...]:
    """Give the questions behind a property; none where no symbol is bound."""
    if symbol is None:
        return ()
    if name in _QUOTED:
        return (QuoteOf(symbol),)
    if name in _KNOWN:
        return (StatsOf(symbol),)
    return QuoteOf(symbol), StatsOf(symbol)


def measure(name: str, answers: Answers) -> Number | NoData:
    """Measure a property from the answers to what it asks."""
    if not answers:
        return NO_SYMBOL
    seen: Measured
    if name in _QUOTED:
        seen = _QUOTED[name](answers[0])
    elif name in _KNOWN:
        seen = _KNOWN[name](answers[0])
    else:
        seen = _change_sd(answers[0], answers[1])
    if seen is not None:
        return seen
    what = f"{name.replace('_', ' ')} of {answers[0].symbol}"
    return unknown(what, RANK_UNKNOWN) if name == "iv_rank" else unknown(what)


def _change_sd(quote: Quote, stats: SymbolStats) -> float | None:
    moved = _part(_change(quote), quote.previous_close)
    return None if moved is None or not stats.daily_sd else float(moved) / stats.daily_sd


def property_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    """Ask for the property a criterion names."""
    return asks_for(symbol_of(arguments, binding), arguments["property"])


def property_of(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    """Measure the property a criterion names."""
    return measure(arguments["property"], answers)


RECIPES: tuple[Recipe, ...] = (
    compared(
        "stock_property",
        "{symbol} {property} is {relation} {value}",
        {"symbol": "symbol", "property": "stock_property", **VALUE},
        property_asks,
        property_of,
    ),
    between(
        "stock_property_between",
        "{symbol} {property} is between {low} and {high}",
        {"symbol": "symbol", "property": "stock_property", **_SPAN},
        property_asks,
        property_of,
    ),
)
