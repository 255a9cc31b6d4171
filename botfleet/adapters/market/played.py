"""Which past session a replayed clock plays, and until when."""

from datetime import datetime, timedelta

from botfleet.config import Settings
from botfleet.domain.market.calendar import Session, session_on, why_closed
from botfleet.domain.schedules.agenda import SETTLE_AFTER
from botfleet.errors import BadInput


def played_session(settings: Settings) -> Session | None:
    """Give the session a replayed clock plays; None for the real clock.

    Raises:
        BadInput: there is no session on that date.
    """
    if settings.clock == "real" or settings.date is None:
        return None
    session = session_on(settings.date)
    if session is None:
        raise BadInput(f"The market is closed on {settings.date}: {why_closed(settings.date)}.")
    return session


def played_to(session: Session) -> datetime:
    """Give where a played session ends: once its expired positions are booked."""
    return session.closes_at + SETTLE_AFTER + timedelta(minutes=1)
