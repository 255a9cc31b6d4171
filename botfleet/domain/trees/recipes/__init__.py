"""The curated recipes, one module a category."""
