"""One suite, every brand that remembers volatilities: in memory and in Postgres."""

from collections.abc import Iterator
from datetime import date

import pytest

from botfleet.adapters.memory.volatilities import MemoryVolatilities
from botfleet.adapters.postgres.database import Database, execute
from botfleet.adapters.postgres.volatilities import PostgresVolatilities
from botfleet.application.ports.volatilities import VolatilityRecord
from botfleet.domain.market.statistics import DailyVolatility
from tests.application.conftest import schema

__all__ = ["schema"]


@pytest.fixture(params=["memory", "postgres"])
def record(request: pytest.FixtureRequest) -> Iterator[VolatilityRecord]:
    if request.param == "memory":
        yield MemoryVolatilities()
        return
    database = Database(request.getfixturevalue("schema"))
    with database.transaction() as connection:
        execute(connection, "TRUNCATE volatilities")
    yield PostgresVolatilities(database)
    database.close()


def day(number: int, value: float = 0.2) -> DailyVolatility:
    return DailyVolatility(date(2026, 3, number), value)


def test_the_newest_days_before_a_day_come_oldest_first(record: VolatilityRecord) -> None:
    record.record(("SPY", day(number, number / 100)) for number in (5, 2, 4, 3))
    record.record([("QQQ", day(9))])
    found = record.recent(["SPY", "QQQ", "TLT"], date(2026, 3, 5), 2)
    assert found == {"SPY": (day(3, 0.03), day(4, 0.04))}
    assert not record.recent([], date(2026, 3, 5), 2)


def test_a_day_recorded_twice_keeps_the_later_value(record: VolatilityRecord) -> None:
    """In one call too; nothing at all is also a call."""
    record.record([("SPY", day(2, 0.1)), ("SPY", day(2, 0.2))])
    record.record([("SPY", day(2, 0.3))])
    record.record([])
    assert record.recent(["SPY"], date(2026, 3, 9), 9) == {"SPY": (day(2, 0.3),)}
