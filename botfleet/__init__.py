"""botfleet: a fleet that runs options-trading bots for many users."""

__version__ = "0.1.0"
