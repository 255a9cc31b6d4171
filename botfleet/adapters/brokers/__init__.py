"""Brokers: one module a foreign language."""
