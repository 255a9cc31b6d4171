"""What a recipe's parameters may be, and how each is read, written and said (R4, R5, S82, S86).

A percentage is a fraction of one everywhere inside (25 % is 0.25). It is read from `"25%"` or from
the plain number 0.25, and written `"25%"`. Every kind's `read` takes plain data as YAML or JSON
give it and raises a ValueError whose message is a sentence for the author.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from botfleet.domain.market.instruments import is_ticker
from botfleet.domain.trades.opportunities import LOOP_SYMBOL, ExpirationMode, TradeSpec
from botfleet.domain.trees.conditions import AllOf, Condition, Criterion

Plain = str | int | Decimal | list[str] | None

RELATIONS = ("above", "below", "at_least", "at_most")
COUNTS = ("more", "fewer", "exactly", "at_least", "at_most")
SPANS = ("more", "less", "exactly", "at_least", "at_most")
CLOCKS = ("before", "after", "at_or_before", "at_or_after")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
INDICATORS = (
    *("RSI", "ADX", "DX", "ATR", "CCI", "CMO", "MFI", "MOM", "ROC", "WILLR"),
    *("SMA", "EMA", "TRIMA", "KAMA"),
)
AVERAGES = ("SMA", "EMA", "TRIMA", "KAMA")

_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,8})?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_WORDS = {
    **{word: word.replace("_", " ") for word in (*RELATIONS, *CLOCKS)},
    **{word: f"{word} than" for word in ("more", "fewer", "less")},
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of parameter: plain data to value, value to plain data, value to English.

    `schema` describes the plain data as JSON Schema does.
    """

    read: Callable[[object], Any]
    write: Callable[[Any], Plain]
    say: Callable[[Any], str]
    schema: Mapping[str, object]
    is_optional: bool = False


def read_number(raw: object, *, low: Decimal, high: Decimal, places: int) -> Decimal:
    """Read a number between `low` and `high` with at most that many decimal `places`.

    Raises:
        ValueError: it is none; the message says what would be.
    """
    text = "" if isinstance(raw, bool) else str(raw).strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError("must be a number")
    value = canonical(Decimal(text))
    if not low <= value <= high:
        raise ValueError(f"must be between {low:,} and {high:,}")
    if value != round(value, places):
        raise ValueError(f"must have at most {places} decimal places")
    return value


def canonical(value: Decimal) -> Decimal:
    """Give the one way to write a number: no exponent, no trailing zeros."""
    plain = value.normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain


def read_percent(raw: object, *, low: str = "-10", high: str = "10") -> Decimal:
    """Read `"25%"` or 0.25 as the fraction 0.25.

    Raises:
        ValueError: it is neither, or beyond the bounds (themselves fractions).
    """
    text = str(raw).strip()
    is_marked = text.endswith("%")
    bounds = Decimal(low), Decimal(high)
    number = text.removesuffix("%").strip() if is_marked else raw
    value = read_number(number, low=Decimal(-(10**11)), high=Decimal(10**11), places=6)
    value = canonical(value / 100) if is_marked else value
    if not bounds[0] <= value <= bounds[1]:
        hint = "" if is_marked else f'; for {text} % write "{text}%"'
        raise ValueError(f"must be between {percent(bounds[0])} and {percent(bounds[1])}{hint}")
    return value


def percent(value: Decimal) -> str:
    """Write a fraction as a percentage: 0.25 is `25%`."""
    return f"{canonical(value * 100):f}%"


def number(value: Decimal) -> Plain:
    """Write a number plainly: whole ones as integers."""
    return int(value) if value == value.to_integral_value() else value


def read_symbol(raw: object) -> str:
    """Read a ticker, or the loop's symbol.

    Raises:
        ValueError: it is neither.
    """
    if raw == LOOP_SYMBOL:
        return LOOP_SYMBOL
    return read_ticker(raw)


def read_ticker(raw: object) -> str:
    """Read a ticker: `SPY`, `BRK.B`.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(raw, str) or not is_ticker(raw):
        raise ValueError("must be a ticker such as SPY or BRK.B")
    return raw


def read_whole(raw: object, *, low: int, high: int) -> int:
    """Read a whole number between `low` and `high`.

    Raises:
        ValueError: it is none.
    """
    return int(read_number(raw, low=Decimal(low), high=Decimal(high), places=0))


def _read_clock(raw: object) -> time:
    match = _CLOCK.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise ValueError('must be an Eastern time such as "10:30"')
    return time(int(match[1]), int(match[2]))


def _read_weekdays(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or not raw or any(day not in WEEKDAYS for day in raw):
        raise ValueError(f"must list days of {', '.join(WEEKDAYS)}")
    return tuple(day for day in WEEKDAYS if day in raw)


def _choice(words: tuple[str, ...]) -> Kind:
    def read(raw: object) -> str:
        if not isinstance(raw, str) or raw not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return raw

    return Kind(read, str, lambda word: _WORDS.get(word, word), {"enum": list(words)})


def _numbers(low: str, high: str, places: int, say: Callable[[Decimal], str]) -> Kind:
    bounds = Decimal(low), Decimal(high)

    def read(raw: object) -> Decimal:
        return read_number(raw, low=bounds[0], high=bounds[1], places=places)

    shape = {"type": ["number", "string"], "description": f"a number from {low} to {high}"}
    return Kind(read, number, say, shape)


def _whole(low: int, high: int) -> Kind:
    def read(raw: object) -> int:
        return read_whole(raw, low=low, high=high)

    return Kind(read, int, str, {"type": "integer", "minimum": low, "maximum": high})


def say_symbol(symbol: str) -> str:
    """Name a symbol, the loop's one as what it is."""
    return "the loop's symbol" if symbol == LOOP_SYMBOL else symbol


