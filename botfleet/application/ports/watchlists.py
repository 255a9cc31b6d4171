"""What the minute watch needs of the store: open positions, or only what changed of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from botfleet.domain.ids import BotId, PositionId
from botfleet.domain.positions.exits import ExitRules
from botfleet.domain.positions.watchlist import Tended


@dataclass(frozen=True, slots=True)
class Changes:
    """Open positions that are new or changed, and those no longer open.

    Whoever asks next from `stamp` on misses nothing; what was seen may come again.
    """

    tended: Sequence[Tended]
    gone: Sequence[PositionId]
    stamp: int


class Watchlists(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def changed(self, bots: Sequence[BotId], since: int | None) -> Changes:
        """Give these bots' open positions; or what changed of all of them since a stamp.

        Gains alone change nothing: only the watch itself writes them.
        """
        ...

    def attempts(
        self, positions: Sequence[PositionId], since: datetime
    ) -> Mapping[PositionId, int]:
        """Count how often the watch has tried to leave each since an instant; none is absent."""
        ...

    def rules(self, bots: Sequence[BotId]) -> Mapping[BotId, ExitRules]:
        """Say what the owner of each bot's account wants of exits."""
        ...
