"""How a condition is said in English: one sentence a criterion (R5, S86).

The kinds its parameters are of live in `kinds`, how they are read and written in `readers`.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite

from botfleet.domain.figures import share
from botfleet.domain.trees.conditions import AllOf, Condition, Criterion, Held
from botfleet.domain.trees.kinds import KINDS, say_symbol, say_trade
from botfleet.domain.trees.readers import (
    WEEKDAYS,
    Kind,
    canonical,
    dollars,
    number,
    percent,
    read_number,
    read_percent,
    read_symbol,
    read_ticker,
    read_whole,
)
from botfleet.domain.trees.words import UNITS

#: Words that count, in a recipe's sentence; how few there may be so that there is none.
_COUNTED = re.compile(
    r"(\{(count|sessions|minutes|days)\} (?:open |market )?"
    r"(?:position|unit|symbol|time|session|minute|day))s\b"
)
_OF_NONE = re.compile(r"\{relation\} \{count\} ((?:open )?(?:position|unit|symbol))s\b")
_NONE = {("fewer", 1), ("exactly", 0), ("at_most", 0)}
_DOLLARS = frozenset({"price", "amount", "profit"})

__all__ = [
    "KINDS",
    "WEEKDAYS",
    "Kind",
    "canonical",
    "number",
    "percent",
    "read_number",
    "read_percent",
    "read_symbol",
    "read_ticker",
    "read_whole",
    "render",
    "render_condition",
    "said_like",
    "say_symbol",
    "say_trade",
]


def render(criterion: Criterion) -> str:
    """Say a criterion as one English sentence: `MSFT price is above 100`."""
    recipe, arguments = criterion.recipe, criterion.arguments
    said = {name: _said(kind, name, arguments) for name, kind in recipe.parameters.items()}
    if arguments.get("count") == 1 and "unit" in said:
        said["unit"] = said["unit"].removesuffix("s")
    sentence = _numbered(recipe.sentence, arguments).format_map(said)
    return sentence[0].upper() + sentence[1:]


def _numbered(sentence: str, arguments: Mapping[str, object]) -> str:
    """Put a recipe's words in the singular where one is counted, or none: `no open position`."""
    if (arguments.get("relation"), arguments.get("count")) in _NONE:
        sentence = _OF_NONE.sub(r"no \1", sentence)
    return _COUNTED.sub(lambda m: m[1] if arguments[m[2]] == 1 else m[0], sentence)


def _said(kind: str, name: str, arguments: Mapping[str, object]) -> str:
    value = arguments[name]
    if kind != "measure" or not isinstance(value, Decimal):
        return KINDS[kind].say(value)
    unit = _unit(arguments)
    if unit == "percent":
        return percent(value)
    return dollars(value) if unit == "dollars" else f"{value:f}"


def _unit(arguments: Mapping[str, object]) -> str:
    return UNITS.get(str(arguments.get("unit") or arguments.get("property")), "number")


def said_like(kind: str, arguments: Mapping[str, object], seen: float | Decimal) -> str:
    """Say a measured number as one of `kind` is said that it is compared to: `12.5%`, `$3.2`."""
    if not isfinite(seen):
        return f"{seen:g}"
    value = Decimal(f"{seen:.6g}")
    if kind == "percent" or (kind == "measure" and _unit(arguments) == "percent"):
        return share(seen)
    if kind in _DOLLARS:
        return dollars(value)
    return _said("measure", "", {**arguments, "": value}) if kind == "measure" else f"{seen:.6g}"


def render_condition(condition: Condition) -> str:
    """Say a whole condition, inner groups in brackets: `A and (B or C)`."""
    if isinstance(condition, Criterion):
        return render(condition)
    if isinstance(condition, Held):
        minutes = "minute" if condition.minutes == 1 else "minutes"
        return f"{_bracketed(condition.part)} for {condition.minutes} {minutes}"
    word = " and " if isinstance(condition, AllOf) else " or "
    first, *others = map(_bracketed, condition.parts)
    return word.join((first, *map(_within, others)))


def _within(text: str) -> str:
    """Begin small inside a sentence; a ticker keeps its capitals."""
    is_ticker = text.partition(" ")[0].isupper()
    return text if is_ticker else text[:1].lower() + text[1:]


def _bracketed(part: Condition) -> str:
    text = render_condition(part)
    return text if isinstance(part, Criterion | Held) else f"({text})"
