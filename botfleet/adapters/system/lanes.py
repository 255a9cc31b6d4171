"""Slow calls side by side, on threads kept for them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class ThreadLanes:
    """Keeps `botfleet.application.ports.lanes.Lanes`, at most `most` calls at once in all.

    `most` is to be as many as all callers together may ask for: then no call waits for a lane.
    """

    def __init__(self, most: int) -> None:
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="lane")

    def each(self, do: Callable[[T], R], things: Sequence[T]) -> list[R]:
        """See the port; one thing alone is done by its caller."""
        if len(things) <= 1:
            return [do(one) for one in things]
        return list(self._threads.map(do, things))
