from collections.abc import Iterator

import pytest

from botfleet.adapters.postgres.migrate import upgrade
from botfleet.adapters.redis.pools import connect
from tests.application.house import House


@pytest.fixture(scope="session")
def schema(postgres_url: str) -> str:
    upgrade(postgres_url)
    return postgres_url


@pytest.fixture
def house(schema: str, pool_url: str) -> Iterator[House]:
    client = connect(pool_url)
    house = House(schema, client)
    yield house
    house.database.close()
    client.close()
