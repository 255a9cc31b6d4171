"""Recipes on positions, topic by topic."""

from botfleet.domain.trees.conditions import Recipe
from botfleet.domain.trees.recipes.position import (
    ages,
    events,
    kinds,
    legs,
    memory,
    results,
    strikes,
)

RECIPES: tuple[Recipe, ...] = (
    *results.RECIPES,
    *legs.RECIPES,
    *ages.RECIPES,
    *strikes.RECIPES,
    *kinds.RECIPES,
    *events.RECIPES,
    *memory.RECIPES,
)
