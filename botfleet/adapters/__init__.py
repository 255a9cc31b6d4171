"""Proper names: each speaks one foreign language and knows no sibling."""
