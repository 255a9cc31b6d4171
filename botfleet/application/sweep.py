"""Sweep: find what fell between the rows and the messages, and point at it again.

Runs in real time, whatever the fleet clock says. Nothing here decides anything: it only repeats
hints, buries holds no order was written for, and reloads pools that Redis remembers wrongly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from botfleet.application.ports.batches import Batches
from botfleet.application.ports.messages import Messages
from botfleet.application.ports.orders import OrderBook
from botfleet.application.ports.pools import Pools, Settlement
from botfleet.application.ports.work import WorkBook
from botfleet.domain.capital.drift import Kept, differences, excess
from botfleet.domain.ids import BotId

GRACE_S = 3.0
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was found: rows and orders pointed at again."""

    work: int
    orders: int


@dataclass(frozen=True, slots=True)
class Drift:
    """Pools that were reloaded: what Redis had too much free (generous) or too little, cents.

    Generous is the side that matters: only the commit's own look at the ledger stood between.
    `what` names what differed, such as sums, holds or limits.
    """

    pools: int = 0
    generous_cents: int = 0
    strict_cents: int = 0
    what: frozenset[str] = frozenset()


def sweep(*, work: WorkBook, orders: OrderBook, messages: Messages) -> Swept:
    """Point again at every row and order whose message seems lost."""
    pointers = work.overdue(GRACE_S)
    unsent = orders.unsent(GRACE_S)
    messages.work(pointers)
    messages.submit(unsent)
    return Swept(len(pointers), len(unsent))


@dataclass(slots=True)
class Mender:
    """Mends pools that drifted from the ledger; the same drift twice running is what counts."""

    pools: Pools
    batches: Batches
    suspects: dict[BotId, frozenset[str]] = field(default_factory=dict)
    last: BotId | None = None

    def mend_some(self, today: date, most: int = 500) -> Drift:
        """Mend the next `most` bots, round and round; give what was reloaded."""
        bots = self.batches.some_bots(self.last, most)
        self.last = bots[-1] if len(bots) == most else None
        return self.mend(bots, today) if bots else Drift()

    def mend(self, bots: Sequence[BotId], today: date) -> Drift:
        """Bury lapsed holds of `bots`, reload pools that drifted; give what was reloaded."""
        ledger, kept = self.batches.ledger(bots), self.pools.kept(bots)
        self._bury(kept)
        both = {bot: (kept[bot], ledger[bot]) for bot in kept.keys() & ledger.keys()}
        found = {bot: differences(*pair, today) for bot, pair in both.items()}
        again = {bot: found[bot] & self.suspects.get(bot, NOTHING) for bot in sorted(found)}
        for bot in bots:
            self.suspects.pop(bot, None)
        self.suspects |= {bot: what for bot, what in found.items() if what}
        drifted = [bot for bot, what in again.items() if what]
        self._reload({bot: kept[bot] for bot in drifted})
        return drift_of([excess(*both[bot]) for bot in drifted], NOTHING.union(*again.values()))

    def _bury(self, kept: Mapping[BotId, Kept]) -> None:
        lapsed = [(bot, draw) for bot, one in kept.items() for draw in one.lapsed]
        self.pools.settle([Settlement(*dead) for dead in self.batches.bury(lapsed)])

    def _reload(self, kept: Mapping[BotId, Kept]) -> None:
        """Begin epochs above those kept, which may be ones no ledger gave."""
        if kept:
            epochs = {bot: one.pool.epoch for bot, one in kept.items() if one.pool is not None}
            self.pools.load(self.batches.renew(list(kept), beyond=epochs))


def drift_of(excesses: Sequence[int], what: frozenset[str] = NOTHING) -> Drift:
    """Sum up by how many cents each of some pools was too generous (above 0) or too strict."""
    generous = sum(max(0, excess) for excess in excesses)
    kinds = frozenset(one.split()[0] for one in what)
    return Drift(len(excesses), generous, generous - sum(excesses), kinds)
