"""Which past session a replayed clock plays, and until when."""

from datetime import datetime, timedelta

from botfleet.config import Settings
from botfleet.domain.market.calendar import Session, cause_of, session_on
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
        cause = cause_of(settings.date) or f"it is a {settings.date:%A}"
        raise BadInput(f"The market is closed on {settings.date}: {cause}.")
    return session


def played_to(session: Session) -> datetime:
    """Give where a played session ends: once its expired positions are booked."""
    return session.closes_at + SETTLE_AFTER + timedelta(minutes=1)
