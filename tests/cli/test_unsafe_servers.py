"""Servers that may lose what they were given to keep are refused at the start, by name."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from botfleet.adapters.postgres import promises
from botfleet.adapters.postgres.database import Database
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.adapters.redis import pools
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from botfleet.errors import BadInput
from tests.databases import fresh, plain

PREPARE = "from botfleet.bootstrap import prepare_or_exit; prepare_or_exit()"


@pytest.fixture
def careless(postgres_url: str) -> str:
    """The tests' own Postgres, which does not wait for the disk."""
    return postgres_url


def test_a_postgres_that_may_lose_commits_is_refused_and_every_reason_named(careless: str) -> None:
    database = Database(careless)
    found = "; ".join(promises.unsafe(database))
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        assert f"{setting} = off" in found
    database.close()


def test_a_pool_that_evicts_is_refused_and_one_that_does_not_is_taken(pool_url: str) -> None:
    with redis.Redis.from_url(pool_url) as client:
        assert pools.unsafe(client) == ()
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            (said,) = pools.unsafe(client)
            assert "maxmemory-policy allkeys-lru: set it to noeviction" in said
        finally:
            client.config_set("maxmemory-policy", "noeviction")


def test_the_start_ends_with_the_sentence_and_nothing_is_begun(
    careless: str, valkey_url: str, pool_url: str, tmp_path: Path
) -> None:
    with fresh(careless) as there:
        done = subprocess.run(
            [sys.executable, "-c", PREPARE],
            env={
                **os.environ,
                "BOTFLEET_HOME": str(tmp_path),
                "BOTFLEET_DATABASE_URL": there,
                "BOTFLEET_BROKER_URL": valkey_url,
                "BOTFLEET_POOL_URL": pool_url,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "synchronous_commit = off" in done.stderr
        with psycopg.connect(plain(there)) as connection:
            assert connection.execute("SELECT count(*) FROM fleet").fetchone() == (0,)


@pytest.mark.parametrize("name", ["oauth_client_secret", "market_token", "schwab_client_secret"])
def test_placeholders_are_no_secrets(name: str) -> None:
    given = {name: "changeme", "schwab_client_id": "app"}
    with pytest.raises(BadInput, match=f"BOTFLEET_{name.upper()}: is a placeholder"):
        Settings.read(**given)


def test_tokens_never_travel_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with pytest.raises(BadInput, match="OAUTHLIB_INSECURE_TRANSPORT: must not be set"):
        Settings.read()


class Fast(redis.Redis):
    """A server's client that hears it 3 s ahead."""

    def time(self, **_: object) -> tuple[int, int]:
        seconds, micros = super().time()
        return seconds + 3, micros


@pytest.fixture
def fast(postgres_url: str) -> Iterator[str]:
    """A database whose clock is 3 s ahead of this machine's."""
    with fresh(postgres_url) as there:
        with psycopg.connect(plain(there)) as connection:
            name = connection.info.dbname
            connection.execute(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
            connection.execute(
                "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql "
                "AS $$ SELECT pg_catalog.clock_timestamp() + interval '3 s' $$"
            )
        yield there


def ended(program: list[str], home: Path, **given: str) -> subprocess.CompletedProcess[str]:
    told = {f"BOTFLEET_{name.upper()}": value for name, value in given.items()}
    env = {**os.environ, "BOTFLEET_HOME": str(home), **told}
    return subprocess.run(program, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "program",
    [
        ("-c", PREPARE),
        ("-m", "botfleet.cli.main", "serve", "router"),
        ("-m", "botfleet.api"),
    ],
    ids=["fleet", "part", "api"],
)
def test_nothing_starts_whose_clock_is_three_seconds_off(
    fast: str, valkey_url: str, pool_url: str, tmp_path: Path, program: tuple[str, ...]
) -> None:
    upgrade(fast)
    servers = {"database_url": fast, "broker_url": valkey_url, "pool_url": pool_url}
    done = ended([sys.executable, *program], tmp_path, **servers)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    words = r"Postgres's clock is \+3\.\d s off this machine's: let NTP keep both"
    assert re.search(words, done.stderr)
    with psycopg.connect(plain(fast)) as connection:
        assert connection.execute("SELECT count(*) FROM fleet").fetchone() == (0,)


def test_a_pool_whose_clock_is_three_seconds_off_is_refused(
    careless: str, pool_url: str, tmp_path: Path
) -> None:
    with Wiring(Settings.read(home=tmp_path, database_url=careless, pool_url=pool_url)) as wiring:
        wiring.keep_step()
        wiring.redis.close()
        refused = pytest.raises(BadInput, match=r"pool's Redis's clock is \+3\.\d s off")
        with Fast.from_url(pool_url) as wiring.redis, refused:
            wiring.keep_step()
