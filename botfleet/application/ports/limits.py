"""What the fleet needs to keep within limits of use, brokers' and its own, however many call.

Losing this memory costs a broker's 429 and nothing else; while it does not answer nobody is held.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Use(StrEnum):
    """A class of call: what sends or changes an order, and what only asks."""

    ORDER = "order"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most so many calls at once, and so many a second after; `reserve` are left for orders.

    A broker without a documented limit has a `burst` of 0: everything may pass.
    """

    burst: float = 0.0
    per_s: float = 0.0
    reserve: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a call may go now; else how long to wait, and whether the broker is down.

    `is_watched`: the broker failed lately, so an answer is to be told.
    """

    is_free: bool
    wait_s: float = 0.0
    is_down: bool = False
    is_watched: bool = False


class Limits(Protocol):
    """One bucket a broker, credential and class of call; one breaker a broker. One round trip."""

    def turn(self, broker: str, bucket: str, allowance: Allowance) -> Turn:
        """Take one call out of a bucket, unless it is empty or the broker is down."""
        ...

    def answered(self, broker: str) -> None:
        """The broker answers again."""
        ...

    def failed(self, broker: str) -> float:
        """The broker did not answer, or answered that it is broken.

        Gives for how many real seconds nobody calls it for that; 0 while it may still be called.
        """
        ...

    def exceeded(self, broker: str, bucket: str, wait_s: float) -> None:
        """The broker said that it was too much: everybody waits."""
        ...
