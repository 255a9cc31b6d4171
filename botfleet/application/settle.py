"""Settle: after the close, book what expired at the official close, and give its capital back."""

from datetime import datetime
from decimal import Decimal

from botfleet.application.gather import Gatherer
from botfleet.application.holdings import look
from botfleet.application.ports.batches import Batches, Committed, Expired, Results
from botfleet.application.ports.work import Work
from botfleet.domain.eastern import day_of
from botfleet.domain.positions.position import Position
from botfleet.domain.positions.valuation import intrinsic, last_day
from botfleet.domain.trades.structures import WITH_SHARES


def settle(work: Work, now: datetime, *, batches: Batches, gatherer: Gatherer) -> Committed | None:
    """Book a batch's positions whose last leg has expired.

    Raises:
        Transient: a store or the feed is down; the row comes back.
    """
    expired = [
        _expired(held.position, held.underlying)
        for held in look(work, now, batches, gatherer)
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
