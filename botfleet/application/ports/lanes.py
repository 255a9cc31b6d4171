"""What the fleet needs to do several slow calls side by side."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Lanes(Protocol):
    """Side-by-side calls; none waits for another to begin."""

    def each(self, do: Callable[[T], R], things: Sequence[T]) -> list[R]:
        """Do it for each thing; give the answers in their order. Raises what the first one did."""
        ...
