"""Recover: see that the database is older than one that was here before, and let nothing be sent.

The database counts its turns, and the pool's Redis remembers how far it had counted. A count below
that is a backup that was restored, or a stand-by that had not heard all: orders may be at brokers
that nobody here knows of. Every account is recovering then, idle or not, and neither opens nor
closes until a pass has held it beside its broker (RELIABILITY 4). Where both went back together
no count is below another; but a fleet that nobody counted turns of for ten minutes does neither on
any account, idle or not, before its pass. A close is not even decided: one that already stands at
the broker would get another name, and no longer prove whose it is.
"""

from dataclasses import dataclass
from datetime import datetime

from botfleet.application.ports.batches import Batches
from botfleet.application.ports.heights import Heights
from botfleet.application.ports.passes import Passes
from botfleet.application.ports.pools import Pools
from botfleet.domain.ids import BotId

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Recovery:
    """What seeing it takes."""

    heights: Heights
    passes: Passes
    batches: Batches
    pools: Pools

    def look(self, now: datetime) -> bool:
        """Note one more turn; say whether the database was found restored.

        Raises:
            StoreUnavailable: nothing was noted; the next turn looks again.
        """
        known = self.heights.highest()  # before the database is asked: it only grows
        if known is not None and self.passes.height() < known:
            if not self.passes.restored(known, now):
                return False
            self._outgrow()
            return True
        self.heights.keep(self.passes.climb())
        return False

    def _outgrow(self) -> None:
        """Begin epochs that Redis has not seen: it remembers pools of the life that was lost."""
        after: BotId | None = None
        while bots := self.batches.some_bots(after, _PAGE):
            epochs = {bot: pool.epoch for bot, pool in self.pools.read(bots).items()}
            self.pools.load(self.batches.renew(bots, beyond=epochs))
            after = bots[-1]
