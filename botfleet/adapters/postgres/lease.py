"""Whose beat it is: one lease on the fleet's row, by the database's clock, with a fence.

Beats take it when it is free. A worker stands in when it was free for `PATIENCE_S`, a round at a
time, and yields to the first beat that asks: its lease is short.
"""

from botfleet.adapters.postgres.database import Database, execute

#: How long a beat leads without renewing, and how long a worker does, real seconds.
BEAT_S, STAND_IN_S = 2.0, 1.0
#: How long no beat must have led before workers ring themselves.
PATIENCE_S = 3.0
STAND_IN = "stand-in "

#: A lease that ran out is free for every beat; for workers, once its beat is surely gone.
_TAKE = """
UPDATE fleet SET beat_fence = beat_fence + CASE WHEN beat = %(name)s THEN 0 ELSE 1 END,
    beat = %(name)s, beat_until = clock_timestamp() + make_interval(secs => %(life)s)
WHERE beat = %(name)s AND beat_until > clock_timestamp()
   OR beat_until < clock_timestamp() - make_interval(
        secs => CASE WHEN starts_with(beat, %(stand_in)s) THEN 0 ELSE %(patience)s END)
RETURNING beat_fence
"""


class PostgresLease:
    """One process's claim to the lease, by its name."""

    def __init__(self, database: Database, name: str, *, life_s: float, patience_s: float) -> None:
        self._database = database
        self._given = {"name": name, "life": life_s, "patience": patience_s, "stand_in": STAND_IN}

    def take(self) -> int | None:
        """Take or renew the lease; give its fence, None while it is another's.

        Raises:
            StoreUnavailable: nobody knows.
        """
        with self._database.transaction() as connection:
            fence: int | None = execute(connection, _TAKE, **self._given).scalar_one_or_none()
            return fence

    def leave(self) -> None:
        """Give the lease up, for the next to take it at once."""
        with self._database.transaction() as connection:
            sql = "UPDATE fleet SET beat_until = '-infinity' WHERE beat = %(name)s"
            execute(connection, sql, name=self._given["name"])


def beat_lease(database: Database, name: str) -> PostgresLease:
    """Give a beat's claim."""
    return PostgresLease(database, name, life_s=BEAT_S, patience_s=0)


def stand_in_lease(database: Database, name: str) -> PostgresLease:
    """Give a worker's claim."""
    return PostgresLease(database, STAND_IN + name, life_s=STAND_IN_S, patience_s=PATIENCE_S)
