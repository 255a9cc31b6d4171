"""Inspect: show one position, what it is worth now, and what each of its exits needs to fire."""

from dataclasses import dataclass
from datetime import datetime

from botfleet.application.gather import Gatherer
from botfleet.application.ports.panels import HeldRecord, Panels
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import PositionId, UserId
from botfleet.domain.market.calendar import next_session, session_on
from botfleet.domain.positions.deadlines import deadlines
from botfleet.domain.positions.needs import Need, needs
from botfleet.domain.positions.position import HOLDING, Valuation
from botfleet.domain.trees.facts import ValueOf
from botfleet.errors import MarketUnavailable


@dataclass(frozen=True, slots=True)
class Inspection:
    """A position with what its exits need, and `why_not`: what keeps all of them from acting.

    `worth` is None where the market does not tell; of what is not held any more nothing is needed.
    """

    record: HeldRecord
    worth: Valuation | None
    needs: tuple[Need, ...]
    why_not: tuple[str, ...]


def inspect(
    user: UserId | None,
    position_id: PositionId,
    now: datetime,
    *,
    panels: Panels,
    gatherer: Gatherer,
) -> Inspection:
    """Look at one position.

    Raises:
        NotFound: there is none, or it is not this user's.
        StoreUnavailable: nothing can be said.
    """
    record = panels.record(user, position_id, day_of(now))
    position = record.position
    if position.state not in HOLDING:
        return Inspection(record, None, (), ())
    session = session_on(day_of(now)) or next_session(day_of(now))
    told = gatherer.events({position.symbol, None})
    due = deadlines(position, session, told.get(position.symbol), told.get(None))
    worth = _worth(record, now, gatherer)
    return Inspection(record, worth, needs(position, worth, due, session), tuple(_held(record)))


def _worth(record: HeldRecord, now: datetime, gatherer: Gatherer) -> Valuation | None:
    asked = ValueOf(record.position.position_id)
    try:
        seen = gatherer.gather({asked}, {asked.position_id: record.position}, now)[asked]
    except MarketUnavailable:
        return None
    return seen if isinstance(seen, Valuation) else None


def _held(record: HeldRecord) -> list[str]:
    """Say what keeps every exit from acting."""
    rules, state = record.rules, record.position.state
    reasons = {
        "its exits are off": not record.is_on,
        "its bot's exits are off": not record.bot_is_on,
        "the fleet's exits are off": not record.fleet_is_on,
        f"it is {state}": state != "open",
        f"it was tried {record.attempts_today} times today": bool(
            rules.attempts_max and record.attempts_today >= rules.attempts_max
        ),
    }
    return [words for words, holds in reasons.items() if holds]