def say_trade(spec: TradeSpec) -> str:
    """Name a theoretical trade: `SPY short put spread in at least 30 days`."""
    name = f"{say_symbol(spec.symbol)} {spec.structure.replace('_', ' ')}"
    rule = spec.expiration
    if rule is None:
        return name
    if rule.mode is ExpirationMode.BETWEEN:
        return f"{name} in {rule.days} to {rule.days_max} days"
    return f"{name} in {rule.mode.replace('_', ' ')} {rule.days} days"


def _dollars(value: Decimal) -> str:
    return f"{'-' if value < 0 else ''}${abs(value):f}"


def _optional(read: Callable[[object], Any]) -> Callable[[object], Any]:
    return lambda raw: None if raw is None else read(raw)


_TICKER = "[A-Z][A-Z0-9]{0,5}([./][A-Z]{1,2})?"
_SYMBOL_SHAPE: dict[str, object] = {"type": "string", "pattern": rf"^({_TICKER}|\$symbol)$"}
_PERCENT_SHAPE: dict[str, object] = {
    "type": ["string", "number"],
    "description": '"25%", or 0.25 for the same; from -1000% to 1000%',
}

#: Every kind by its name. A `trade` is read and written by the bot file, which owns its shape.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "symbol": Kind(read_symbol, str, say_symbol, _SYMBOL_SHAPE),
        "ticker": Kind(read_ticker, str, str, {"type": "string", "pattern": f"^{_TICKER}$"}),
        "symbol_or_any": Kind(
            _optional(read_symbol),
            lambda symbol: symbol,
            lambda symbol: f" in {say_symbol(symbol)}" if symbol else "",
            _SYMBOL_SHAPE,
            is_optional=True,
        ),
        "relation": _choice(RELATIONS),
        "count_relation": _choice(COUNTS),
        "span_relation": _choice(SPANS),
        "clock_relation": _choice(CLOCKS),
        "price": _numbers("0.0001", "1000000", 4, lambda value: f"{value:f}"),
        "amount": _numbers("0.01", "10000000", 2, _dollars),
        "profit": _numbers("-10000000", "10000000", 2, _dollars),
        "number": _numbers("-1000000000", "1000000000", 8, lambda value: f"{value:f}"),
        "percent": Kind(read_percent, percent, percent, _PERCENT_SHAPE),
        "sessions": _whole(1, 365),
        "days": _whole(0, 3650),
        "minutes": _whole(0, 525_600),
        "count": _whole(0, 1_000_000_000),
        "period": _whole(2, 200),
        "indicator": _choice(INDICATORS),
        "average": _choice(AVERAGES),
        "clock": Kind(
            _read_clock,
            lambda clock: f"{clock:%H:%M}",
            lambda clock: f"{clock:%H:%M}",
            {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        ),
        "weekdays": Kind(
            _read_weekdays,
            list,
            lambda days: " or ".join(day.capitalize() for day in days),
            {"type": "array", "items": {"enum": list(WEEKDAYS)}, "minItems": 1},
        ),
        "trade": Kind(lambda raw: raw, lambda spec: spec, say_trade, {"type": "object"}),
    }
)


def render(criterion: Criterion) -> str:
    """Say a criterion as one English sentence: `MSFT price is above 100`."""
    recipe = criterion.recipe
    said = {
        name: KINDS[kind].say(criterion.arguments[name]) for name, kind in recipe.parameters.items()
    }
    sentence = recipe.sentence.format_map(said)
    return sentence[0].upper() + sentence[1:]


def render_condition(condition: Condition) -> str:
    """Say a whole condition, inner groups in brackets: `A and (B or C)`."""
    if isinstance(condition, Criterion):
        return render(condition)
    word = " and " if isinstance(condition, AllOf) else " or "
    return word.join(
        render(part) if isinstance(part, Criterion) else f"({render_condition(part)})"
        for part in condition.parts
    )
