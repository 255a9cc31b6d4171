"""Daily volatilities in Postgres: the market's, so they belong to no user."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.domain.market.statistics import DailyVolatility

_RECENT = """
SELECT symbol, day, value FROM (
    SELECT symbol, day, value, row_number() OVER (PARTITION BY symbol ORDER BY day DESC) AS place
    FROM volatilities WHERE symbol = ANY(%(symbols)s) AND day < %(before)s
) AS ranked WHERE place <= %(count)s ORDER BY symbol, day
"""
_RECORD = """
INSERT INTO volatilities (symbol, day, value)
SELECT * FROM unnest(%(symbols)s::text[], %(days)s::date[], %(values)s::float8[])
ORDER BY 1, 2
ON CONFLICT (symbol, day) DO UPDATE SET value = excluded.value
"""


class PostgresVolatilities:
    """Keeps `botfleet.application.ports.volatilities.VolatilityRecord`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recent(
        self, symbols: Collection[str], before: date, count: int
    ) -> Mapping[str, tuple[DailyVolatility, ...]]:
        """See the port."""
        found: dict[str, list[DailyVolatility]] = {}
        with self._database.transaction() as connection:
            for row in rows(connection, _RECENT, symbols=list(symbols), before=before, count=count):
                found.setdefault(row["symbol"], []).append(
                    DailyVolatility(row["day"], row["value"])
                )
        return {symbol: tuple(days) for symbol, days in found.items()}

    def record(self, values: Iterable[tuple[str, DailyVolatility]]) -> None:
        """See the port."""
        latest = {(symbol, one.day): one.value for symbol, one in values}
        if not latest:
            return
        with self._database.transaction() as connection:
            execute(
                connection,
                _RECORD,
                symbols=[symbol for symbol, _ in latest],
                days=[day for _, day in latest],
                values=list(latest.values()),
            )
