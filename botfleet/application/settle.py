"""Settle: after the close, book what expired at the official close, and give its capital back.

Each leg ends at the close of its own last day. Worked on that day it is the last price, which the
session has left behind; worked later (the fleet was down) it is that day's bar.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from botfleet.application.gather import Gatherer
from botfleet.application.holdings import Held, look
from botfleet.application.ports.batches import Batches, Committed, Expired, Notice, Results
from botfleet.application.ports.work import Work
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import next_session
from botfleet.domain.market.instruments import Leg
from botfleet.domain.positions.position import Position
from botfleet.domain.positions.valuation import intrinsic, last_day
from botfleet.domain.trades.structures import WITH_SHARES
from botfleet.domain.trees.facts import CloseOf, Question

#: The official closes of symbols, by day.
Closes = Mapping[tuple[str, date], Decimal]


def settle(work: Work, now: datetime, *, batches: Batches, gatherer: Gatherer) -> Committed | None:
    """Book a batch's positions whose last leg has expired by the session the row is of.

    What no close is known of stays as it is until the next settlement, and its owner is told.

    Raises:
        Transient: a store or the feed is down; the row comes back.
    """
    by = day_of(work.due_at)
    over = [
        held
        for held in look(work, now, batches, gatherer)
        if (last := last_day(held.position.legs)) is not None and last <= by
    ]
    closes = _closes(over, now, gatherer)
    expired = [one for held in over if (one := _expired(held, closes)) is not None]
    booked = {one.position_id for one in expired}
    told = [_told(held, by) for held in over if held.position.position_id not in booked]
    return batches.commit(work, now, Results(expired=expired, notices=told))


def _closes(over: Sequence[Held], now: datetime, gatherer: Gatherer) -> Closes:
    """Give the closes that some positions end at, as far as they are known."""
    today = day_of(now)
    wanted = {(one.position.symbol, day) for one in over for _, day in _ends(one.position)}
    closes = {(one.position.symbol, today): one.underlying for one in over if one.underlying}
    asked: dict[tuple[str, date], Question] = {
        (symbol, day): CloseOf(symbol, _sessions_since(day, today))
        for symbol, day in wanted
        if day < today
    }
    answers = gatherer.gather(set(asked.values()), {}, now) if asked else {}
    found = {key: answers[question] for key, question in asked.items()}
    return closes | {key: close for key, close in found.items() if isinstance(close, Decimal)}


def _sessions_since(day: date, today: date) -> int:
    """Count how many sessions before `today` begin with that of `day`."""
    count = 1
    while (day := next_session(day).day) < today:
        count += 1
    return count


def _ends(position: Position) -> list[tuple[Leg, date]]:
    """Give the options of a position, each with its last day."""
    return [(leg, leg.option.expires_on) for leg in position.legs if leg.option is not None]


def _expired(held: Held, closes: Closes) -> Expired | None:
    """Say what a position's options end at; shares that were held beside them stay."""
    position, worth = held.position, Decimal(0)
    for leg, day in _ends(position):
        close = closes.get((position.symbol, day))
        if close is None:
            return None
        worth += intrinsic((leg,), close)
    return Expired(position.position_id, worth, keeps_shares=position.structure in WITH_SHARES)


def _told(held: Held, by: date) -> Notice:
    position, state = held.position, held.state
    message = (
        f"{position.symbol} expired, and its close is not known yet: it is booked as soon as it is."
    )
    cause = f"{position.position_id}/unsettled/{by}"
    return Notice(state.user_id, state.bot_id, "warning", "unsettled", message, cause)
