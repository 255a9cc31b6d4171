"""Holdings: look at a batch's positions, each with what it is worth and its underlying's price."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import Batches
from botfleet.application.ports.work import Work
from botfleet.domain.bots.state import BotState
from botfleet.domain.market.quotes import Quote
from botfleet.domain.positions.position import Position, PositionState, Valuation
from botfleet.domain.trees.facts import Question, QuoteOf, ValueOf


@dataclass(frozen=True, slots=True)
class Held:
    """One position of a bot; what is not quoted is None."""

    state: BotState
    position: Position
    worth: Valuation | None
    underlying: Decimal | None


def look(
    work: Work,
    now: datetime,
    batches: Batches,
    gatherer: Gatherer,
    states_wanted: frozenset[PositionState] = frozenset({PositionState.OPEN}),
) -> list[Held]:
    """Load a batch and value its positions in some states, on one look at the market.

    Raises:
        Transient: a store or the feed is down.
    """
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
        Held(
            state,
            position,
            worth if isinstance(worth := facts[ValueOf(position.position_id)], Valuation) else None,
            _last(facts[QuoteOf(position.symbol)]),
        )
        for state, position in pairs
    ]


def _last(quote: object) -> Decimal | None:
    """Give the last price; None where it is not known, or is no number."""
    last = quote.last if isinstance(quote, Quote) else None
    return last if last is not None and last.is_finite() else None
