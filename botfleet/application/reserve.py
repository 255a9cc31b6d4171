"""Reserve: draw capital and slots for every open of a round, in one round trip to the arbiter.

The arbiter's memory may be gone (COLD) or older than the ledger (STALE): then a new epoch begins in
Postgres, the pools are loaded from it, and the draws are asked once more. Holds of the old epoch
are refused at their commit, so a rebuild never admits a draw twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from botfleet.application.ports.batches import Batches
from botfleet.application.ports.pools import Pools
from botfleet.domain.bots.state import BotState
from botfleet.domain.capital.pool import (
    DrawRequest,
    Granted,
    Refused,
    Why,
    measure,
    units_max,
)
from botfleet.domain.capital.sizing import Size
from botfleet.domain.ids import DrawId


@dataclass(frozen=True, slots=True)
class Wish:
    """What an open asks for: so much of `size`, in units of `unit_cost` cents."""

    draw_id: DrawId
    state: BotState
    size: Size
    unit_cost: int


def request(wish: Wish, *, fence: int, day: date) -> DrawRequest:
    """Word a wish as the pool takes it."""
    state = wish.state
    kind, value, least = measure(
        wish.size, net_liquidation=state.net_liquidation, unit_cost=wish.unit_cost
    )
    return DrawRequest(
        wish.draw_id,
        state.bot_id,
        state.epoch,
        fence,
        kind,
        value,
        wish.unit_cost,
        least,
        units_max(wish.size),
        day,
    )


def reserve(
    asks: Sequence[DrawRequest], pools: Pools, batches: Batches
) -> list[tuple[DrawRequest, Granted | Refused]]:
    """Reserve every draw or say why not, in the order asked.

    Raises:
        StoreUnavailable: a store is down; nothing was admitted that a commit would take.
    """
    if not asks:
        return []
    answers = list(pools.reserve(asks))
    behind = {
        ask.bot_id
        for ask, answer in zip(asks, answers, strict=True)
        if isinstance(answer, Refused) and answer.why in {Why.COLD, Why.STALE}
    }
    if not behind:
        return list(zip(asks, answers, strict=True))
    renewed = batches.renew(sorted(behind))
    pools.load(renewed)
    asks = [
        replace(ask, epoch=renewed[ask.bot_id].epoch) if ask.bot_id in renewed else ask
        for ask in asks
    ]
    return list(zip(asks, pools.reserve(asks), strict=True))
