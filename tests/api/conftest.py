"""The API over real HTTP, on real Postgres and Valkey: two users, a bot, a clock that stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
from tests.application.bots import bot, button, spread
from tests.application.house import DAY, MARK, OPEN, House
from tests.sandbox.running import SECRET, running


@dataclass
class Door:
    """The API as `ann`, who trades, and as `eve`, who has a seat and nothing else.

    `wiring` is the API's own, which sees only the rows of whom it serves; `operator` sees all.
    """

    wiring: Wiring
    operator: Wiring
    client: httpx.Client
    house: House
    tokens: dict[str, str]

    def __call__(
        self, method: str, path: str, *, user: str = "ann", key: str = "k", **given: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[user]}", "Idempotency-Key": key}
        headers |= given.pop("headers", {})
        answer: httpx.Response = self.client.request(method, path, headers=headers, **given)
        return answer

    def set_clock(self, at: datetime) -> None:
        self.house.clock.at = at
        self.wiring.replayed_clock.set(at, speed=0)

    def state(self) -> object:
        """All that a request may change, as one value."""
        return self.house.all(
            """SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
                   SELECT b::text AS line FROM bots b UNION ALL SELECT w::text FROM work w
                   UNION ALL SELECT p::text FROM pools p UNION ALL SELECT d::text FROM definitions d
                   UNION ALL SELECT a::text FROM accounts a UNION ALL SELECT c::text FROM consents c
                   UNION ALL SELECT s::text FROM switches s
               ) AS everything"""
        )


@pytest.fixture(scope="session")
def settings(
    postgres_url: str,
    valkey_url: str,
    pool_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    upgrade(postgres_url)
    assert "//botfleet@" in postgres_url
    with psycopg.connect(postgres_url.replace("+psycopg", "", 1)) as connection:
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
    with httpx.Client(base_url=url) as client, Wiring(settings) as operator:
        operator.__dict__["vault"] = wiring.vault
        door = Door(wiring, operator, client, house, tokens)
        door.set_clock(MARK)
        yield door
    house.database.close()
    redis.close()
