"""Logins at brokers that end soon, in Postgres."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from botfleet.adapters.postgres.database import Database, rows
from botfleet.adapters.postgres.notices import add_notices
from botfleet.application.ports.batches import Notice
from botfleet.application.ports.logins import Ending
from botfleet.domain.bots.mishaps import Level

_ENDING = """
SELECT b.user_id, b.bot_id, a.account_id, a.broker, a.consented_real::text AS consent,
       extract(epoch FROM clock_timestamp() - a.consented_real)::float8 AS consented_s,
       (SELECT count(*) FROM positions p
        WHERE p.bot_id = b.bot_id AND p.state IN ('open', 'closing'))::int AS positions
FROM accounts a JOIN bots b USING (account_id)
JOIN unnest(%(brokers)s::text[], %(lives)s::interval[]) AS l(broker, life)
     ON l.broker = a.broker
WHERE a.is_alive AND a.consented_real + l.life < clock_timestamp() + %(ahead)s
ORDER BY 1, 2
"""


class PostgresLogins:
    """Keeps `botfleet.application.ports.logins.Logins`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ending(self, lives: Mapping[str, timedelta], ahead: timedelta) -> Sequence[Ending]:
        """See the port."""
        given = {"brokers": list(lives), "lives": list(lives.values()), "ahead": ahead}
        with self._database.transaction() as connection:
            return [Ending(**row) for row in rows(connection, _ENDING, **given)]

    def tell(self, told: Sequence[tuple[Ending, str, int]], now: datetime) -> None:
        """See the port."""
        notices = [
            Notice(
                one.user_id,
                one.bot_id,
                Level.WARNING,
                "login_ending",
                message,
                f"login_ending/{one.account_id}/{one.consent}/{days}",
            )
            for one, message, days in told
        ]
        with self._database.transaction() as connection:
            add_notices(connection, notices, now)
