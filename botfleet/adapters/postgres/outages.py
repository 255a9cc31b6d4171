"""Brokers that do not answer, in Postgres: a batch reads it with the state of its bots."""

from botfleet.adapters.postgres.database import Database, execute
from botfleet.errors import StoreUnavailable

_BEGIN = """
INSERT INTO brokers AS b (name, down_until)
VALUES (%(broker)s, clock_timestamp() + make_interval(secs => %(wait)s))
ON CONFLICT (name) DO UPDATE SET down_until = greatest(b.down_until, excluded.down_until)
"""
_END = "DELETE FROM brokers WHERE name = %(broker)s"
_LASTING = "SELECT name FROM brokers WHERE down_until > clock_timestamp() ORDER BY 1"


class PostgresOutages:
    """Keeps `botfleet.application.ports.outages.Outages`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, broker: str, wait_s: float) -> None:
        """See the port."""
        self._tell(_BEGIN, broker=broker, wait=wait_s)

    def end(self, broker: str) -> None:
        """See the port."""
        self._tell(_END, broker=broker)

    def lasting(self) -> tuple[str, ...]:
        """See the port."""
        with self._database.transaction() as connection:
            return tuple(execute(connection, _LASTING).scalars())

    def _tell(self, sql: str, **given: object) -> None:
        try:
            with self._database.transaction() as connection:
                execute(connection, sql, **given)
        except StoreUnavailable:
            return  # what is being sent must not fail for it
