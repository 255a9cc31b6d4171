"""Criteria that measure one number and compare it (S85, R4).

The words map one to one to mathematics: above and more are >, below, less and fewer <, at least
>=, at most <=, exactly =. What cannot be measured is `NoData`, never an exception (S84).
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.conditions import Arguments, Asks, Further, Recipe
from botfleet.domain.trees.facts import Binding, NoData

#: Gives the number a criterion is about, from its arguments, its binding and its answers.
Measure = Callable[[Arguments, Binding, Sequence[Any]], Any]

MEANING: Mapping[str, Callable[[Any, Any], bool]] = {
    "above": operator.gt,
    "more": operator.gt,
    "after": operator.gt,
    "below": operator.lt,
    "less": operator.lt,
    "fewer": operator.lt,
    "before": operator.lt,
    "at_least": operator.ge,
    "at_or_after": operator.ge,
    "at_most": operator.le,
    "at_or_before": operator.le,
    "exactly": operator.eq,
}
#: Parameters that many recipes have, by name and kind.
VALUE = {"relation": "relation", "value": "measure"}
TALLY = {"relation": "count_relation", "count": "count"}
RELATED = {"symbol": "symbol", "relation": "relation"}
#: Which position a recipe is about: the loop's where it is not said (see `operands`).
OF_POSITION = {"position": "position"}
NO_SYMBOL = NoData(LOOP_SYMBOL, "no loop bound a symbol here")
NO_POSITION = NoData("position", "no loop bound a position here")


@dataclass(frozen=True, slots=True)
class Compared(Recipe):
    """A recipe that compares what `measures` gives; a trace shows that number (S80)."""

    measures: Measure
    against: str = "value"


def compared(
    recipe_id: str,
    sentence: str,
    parameters: Mapping[str, str],
    asks: Asks,
    measures: Measure,
    against: str = "value",
) -> Compared:
    """Make a recipe that compares a measure to the parameter `against`; to nothing (0) where "".

    The word is the parameter `relation`, or "below" where there is none. The id's first word is the
    category (S87).
    """
    default = "" if "relation" in parameters else "below"

    def holds(arguments: Arguments, binding: Binding, answers: Sequence[Any]) -> bool | NoData:
        try:
            seen = measures(arguments, binding, answers)
            if isinstance(seen, NoData):
                return seen
            if seen != seen:  # noqa: PLR0124  NaN is unequal to itself, as float and as Decimal
                return NoData(recipe_id, "not a number")
            given = arguments[against] if against else 0
            if isinstance(seen, float):  # 0.3 measured is the 30% its author wrote
                given = float(given)
            return MEANING[default or arguments["relation"]](seen, given)
        except ArithmeticError:
            return NoData(recipe_id, "not a number")

    category = recipe_id.partition("_")[0]
    return Compared(recipe_id, category, sentence, parameters, asks, holds, measures, against)


def symbol_of(arguments: Arguments, binding: Binding) -> str | None:
    """Give the symbol a criterion is about: the loop's, where it says so."""
    symbol: str | None = arguments["symbol"]
    return binding.symbol if symbol == LOOP_SYMBOL else symbol


def is_unbound(arguments: Arguments, binding: Binding) -> bool:
    """Say whether a criterion is about the symbol of a loop, and there is none."""
    return arguments["symbol"] == LOOP_SYMBOL and binding.symbol is None


def between(
    recipe_id: str,
    sentence: str,
    parameters: Mapping[str, str],
    asks: Asks,
    measures: Measure,
) -> Recipe:
    """Make a recipe that is true from the parameter `low` to `high`, both included (R4)."""

    def holds(arguments: Arguments, binding: Binding, answers: Sequence[Any]) -> bool | NoData:
        try:
            seen = measures(arguments, binding, answers)
            if isinstance(seen, NoData):
                return seen
            if seen != seen:  # noqa: PLR0124  NaN is unequal to itself
                return NoData(recipe_id, "not a number")
            low, high = arguments["low"], arguments["high"]
            if isinstance(seen, float):
                low, high = float(low), float(high)
            return bool(low <= seen <= high)
        except ArithmeticError:
            return NoData(recipe_id, "not a number")

    category = recipe_id.partition("_")[0]
    return Compared(recipe_id, category, sentence, parameters, asks, holds, measures)


def unknown(what: object, why: str = "not known") -> NoData:
    """Say that a number cannot be had."""
    return NoData(str(what), why)


def followed(recipe: Recipe, more: Further) -> Recipe:
    """Let a recipe ask further questions, which follow from the answers to its first."""
    return replace(recipe, more=more)


def guarded(recipe: Recipe) -> Recipe:
    """Let arithmetic that fails (a price that is no number) be no data, not an exception (S84)."""

    def holds(arguments: Arguments, binding: Binding, answers: Sequence[Any]) -> bool | NoData:
        try:
            return recipe.holds(arguments, binding, answers)
        except ArithmeticError:
            return NoData(recipe.recipe_id, "not a number")

    return replace(recipe, holds=holds)
