"""The curated catalogue (S76, R5): every recipe by its id, six families of them."""

from collections.abc import Mapping
from types import MappingProxyType

from botfleet.domain.trees.conditions import Recipe
from botfleet.domain.trees.recipes import bot, general, indicator, opportunity, position, stock

_FAMILIES = (stock, opportunity, indicator, position, bot, general)

CATALOGUE: Mapping[str, Recipe] = MappingProxyType(
    {recipe.recipe_id: recipe for family in _FAMILIES for recipe in family.RECIPES}
)
CATEGORIES = tuple(dict.fromkeys(recipe.category for recipe in CATALOGUE.values()))
