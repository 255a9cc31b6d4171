"""Positions: what a bot holds, when it exits and how it expires."""
