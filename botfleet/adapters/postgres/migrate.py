"""Bring a database to the current schema, or say that it is ahead of this build."""

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from botfleet.errors import BadInput, StoreUnavailable

_LOCK = 7_266_353  # any number, the same for every fleet: one migration at a time


def upgrade(url: str) -> None:
    """Apply every missing step, in one transaction, one caller at a time.

    Raises:
        BadInput: the database was made by a newer build.
        StoreUnavailable: it does not answer.
    """
    engine = create_engine(url)
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option(
        "script_location", str(resources.files("botfleet.adapters.postgres.migrations"))
    )
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except OperationalError as error:
        brief = str(error.orig).strip().partition("\n")[0]
        raise StoreUnavailable(f"Postgres does not answer: {brief}") from error
    except CommandError as error:
        raise BadInput(f"the database's schema is not of this build: {error}") from error
    finally:
        engine.dispose()
