"""Pricing that needs a library of its own."""
