from collections.abc import Iterator

import pytest

from botfleet.adapters.postgres.database import Database
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.adapters.redis.pools import connect
from tests.application.house import House
from tests.wires import Wire, leading, postgres_socket, postgres_url, redis_host


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


@pytest.fixture
def wire(schema: str) -> Iterator[Wire]:
    """Leads to Postgres."""
    with leading(postgres_socket(schema)) as wire:
        yield wire


@pytest.fixture
def pool_wire(pool_url: str) -> Iterator[Wire]:
    """Leads to the pool's Redis."""
    with leading(redis_host(pool_url)) as wire:
        yield wire


@pytest.fixture
def far(schema: str, wire: Wire) -> Iterator[Database]:
    """The database at the end of `wire`."""
    database = Database(postgres_url(schema, wire))
    yield database
    database.close()
