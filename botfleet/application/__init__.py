"""Verbs: what the fleet does, one public verb a module, effects only through ports."""
