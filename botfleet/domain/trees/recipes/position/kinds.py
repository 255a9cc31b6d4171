"""Recipes on a position's symbol, structure and tags."""

from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData
from botfleet.domain.trees.memory import quantified
from botfleet.domain.trees.recipes.asking import Answers, no_asks
from botfleet.domain.trees.recipes.comparison import NO_POSITION, OF_POSITION


def _is_of_symbol(arguments: Arguments, binding: Binding, _: Answers) -> bool | NoData:
    if binding.position is None:
        return NO_POSITION
    return bool(binding.position.symbol == arguments["ticker"])


def _is_structure(arguments: Arguments, binding: Binding, _: Answers) -> bool | NoData:
    if binding.position is None:
        return NO_POSITION
    return bool(binding.position.structure == arguments["structure"])


def _has_tags(arguments: Arguments, binding: Binding, _: Answers) -> bool | NoData:
    if binding.position is None:
        return NO_POSITION
    return quantified(arguments["quantifier"], arguments["tags"], binding.position.tags)


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "position_symbol",
        "position",
        "{position} is in {ticker}",
        {**OF_POSITION, "ticker": "ticker"},
        no_asks,
        _is_of_symbol,
    ),
    Recipe(
        "position_structure",
        "position",
        "{position} is a {structure}",
        {**OF_POSITION, "structure": "structure"},
        no_asks,
        _is_structure,
    ),
    Recipe(
        "position_tags",
        "position",
        "{position} has {quantifier} of the tags {tags}",
        {**OF_POSITION, "quantifier": "quantifier", "tags": "tags"},
        no_asks,
        _has_tags,
    ),
)
