"""A build serves the schemas it can: it waits for one that is to come, and refuses one too new."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from botfleet.adapters.postgres import schema
from botfleet.adapters.postgres.database import Database
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.errors import BadInput, StoreUnavailable
from tests.databases import fresh, plain

STEPS = Path(schema.__file__).parent / "migrations/versions"
#: Steps from here on keep the rule; the ones before were there when it was made.
RULED = max(path.name for path in STEPS.glob("m*_served_schemas.py"))
#: What takes something away that an older build may still read or write.
TAKING = re.compile(
    r"drop_(table|column|constraint)|rename_table|alter_column|DROP (TABLE|COLUMN|FUNCTION)"
    r"|RENAME|ALTER COLUMN|SET NOT NULL",
)


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    """A database of this test's own, with this build's schema."""
    with fresh(postgres_url) as url:
        upgrade(url)
        yield url


def told(url: str, sql: str) -> None:
    with psycopg.connect(plain(url)) as connection:
        connection.execute(sql)


def checked(url: str) -> None:
    database = Database(url)
    try:
        schema.version(database).check()
    finally:
        database.close()


def test_a_build_serves_its_own_schema(url: str) -> None:
    checked(url)


def test_a_build_waits_for_a_schema_that_is_to_come(url: str) -> None:
    told(url, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(StoreUnavailable, match=r"has schema 0001 .* `botfleet db migrate`"):
        checked(url)


def test_a_build_serves_a_newer_schema_that_only_grew(url: str) -> None:
    told(url, "UPDATE alembic_version SET version_num = '9000'")
    checked(url)
    upgrade(url)  # the build before rolls back: there is nothing for it to do


def test_a_build_refuses_a_schema_that_has_left_it_behind(url: str, tmp_path: Path) -> None:
    told(url, "UPDATE alembic_version SET version_num = '9001'")
    told(url, "UPDATE served_schemas SET oldest = '9000'")
    for refused in (checked, upgrade):
        with pytest.raises(BadInput, match="9001, served by builds of 9000 and later"):
            refused(url)
    program = [sys.executable, "-c", "from botfleet.cli.main import main; main()"]
    stores = {"DATABASE": url, "BROKER": "redis://127.0.0.1:1/0", "POOL": "redis://127.0.0.1:1/1"}
    done = subprocess.run(
        [*program, "serve", "router", "--home", str(tmp_path)],
        env={**os.environ, **{f"BOTFLEET_{name}_URL": one for name, one in stores.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "install a newer build" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("path", sorted(STEPS.glob("m*.py")), ids=lambda path: str(path.name))
def test_a_step_that_takes_something_away_says_who_can_live_without_it(path: Path) -> None:
    text = path.read_text()
    if path.name > RULED and TAKING.search(text):
        assert "serve_since(" in text
