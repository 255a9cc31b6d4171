"""What the fleet needs to write later what a store that was away kept it from writing."""

from collections.abc import Callable
from typing import Protocol


class Debts(Protocol):
    """What this process alone knows and has not written: it dies with it, and a lease ends then.

    So what is owed may be paid twice (nobody heard that it was), late or never, and is such that
    nothing wrong comes of it: it names a fence, or is a word that is stale by then.
    """

    def owe(self, pay: Callable[[], None], within_s: float) -> None:
        """Have `pay` called as soon as the store answers; let it be where that is not `within_s`.

        It raises `Transient` where it is to be called again. Real seconds; comes back at once.
        """
        ...
