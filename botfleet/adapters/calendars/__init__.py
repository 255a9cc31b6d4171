"""Calendars of events, as operators load them."""
