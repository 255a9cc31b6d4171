"""Recipes on indicators and price series, topic by topic."""

from botfleet.domain.trees.conditions import Recipe
from botfleet.domain.trees.recipes.indicator import averages, series, signals, vix

RECIPES: tuple[Recipe, ...] = (
    *averages.RECIPES,
    *series.RECIPES,
    *signals.RECIPES,
    *vix.RECIPES,
)
