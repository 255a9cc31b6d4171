"""Recipes on theoretical trades, topic by topic."""

from botfleet.domain.trees.conditions import Recipe
from botfleet.domain.trees.recipes.opportunity import book, chances, properties, trades

RECIPES: tuple[Recipe, ...] = (
    *trades.RECIPES,
    *properties.RECIPES,
    *chances.RECIPES,
    *book.RECIPES,
)
