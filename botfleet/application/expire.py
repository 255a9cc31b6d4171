"""Expire: on expiration days leave what is in the money before the close, bots on or off (R35).

Where a close is working already it is moved, never doubled. What an account's owner wants handed
over is handed over instead; what keeps a later leg goes too, for without the leg that expires it is
another trade.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from botfleet.application.close import close
from botfleet.application.gather import Gatherer
from botfleet.application.holdings import Held, look
from botfleet.application.ports.batches import (
    Batches,
    CloseIntent,
    Committed,
    Notice,
    Repriced,
    Results,
)
from botfleet.application.ports.watchlists import Watchlists
from botfleet.application.ports.work import Work
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import PositionId, RunId, derive
from botfleet.domain.money import CENT
from botfleet.domain.orders.ladder import PricePlan, Speed
from botfleet.domain.positions.exits import AtExpiration
from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.positions.valuation import is_in_the_money, last_day
from botfleet.domain.trades.margin import PRICE_MAX

#: A position about to expire in the money is left at up to half a spread beyond the far side.
PLAN = PricePlan(Speed.OFF, 150)
_LEAVING = frozenset({PositionState.OPEN, PositionState.CLOSING})


@dataclass(slots=True)
class _Leaving:
    closes: list[CloseIntent] = field(default_factory=list)
    moved: list[Repriced] = field(default_factory=list)
    handed_over: list[PositionId] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def expire(
    work: Work, now: datetime, *, batches: Batches, gatherer: Gatherer, watchlists: Watchlists
) -> Committed | None:
    """Leave what expires today with a leg in the money.

    Raises:
        Transient: a store or the feed is down; the row comes back.
    """
    leaving, rules = _Leaving(), watchlists.rules(work.bots)
    for held in look(work, now, batches, gatherer, _LEAVING):
        if held.position.expires_on == day_of(now) and _must_go(held):
            _leave(leaving, held, rules[held.state.bot_id].at_expiration, work)
    results = Results(
        closes=leaving.closes,
        repriced=leaving.moved,
        handed_over=leaving.handed_over,
        notices=leaving.notices,
    )
    return batches.commit(work, now, results)


def _must_go(held: Held) -> bool:
    if held.underlying is None:
        return False
    keeps_a_leg = last_day(held.position.legs) != held.position.expires_on
    return keeps_a_leg or is_in_the_money(held.position.legs, held.underlying)


def _leave(leaving: _Leaving, held: Held, wish: AtExpiration, work: Work) -> None:
    position, worth = held.position, held.worth
    is_open = position.state is PositionState.OPEN
    if wish is AtExpiration.RELEASE and is_open:
        leaving.handed_over.append(position.position_id)
        leaving.notices.append(_told(held, work))
        return
    if worth is None:
        return
    plan = _at_any_price(position) if wish is AtExpiration.MARKET else PLAN
    cause = RunId(derive("exit", work.kind, work.due_at.isoformat()))
    intent = close(held.state, position, worth, plan=plan, cause=cause, why="expiration")
    if is_open:
        leaving.closes.append(intent)
    else:
        limit = intent.order.rungs[-1].limit
        leaving.moved.append(Repriced(position.position_id, limit))


def _at_any_price(position: Position) -> PricePlan:
    """Go as far as the trade allows: a credit to its width, what was bought to a cent."""
    limit: Decimal = PRICE_MAX if position.entry < 0 else CENT
    return PricePlan(Speed.OFF, fixed=limit)


def _told(held: Held, work: Work) -> Notice:
    position, state = held.position, held.state
    message = f"{position.symbol} expires today in the money. It is yours now: close it yourself."
    cause = f"{position.position_id}/released/{work.due_at.isoformat()}"
    return Notice(state.user_id, state.bot_id, "warning", "released", message, cause)
