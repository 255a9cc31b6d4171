"""Servers for whoever needs real ones: embedded, one set per test process, gone with it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from botfleet.adapters.postgres import database
from botfleet.adapters.redis import pools
from botfleet.adapters.system import servers
from botfleet.adapters.system.places import sockets_of
from tests.patience import PATIENCE_S

# Nothing passes or fails on time: a shared machine may be slow at any moment.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def patient() -> Iterator[None]:
    """Give stores the time they take: where a machine stood still they are not taken for dead."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LOCK_TIMEOUT_MS", "IDLE_TIMEOUT_MS"):
            patch.setattr(database, name, 1000 * PATIENCE_S)
        for name in ("CONNECT_S_MAX", "TURN_S_MAX"):
            patch.setattr(database, name, PATIENCE_S)
        patch.setattr(pools, "TIMEOUT_S", PATIENCE_S)
        yield


@pytest.fixture(scope="session")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("servers")
    yield place
    shutil.rmtree(sockets_of(place))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home for a fleet, whose sockets are gone with it."""
    yield tmp_path
    shutil.rmtree(sockets_of(tmp_path))


@pytest.fixture(scope="session")
def valkey_server(server_home: Path) -> Iterator[servers.Server]:
    """A Valkey that keeps nothing."""
    server = servers.valkey(server_home, durable=False)
    with servers.running(server, server_home / "log" / "valkey.log"):
        yield server


@pytest.fixture(scope="session")
def valkey_url(valkey_server: servers.Server) -> str:
    """Database 0, the fleet's queue."""
    return valkey_server.database(0)


@pytest.fixture(scope="session")
def pool_url(valkey_server: servers.Server) -> str:
    """Database 1, the capital pool."""
    return valkey_server.database(1)


@pytest.fixture(scope="session")
def postgres_url(server_home: Path) -> Iterator[str]:
    """An empty database of a Postgres that does not wait for the disk."""
    server = servers.postgres(server_home, durable=False)
    with servers.running(server, server_home / "log" / "postgres.log"):
        yield server.url
