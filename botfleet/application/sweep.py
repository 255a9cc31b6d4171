"""Sweep: find what fell between the rows and the messages, and point at it again.

Runs in real time, whatever the fleet clock says. Nothing here decides anything: it only repeats
hints, buries holds no order was written for, and reloads pools that Redis remembers wrongly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from botfleet.application.ports.batches import Batches
from botfleet.application.ports.messages import Messages
from botfleet.application.ports.orders import OrderBook
from botfleet.application.ports.pools import Pools, Settlement
from botfleet.application.ports.work import WorkBook
from botfleet.domain.capital.pool import Pool
from botfleet.domain.ids import BotId

GRACE_S = 3.0


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was found: rows and orders pointed at again."""

    work: int
    orders: int


@dataclass(frozen=True, slots=True)
class Drift:
    """Pools that were reloaded: what Redis had too much free (generous) or too little, cents.

    Generous is the side that matters: only the commit's own look at the ledger stood between.
    """

    pools: int = 0
    generous_cents: int = 0
    strict_cents: int = 0


def sweep(*, work: WorkBook, orders: OrderBook, messages: Messages) -> Swept:
    """Point again at every row and order whose message seems lost."""
    pointers = work.overdue(GRACE_S)
    unsent = orders.unsent(GRACE_S)
    messages.work(pointers)
    messages.submit(unsent)
    return Swept(len(pointers), len(unsent))


@dataclass(slots=True)
class Mender:
    """Mends pools that drifted from the ledger; drift must be seen twice running to count."""

    pools: Pools
    batches: Batches
    suspects: set[BotId] = field(default_factory=set)
    last: BotId | None = None

    def mend_some(self, most: int = 500) -> Drift:
        """Mend the next `most` bots, round and round; give what was reloaded."""
        bots = self.batches.some_bots(self.last, most)
        self.last = bots[-1] if len(bots) == most else None
        return self.mend(bots) if bots else Drift()

    def mend(self, bots: Sequence[BotId]) -> Drift:
        """Bury lapsed holds of `bots`, reload pools that drifted; give what was reloaded."""
        dead = self.batches.bury(self.pools.lapsed(bots))
        self.pools.settle([Settlement(bot, draw) for bot, draw in dead])
        drifted = self._drifted(bots)
        again = sorted(drifted.keys() & self.suspects)
        self.suspects = (self.suspects - set(bots)) | drifted.keys()
        if again:
            self.pools.load(self.batches.renew(again))
        return drift_of([drifted[bot] for bot in again])

    def _drifted(self, bots: Sequence[BotId]) -> dict[BotId, int]:
        """Give the pools that differ, and how much more Redis has free than the ledger, cents."""
        ledger, memory = self.batches.ledger(bots), self.pools.read(bots)
        return {
            bot: pool.free - ledger[bot].free
            for bot, pool in memory.items()
            if bot in ledger and differ(pool, ledger[bot])
        }


def drift_of(excesses: Sequence[int]) -> Drift:
    """Sum up by how many cents each of some pools was too generous (above 0) or too strict."""
    generous = sum(max(0, excess) for excess in excesses)
    return Drift(len(excesses), generous, generous - sum(excesses))


def differ(memory: Pool, ledger: Pool) -> bool:
    """Say whether they disagree on anything but pending holds the ledger does not know.

    Those are not committed yet, or ended and Redis was not told: their leases tell which. A posted
    one was committed once, so one that is not in the ledger is gone from there.
    """
    held = {
        draw: hold
        for draw, hold in memory.holds.items()
        if draw in ledger.holds or hold.posted is not None
    }
    return (
        memory.epoch != ledger.epoch
        or memory.allocation != ledger.allocation
        or {d: h.posted for d, h in held.items()} != {d: h.posted for d, h in ledger.holds.items()}
    )
