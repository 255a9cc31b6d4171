"""The catalogue as people and editors read it: each recipe with its parameters and an example.

An example stands as it would in a bot file, and is read and worded by the code that reads and words
every bot file: what is shown here is accepted there.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter

from botfleet.adapters.botfile.conditions import ConditionModel, condition_of
from botfleet.domain.market.lookbacks import Lookback
from botfleet.domain.trees.conditions import Recipe
from botfleet.domain.trees.grammar import KINDS, render_condition
from botfleet.domain.trees.recipes.catalogue import CATALOGUE
from botfleet.errors import InvariantBroken, NotFound

Mapped = dict[str, Any]

#: What a kind of parameter is, where its JSON Schema does not say it well to a person.
_WORDS: Mapping[str, str] = {
    "symbol": "a ticker such as SPY, or $symbol for the loop's",
    "ticker": "a ticker such as SPY",
    "symbol_or_any": "a ticker such as SPY, or $symbol for the loop's; any where it is left out",
    "price": "dollars a share, from 0.0001 to 1000000",
    "amount": "dollars, from 0.01 to 10000000",
    "profit": "dollars, a loss below zero, from -10000000 to 10000000",
    "percent": '"25%", or 0.25 for the same, from -1000% to 1000%',
    "sessions": "trading days, from 1 to 365; 1 is the session before",
    "days": "calendar days, from 0 to 3650",
    "minutes": "minutes, from 0 to 525600",
    "period": "daily bars, from 2 to 200",
    "clock": "a time of day, Eastern, such as 10:30",
    "trade": "a theoretical trade, worded as an open action words it",
    "expiration": "which expiration, as a trade words it: at_least: 30",
    "expiration_or_any": "only of this expiration, as a trade words it; any where it is left out",
    "structure_or_any": "the kind of trade; any where it is left out",
    "measure": 'a number in the property\'s unit; "25%" is 0.25',
    "date": "a date such as 2026-12-31",
    "tag_or_any": "a tag; any where it is left out",
    "tags_or_any": "tags; any where they are left out",
    "name": "a name",
    "lookback": f"trading days back, from 1 to 1260, or one of {', '.join(Lookback)}",
    "sessions_back": "trading days back, from 0 to 365",
    "year_days": "calendar days, from 0 to 365",
    "market_days": "trading days, from 0 to 90",
}
_UNITS: Mapping[str, str] = {
    "price": "dollars a share",
    "amount": "dollars",
    "profit": "dollars",
    "percent": "per cent",
    "sessions": "sessions",
    "days": "days",
    "minutes": "minutes",
    "period": "daily bars",
    "clock": "Eastern",
    "lookback": "sessions",
    "sessions_back": "sessions",
    "year_days": "days",
    "market_days": "sessions",
    "deviations": "standard deviations",
}
_TRADE: Mapped = {
    "symbol": "SPY",
    "structure": "short_put_spread",
    "expiration": {"at_least": 30},
    "strikes": {"short_put": {"delta": 0.3}, "long_put": {"width": -5, "of": "short_put"}},
}
_SERIES = {"symbol": "SPY", "indicator": "RSI", "period": 14}
#: What an example says for a kind whose shape is the bot file's, or that is better left out.
_BY_KIND: Mapping[str, object] = {
    "trade": _TRADE,
    "expiration": {"at_least": 30},
    "expiration_or_any": None,
    "position": None,
    "structure_or_any": None,
    "timing_or_any": None,
    "right_or_any": None,
    "series": _SERIES,
    "past_series": _SERIES,
}
#: What an example says for a parameter of this name, where its kind takes it.
_BY_NAME: Mapping[str, tuple[object, ...]] = {
    "low": (20, "-1%"),
    "high": (30, "1%"),
    "slow_period": (200,),
    "slow": (26,),
    "fast": (12,),
    "count": (2,),
    "target": ("50%",),
    "trail": ("10%",),
    "other": ("QQQ",),
    "against": ("QQQ",),
    "property": ("change_pct", "return_pct", "reward_risk", "delta", "day_pl"),
    "other_property": ("return_on_risk",),
    "structure": ("short_put_spread",),
}
#: What is tried where the name says nothing; the first that the kind reads is taken.
_TRIED: tuple[object, ...] = (
    *("SPY", "above", "more", "at_or_after", "RSI", "SMA", "25%", 14, 100, 1, "10:30"),
    *(["monday", "friday"], ["income"], "income", "2026-12-31", "open", "put", "short", _TRADE),
)


def description(recipe_id: str) -> Mapped:
    """Describe one recipe.

    Raises:
        NotFound: the catalogue has no such recipe.
    """
    if recipe_id not in CATALOGUE:
        raise NotFound(f"There is no recipe {recipe_id}; `botfleet recipe list` shows them.")
    recipe = CATALOGUE[recipe_id]
    example = example_of(recipe)
    return {
        "id": recipe_id,
        "category": recipe.category,
        "sentence": recipe.sentence,
        "parameters": [parameter(name, kind) for name, kind in recipe.parameters.items()],
        "serves": list(serves(recipe)),
        "example": example,
        "example_sentence": _worded(example),
    }


def descriptions(category: str = "") -> Iterator[Mapped]:
    """Describe every recipe, or those of one category, in the order of the catalogue."""
    for recipe_id, recipe in CATALOGUE.items():
        if category in {"", recipe.category}:
            yield description(recipe_id)


@cache
def catalogue_version() -> str:
    """Name the catalogue as it is: a digest of every recipe's sentence and parameters (S76).

    Equal versions take the same conditions and say them in the same words.
    """
    shown = [
        [name, one.sentence, [[each, KINDS[kind].schema] for each, kind in one.parameters.items()]]
        for name, one in sorted(CATALOGUE.items())
    ]
    text = json.dumps(shown, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:12]


def serves(recipe: Recipe) -> tuple[str, ...]:
    """Give the ids of the catalogue lines (K1, N2 …) a recipe serves."""
    return tuple(getattr(recipe, "serves", ()))


def example_of(recipe: Recipe) -> Mapped:
    """Give a criterion of this recipe as it stands in a bot file.

    Raises:
        InvariantBroken: nothing tried fits a parameter; `_TRIED` lacks a value for its kind.
    """
    chosen = {name: _value(name, kind) for name, kind in recipe.parameters.items()}
    given = {name: value for name, value in chosen.items() if value is not None}
    return {"recipe": recipe.recipe_id, **given}


def parameter(name: str, kind: str) -> Mapped:
    """Describe a parameter: its kind, its unit, its bounds, and its JSON Schema."""
    shape = dict(KINDS[kind].schema)
    return {
        "name": name,
        "kind": kind,
        "is_optional": KINDS[kind].is_optional,
        "unit": _UNITS.get(kind, ""),
        "description": _WORDS.get(kind) or _said(shape),
        "schema": shape,
    }


def _said(shape: Mapping[str, Any]) -> str:
    """Say what a JSON Schema allows."""
    match shape:
        case {"description": text}:
            return str(text)
        case {"enum": words}:
            return f"one of {', '.join(map(str, words))}"
        case {"type": "integer", "minimum": low, "maximum": high}:
            return f"a whole number from {low} to {high}"
        case {"type": "array", "items": {"enum": words}}:
            return f"a list of {', '.join(map(str, words))}"
        case {"type": "array"}:
            return "a list"
        case {"type": str(name)}:
            return {"string": "text", "boolean": "true or false"}.get(name, name)
        case _:
            return "plain data"


def _value(name: str, kind: str) -> object:
    """Find a value for a parameter; None where an optional one is better left out."""
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    for value in (*_BY_NAME.get(name, ()), *_choices(KINDS[kind].schema), *_TRIED):
        try:
            KINDS[kind].read(value)
        except ValueError:
            continue
        return value
    raise InvariantBroken(f"no example fits the parameter {name} of kind {kind}")


def _choices(shape: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, shape.get("enum", ())))


@cache
def _conditions() -> "TypeAdapter[Any]":
    return TypeAdapter(ConditionModel)


def _worded(example: Mapped) -> str:
    return render_condition(condition_of(_conditions().validate_python(example)))
