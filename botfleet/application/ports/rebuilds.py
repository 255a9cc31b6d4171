"""What the fleet needs where an order is at a broker and its row is gone: to write it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from botfleet.application.ports.batches import CloseIntent, OpenIntent
from botfleet.application.ports.orders import Order
from botfleet.domain.ids import AccountId, BotId


@dataclass(frozen=True, slots=True)
class Found:
    """How an order was found: its own id as the broker shows it, when it was entered."""

    wire_id: str
    sent_at: datetime


class Rebuilds(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def bots(self, account: AccountId) -> Sequence[BotId]:
        """List the bots that trade on an account."""
        ...

    def causes(self, bots: Sequence[BotId], since: datetime) -> dict[BotId, tuple[str, ...]]:
        """Give the causes of those bots' work since then, of clicks and calls too."""
        ...

    def open(self, intent: OpenIntent, found: Found, now: datetime) -> Order | None:
        """Write an open with its draw and its position, as of unknown fate; None: it is known.

        The pool is charged whatever it has room for: the order is there.
        """
        ...

    def close(self, intent: CloseIntent, found: Found, now: datetime) -> Order | None:
        """Write a close of an open position, as of unknown fate; None: the position is not open."""
        ...
