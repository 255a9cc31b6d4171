"""Recipes on the bot itself, topic by topic."""

from botfleet.domain.trees.conditions import Recipe
from botfleet.domain.trees.recipes.bot import capital, holdings, results, trading

RECIPES: tuple[Recipe, ...] = (
    *capital.RECIPES,
    *holdings.RECIPES,
    *trading.RECIPES,
    *results.RECIPES,
)
