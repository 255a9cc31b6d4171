"""What the fleet needs of a clock: one now for every process."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The fleet's clock: the real one, or a past session's."""

    def now(self) -> datetime:
        """Give the current market instant, in UTC."""
        ...
