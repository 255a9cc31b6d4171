"""The instants of a session at which recurring work is due (S149, S163, R14).

All from the session's own open and close, so an early close moves them by itself. UTC, rising.
"""

from datetime import datetime, timedelta

from botfleet.domain.market.calendar import Session

#: Minutes before the close at which positions that expire in the money are closed (S163).
EXPIRATION_CHECKS_MIN = (10, 5, 1)
_EDGE_MIN = 15


def marks(session: Session, interval_min: int = 15) -> tuple[datetime, ...]:
    """Give every mark: open + `interval_min` up to close - 15 minutes, inclusive.

    15 minutes give 09:45 ... 15:45, 25 marks, on a full day and 13 before a 13:00 close.
    """
    return _every(session, interval_min, _EDGE_MIN)


def minutes(session: Session) -> tuple[datetime, ...]:
    """Give every whole minute strictly inside the session: open + 1 up to close - 1."""
    return _every(session, 1, 1)


def expiration_checks(session: Session) -> tuple[datetime, ...]:
    """Give the three instants of the expiration check: close - 10, - 5 and - 1 minutes."""
    return tuple(session.closes_at - timedelta(minutes=early) for early in EXPIRATION_CHECKS_MIN)


def _every(session: Session, step_min: int, edge_min: int) -> tuple[datetime, ...]:
    length_min = int((session.closes_at - session.opens_at).total_seconds()) // 60
    return tuple(
        session.opens_at + timedelta(minutes=after)
        for after in range(step_min, length_min - edge_min + 1, step_min)
    )
