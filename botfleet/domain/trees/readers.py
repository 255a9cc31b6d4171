"""How plain data become the values of a recipe's parameters, and back (R4, R5).

A percentage is a fraction of one everywhere inside (25 % is 0.25). It is read from `"25%"` or from
the plain number 0.25, and written `"25%"`. Every kind's `read` takes plain data as YAML or JSON
give it and raises a ValueError whose message is a sentence for the author.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from botfleet.domain.market.instruments import is_ticker
from botfleet.domain.trades.opportunities import LOOP_SYMBOL

Plain = str | int | Decimal | list[Any] | dict[str, Any] | None

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
TEXT_MAX, LIST_MAX = 32, 10
#: Categories of characters no text may hold: controls, format marks, surrogates, unassigned.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,8})?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


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


def read_clock(raw: object) -> time:
    """Read an Eastern time of day.

    Raises:
        ValueError: it is none.
    """
    match = _CLOCK.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise ValueError('must be an Eastern time such as "10:30"')
    return time(int(match[1]), int(match[2]))


def read_weekdays(raw: object) -> tuple[str, ...]:
    """Read weekdays, in the order of the week.

    Raises:
        ValueError: they are none.
    """
    if not isinstance(raw, list) or not raw or any(day not in WEEKDAYS for day in raw):
        raise ValueError(f"must list days of {', '.join(WEEKDAYS)}")
    return tuple(day for day in WEEKDAYS if day in raw)


def read_date(raw: object) -> date:
    """Read a calendar date, `2026-11-18`.

    Raises:
        ValueError: it is none.
    """
    try:
        return date.fromisoformat(
            raw if isinstance(raw, str) and len(raw) == len("yyyy-mm-dd") else ""
        )
    except ValueError:
        raise ValueError('must be a date such as "2026-11-18"') from None


def read_text(raw: object, *, length_max: int = TEXT_MAX) -> str:
    """Read a short text that a person can see whole.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("must be text")
    if len(raw) > length_max:
        raise ValueError(f"must have at most {length_max} characters")
    if any(unicodedata.category(character) in UNSEEN for character in raw):
        raise ValueError("must not hold control or invisible characters")
    return raw.strip()


def read_tags(raw: object) -> tuple[str, ...]:
    """Read one to ten tags, each once.

    Raises:
        ValueError: they are none.
    """
    if not isinstance(raw, list) or not 0 < len(raw) <= LIST_MAX:
        raise ValueError(f"must list 1 to {LIST_MAX} tags")
    return tuple(dict.fromkeys(map(read_text, raw)))


def read_level(raw: object) -> tuple[Decimal, bool]:
    """Read a price, or a percentage above (> 0) or below (< 0) the last one: `("2%", True)`.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(raw, str) and raw.strip().endswith("%"):
        return read_percent(raw, low="-0.99"), True
    return read_number(raw, low=Decimal("0.0001"), high=Decimal(1_000_000), places=4), False


def read_measure(raw: object) -> Decimal:
    """Read a number that may be a percentage: `"25%"` and 0.25 are the same.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(raw, str) and raw.strip().endswith("%"):
        return read_percent(raw, low="-1000", high="1000")
    return read_number(raw, low=Decimal(-(10**9)), high=Decimal(10**9), places=8)


def read_mapping(raw: object, known: Mapping[str, Callable[[object], Any]]) -> dict[str, Any]:
    """Read a mapping of known keys, each by its own reader.

    Raises:
        ValueError: it is none, has other keys, or one of its values is wrong.
    """
    if not isinstance(raw, dict):
        raise ValueError("must be a mapping")  # noqa: TRY004  what the author wrote is wrong
    if others := [str(key)[:TEXT_MAX] for key in raw if key not in known]:
        raise ValueError(f"{others[0]} is not known here")
    found = {}
    for key, value in raw.items():
        try:
            found[key] = known[key](value)
        except ValueError as error:
            raise ValueError(f"{key} {error}") from None
    return found


def choice(words: tuple[str, ...], spoken: Mapping[str, str] | None = None) -> Kind:
    """Make a kind that is one of some words; `spoken` says those that need more words."""
    said = spoken or {}

    def read(raw: object) -> str:
        if not isinstance(raw, str) or raw not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return raw

    return Kind(
        read, str, lambda word: said.get(word, word.replace("_", " ")), {"enum": list(words)}
    )


def numbers(low: str, high: str, places: int, say: Callable[[Decimal], str]) -> Kind:
    """Make a kind that is a number within bounds, said by `say`."""
    bounds = Decimal(low), Decimal(high)

    def read(raw: object) -> Decimal:
        return read_number(raw, low=bounds[0], high=bounds[1], places=places)

    shape = {"type": ["number", "string"], "description": f"a number from {low} to {high}"}
    return Kind(read, number, say, shape)


def whole(low: int, high: int) -> Kind:
    """Make a kind that is a whole number within bounds."""

    def read(raw: object) -> int:
        return read_whole(raw, low=low, high=high)

    return Kind(read, int, str, {"type": "integer", "minimum": low, "maximum": high})


def dollars(value: Decimal) -> str:
    """Say dollars, below zero with a sign in front."""
    return f"{'-' if value < 0 else ''}${abs(value):f}"


def optional(read: Callable[[object], Any]) -> Callable[[object], Any]:
    """Let a reader take None for what is left out."""
    return lambda raw: None if raw is None else read(raw)
