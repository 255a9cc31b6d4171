"""The API over real HTTP, on real Postgres and Valkey: two users, a bot, a clock that stands."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from botfleet.adapters.postgres.database import DOOR
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.adapters.redis.pools import connect
from botfleet.api.app import create
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from botfleet.domain.fleet.seating import Shape
from tests.api.caller import ALERT, Caller
from tests.api.door import Door
from tests.application.bots import bot, button, spread
from tests.application.house import MARK, House
from tests.application.market import DAY, OPEN
from tests.databases import plain
from tests.patience import PATIENCE_S
from tests.sandbox.running import SECRET, running


@pytest.fixture(scope="session")
def settings(
    postgres_url: str,
    valkey_url: str,
    pool_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    upgrade(postgres_url)
    assert "//botfleet@" in postgres_url
    with psycopg.connect(plain(postgres_url)) as connection:
        connection.execute("DROP ROLE IF EXISTS at_the_door")
        connection.execute("CREATE ROLE at_the_door LOGIN IN ROLE botfleet_door")
    return Settings.read(
        home=tmp_path_factory.mktemp("api"),
        database_url=postgres_url,
        broker_url=valkey_url,
        pool_url=pool_url,
        clock="replayed",
        date=DAY,
        build="test",
        api_port=8000,
        oauth_client_id="botfleet",
        oauth_client_secret=SECRET,
        broker_base_url="http://127.0.0.1:9",
    )


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[Wiring, str]]:
    """Serve the API, which knows no login to Postgres but a door's; give its adapters and URL."""
    own = str(settings.database_url).replace("//botfleet@", "//at_the_door@")
    wiring = Wiring(settings.model_copy(update={"database_url": None, "door_url": own}), role=DOOR)
    with running(create(wiring)) as url:
        yield wiring, url
    wiring.app.close()
    wiring.redis.close()
    wiring.database.close()


@pytest.fixture(scope="session")
def served(settings: Settings) -> Iterator[tuple[Wiring, str]]:
    with serving(settings) as api:
        yield api


@pytest.fixture
def door(settings: Settings, served: tuple[Wiring, str]) -> Iterator[Door]:
    wiring, url = served
    redis = connect(wiring.settings.pool_url or "")
    house = House(settings.database_url or "", redis)
    with house.database.transaction() as connection:
        sql = "UPDATE users SET token_hash = sha256('ann-token-canary')"
        connection.exec_driver_sql(sql)
    tokens = {"ann": "ann-token-canary"} | house.roster.add_users(["eve"], OPEN)
    house.layouts.arrange(Shape(1, 1, 10))
    house.add(bot(button("go", spread())))
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client, Wiring(settings) as operator:
        operator.__dict__["vault"] = wiring.vault
        door = Door(wiring, operator, client, house, tokens)
        door.set_clock(MARK)
        yield door
    house.database.close()
    redis.close()


@pytest.fixture
def call(door: Door) -> Caller:
    door.house.add(bot(ALERT, name="Listener"))
    return Caller(door)
