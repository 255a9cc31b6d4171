"""Recipes on market time, the calendar and memory, topic by topic."""

from botfleet.domain.trees.conditions import Recipe
from botfleet.domain.trees.recipes.general import clock, days, memory

RECIPES: tuple[Recipe, ...] = (
    *clock.RECIPES,
    *days.RECIPES,
    *memory.RECIPES,
)
