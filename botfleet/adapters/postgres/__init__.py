"""Postgres: the truth. What is committed here happened; everything else only hints at it."""
