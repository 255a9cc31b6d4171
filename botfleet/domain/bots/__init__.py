"""Bots: limits, automations and the order they run in."""
