"""What is past: how much of it is kept, and taking it away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table with its indexes: bytes on disk, and about how many rows."""

    name: str
    rows_estimated: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Gone:
    """What one small step took away."""

    table: str
    count: int


class Past(Protocol):
    """The store, as it grows by the day."""

    def sizes(self) -> Sequence[TableSize]:
        """List every table, the largest first.

        Raises:
            StoreUnavailable: it does not answer.
        """
        ...

    def trim(self, before: datetime) -> Iterator[Gone]:
        """Take away what is older than `before`, a small step at a time; it may be begun anew.

        What a held position came from, a balance is a sum of, or a sender may say again, stays.

        Raises:
            StoreUnavailable: it does not answer; what was taken away so far is gone.
        """
        ...
