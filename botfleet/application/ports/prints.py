"""What proves that a fleet came back as it was: a fingerprint of every bot's whole state."""

from collections.abc import Mapping
from typing import Protocol

from botfleet.domain.ids import BotId


class Prints(Protocol):
    """Raises `StoreUnavailable` when the store does not answer."""

    def of_bots(self) -> Mapping[BotId, str]:
        """Give each bot's fingerprint.

        It covers its switch, definition, pool, draws, ledger, positions, orders, fills and runs;
        not who is working on it just now (leases, fences), nor how often its pool was reloaded.
        """
        ...
