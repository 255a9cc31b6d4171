"""Recipes on underlyings, topic by topic."""

from botfleet.domain.trees.conditions import Recipe
from botfleet.domain.trees.recipes.stock import (
    chances,
    events,
    kinds,
    moves,
    prices,
    properties,
    ranges,
)

RECIPES: tuple[Recipe, ...] = (
    *prices.RECIPES,
    *properties.RECIPES,
    *moves.RECIPES,
    *chances.RECIPES,
    *ranges.RECIPES,
    *events.RECIPES,
    *kinds.RECIPES,
)
