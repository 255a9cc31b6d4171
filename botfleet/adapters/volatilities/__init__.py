"""Implied volatilities of past days, as operators bring them."""
