"""Close: turn a wish to leave a position into the order that does it."""

from dataclasses import replace

from botfleet.application.ports.batches import CloseIntent, OrderIntent
from botfleet.domain.bots.state import BotState
from botfleet.domain.ids import OrderId, RunId, derive
from botfleet.domain.market.instruments import tick_of
from botfleet.domain.orders.ladder import PricePlan, ladder
from botfleet.domain.orders.order import Effect
from botfleet.domain.positions.position import Position, Valuation
from botfleet.domain.trades.margin import bound_to_close
from botfleet.domain.trades.structures import strikes_of


def close(
    state: BotState,
    position: Position,
    worth: Valuation,
    *,
    plan: PricePlan,
    cause: RunId,
    why: str,
) -> CloseIntent:
    """Word the order that closes all of `position`: its legs reversed, bought at what it costs now.

    One close a position and cause: the same cause twice names the same order.
    """
    legs = tuple(replace(leg, ratio=-leg.ratio) for leg in position.legs)
    worst = bound_to_close(position.structure, strikes_of(position.legs))
    tick = tick_of(position.symbol)
    rungs = ladder(-worth.ask, -worth.bid, plan, bound=worst, entry=position.entry, tick=tick)
    order = OrderIntent(
        OrderId(derive("order", "close", position.position_id, cause)),
        state.user_id,
        state.bot_id,
        state.account_id,
        position.position_id,
        cause,
        Effect.CLOSE,
        position.symbol,
        legs,
        position.quantity,
        rungs,
        why,
    )
    return CloseIntent(order, why)
