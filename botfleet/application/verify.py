"""Verify: put a number on the fleet's whole state, and hold its three books of capital together."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from botfleet.application.ports.batches import Batches
from botfleet.application.ports.pools import Pools
from botfleet.application.ports.prints import Prints
from botfleet.domain.capital.drift import differences
from botfleet.domain.ids import BotId


@dataclass(frozen=True, slots=True)
class Verified:
    """`digest` covers every bot's state: equal digests, equal fleets. `drifted` should be empty.

    `cold` counts pools Redis does not hold just now: they are loaded when next needed.
    """

    bots: int
    digest: str
    cold: int
    drifted: tuple[BotId, ...]


def verify(prints: Prints, batches: Batches, pools: Pools, today: date) -> Verified:
    """Look at every bot once; `today` is the fleet's.

    Raises:
        StoreUnavailable: a store does not answer.
    """
    named = prints.of_bots()
    bots = sorted(named)
    text = "".join(f"{bot}{named[bot]}" for bot in bots)
    ledger, kept = batches.ledger(bots), pools.kept(bots)
    drifted = tuple(
        bot for bot in bots if bot in kept and differences(kept[bot], ledger[bot], today)
    )
    digest = sha256(text.encode()).hexdigest()
    return Verified(len(bots), digest, len(bots) - len(kept), drifted)
