"""Watch: value every open position of a batch, keep its high, and leave those whose exit fires.

Expire: on expiration days, leave what is in the money before the close (R35). Settle: after it,
book what expired at the official close.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botfleet.application.close import close
from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import (
    Batches,
    CloseIntent,
    Committed,
    Expired,
    Repriced,
    Results,
    Watched,
)
from botfleet.application.ports.work import Work
from botfleet.domain.bots.state import BotState
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import RunId, derive
from botfleet.domain.market.quotes import Quote
from botfleet.domain.orders.ladder import PricePlan, Speed
from botfleet.domain.positions.cover import promised
from botfleet.domain.positions.exits import exit_of, gains
from botfleet.domain.positions.position import Position, PositionState, Valuation
from botfleet.domain.positions.valuation import intrinsic, is_in_the_money, last_day
from botfleet.domain.trades.structures import WITH_SHARES
from botfleet.domain.trees.facts import Question, QuoteOf, ValueOf

#: An exit takes the far side: leaving matters more than the last cent.
EXIT_PLAN = PricePlan(Speed.FAST, 100)
#: A position about to expire in the money is left at up to half a spread beyond the far side.
EXPIRATION_PLAN = PricePlan(Speed.OFF, 150)
_LEAVING = frozenset({PositionState.OPEN, PositionState.CLOSING})


@dataclass(frozen=True, slots=True)
class _Held:
    state: BotState
    position: Position
    worth: Valuation | None
    underlying: Decimal | None


def watch(work: Work, now: datetime, *, batches: Batches, gatherer: Gatherer) -> Committed | None:
    """Watch a batch's open positions once.

    Raises:
        Transient: a store or the feed is down; the row comes back.
    """
    watched: list[Watched] = []
    closes: list[CloseIntent] = []
    for held in _look(work, now, batches, gatherer):
        if held.worth is None:
            continue
        gain, high = gains(held.position, held.worth)
        watched.append(Watched(held.position.position_id, gain, high))
        fired = exit_of(held.position.exits, gain, high)
        if fired and not promised(held.position.position_id, held.state.positions):
            closes.append(_leave(held, held.worth, work, EXIT_PLAN, fired))
    return batches.commit(work, now, Results(closes=closes, watched=watched))


def expire(work: Work, now: datetime, *, batches: Batches, gatherer: Gatherer) -> Committed | None:
    """Close what expires today with a leg in the money, automations on or off (R35).

    Where a close is working already, it is moved to the price that takes the position off now.
    What keeps a later leg goes too: without the leg that expires it is another trade.

    Raises:
        Transient: a store or the feed is down; the row comes back.
    """
    intents = [
        (held, _leave(held, held.worth, work, EXPIRATION_PLAN, "expiration"))
        for held in _look(work, now, batches, gatherer, _LEAVING)
        if held.position.expires_on == day_of(now)
        and held.worth is not None
        and held.underlying is not None
        and _must_go(held.position, held.underlying)
    ]
    closes = [close for held, close in intents if held.position.state is PositionState.OPEN]
    moved = [
        Repriced(held.position.position_id, close.order.rungs[-1].limit)
        for held, close in intents
        if held.position.state is PositionState.CLOSING
    ]
    return batches.commit(work, now, Results(closes=closes, repriced=moved))


def settle(work: Work, now: datetime, *, batches: Batches, gatherer: Gatherer) -> Committed | None:
    """Book what expired at the official close, and give its capital back.

    Raises:
        Transient: a store or the feed is down; the row comes back.
    """
    expired = [
        _expired(held.position, held.underlying)
        for held in _look(work, now, batches, gatherer)
        if (last := last_day(held.position.legs)) is not None
        and last <= day_of(now)
        and held.underlying is not None
    ]
    return batches.commit(work, now, Results(expired=expired))


def _expired(position: Position, underlying: Decimal) -> Expired:
    """Say what a position's options end at; shares that were held beside them stay."""
    options = tuple(leg for leg in position.legs if leg.option is not None)
    worth, stays = intrinsic(options, underlying), position.structure in WITH_SHARES
    return Expired(position.position_id, worth, keeps_shares=stays)


def _must_go(position: Position, underlying: Decimal) -> bool:
    keeps_a_leg = last_day(position.legs) != position.expires_on
    return keeps_a_leg or is_in_the_money(position.legs, underlying)


def _look(
    work: Work,
    now: datetime,
    batches: Batches,
    gatherer: Gatherer,
    states_wanted: frozenset[PositionState] = frozenset({PositionState.OPEN}),
) -> list[_Held]:
    states = batches.load(work.bots)
    pairs = [
        (state, position)
        for state in states.values()
        for position in state.positions
        if position.state in states_wanted
    ]
    positions = {position.position_id: position for _, position in pairs}
    questions: set[Question] = {ValueOf(position_id) for position_id in positions}
    questions |= {QuoteOf(position.symbol) for position in positions.values()}
    facts = gatherer.gather(questions, positions, now, has_odds=False)
    return [
        _Held(
            state,
            position,
            worth if isinstance(worth := facts[ValueOf(position.position_id)], Valuation) else None,
            quote.last if isinstance(quote := facts[QuoteOf(position.symbol)], Quote) else None,
        )
        for state, position in pairs
    ]


def _leave(held: _Held, worth: Valuation, work: Work, plan: PricePlan, why: str) -> CloseIntent:
    cause = RunId(derive("exit", work.kind, work.due_at.isoformat()))
    return close(held.state, held.position, worth, plan=plan, cause=cause, why=why)
