"""What the fleet needs beside its database: to remember how far that had come."""

from typing import Protocol


class Heights(Protocol):
    """Kept in another store than the database, so that both do not go back together.

    Losing it costs the next restore its notice; while it does not answer nothing is noticed.
    """

    def highest(self) -> int | None:
        """Give the greatest height that was kept; None where none is known, or nobody answers."""
        ...

    def keep(self, height: int) -> None:
        """Keep a height that the database has committed."""
        ...
