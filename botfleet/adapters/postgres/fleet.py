"""The fleet's own row in Postgres: how far it was routed, and where a replayed clock stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.errors import NotFound

_PULSE = """
SELECT f.routed_at, f.market_at, f.played_to,
    EXISTS (SELECT FROM work WHERE state IN ('due', 'claimed')) AS is_working,
    EXISTS (SELECT FROM orders WHERE state IN ('pending', 'sending', 'unknown', 'working',
            'partial') AND check_at <= %(now)s) AS is_ordering,
    EXISTS (SELECT FROM positions WHERE state = 'open') AS is_holding,
    EXISTS (SELECT FROM events WHERE next_at <= %(now)s) AS is_happening,
    (SELECT min(next_at) FROM events) AS next_event_at,
    (SELECT min(check_at) FROM orders WHERE state IN ('pending', 'sending', 'unknown', 'working',
     'partial')) AS next_check_at
FROM fleet f
"""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Whether anything is left to do at this instant; when the next order and event are due."""

    routed_at: datetime
    is_busy: bool
    has_orders_due: bool
    is_holding: bool
    next_check_at: datetime | None
    next_event_at: datetime | None
    played_to: datetime | None


class FleetRow:
    """Reads and writes the one row; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def found(self, at: datetime, played_to: datetime | None) -> None:
        """Begin the fleet at `at`, unless it was begun before: then it goes on where it was."""
        with self._database.transaction() as connection:
            execute(
                connection,
                """INSERT INTO fleet (begun_at, routed_at, market_at, played_to)
                   VALUES (%(at)s, %(at)s, %(at)s, %(to)s) ON CONFLICT DO NOTHING""",
                at=at,
                to=played_to,
            )

    def play_to(self, at: datetime) -> None:
        """Let a held session go, up to `at`."""
        with self._database.transaction() as connection:
            execute(connection, "UPDATE fleet SET played_to = %(at)s", at=at)

    def market_at(self) -> datetime:
        """Where the replayed clock last stood."""
        with self._database.transaction() as connection:
            at: datetime | None = execute(
                connection, "SELECT market_at FROM fleet"
            ).scalar_one_or_none()
        if at is None:
            raise NotFound("No session was begun in this database; `botfleet up` begins one.")
        return at

    def keep(self, at: datetime, *, fence: int) -> bool:
        """Write down where the replayed clock stands; it never goes back.

        False where a later leader keeps it by now: nothing was written.
        """
        with self._database.transaction() as connection:
            sql = """UPDATE fleet SET market_at = greatest(market_at, %(at)s)
                     WHERE beat_fence = %(fence)s"""
            return execute(connection, sql, at=at, fence=fence).rowcount == 1

    def pulse(self, now: datetime) -> Pulse:
        """Feel whether the fleet is idle at `now`."""
        with self._database.transaction() as connection:
            row = rows(connection, _PULSE, now=now)[0]
        return _pulse(row, now)


def _pulse(row: Mapping[str, Any], now: datetime) -> Pulse:
    is_behind = row["routed_at"] < now or row["is_happening"]
    is_busy = is_behind or row["is_working"] or row["is_ordering"]
    return Pulse(
        row["routed_at"],
        is_busy,
        row["is_ordering"],
        row["is_holding"],
        row["next_check_at"],
        row["next_event_at"],
        row["played_to"],
    )
