"""Bring a database to the current schema, or say that it is ahead of this build."""

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from botfleet.adapters.postgres import schema
from botfleet.errors import BadInput, StoreUnavailable

_LOCK = 7_266_353  # any number, the same for every fleet: one migration at a time


def upgrade(url: str) -> None:
    """Apply every missing step, in one transaction, one caller at a time.

    A database of a newer build that this one may serve all the same stays as it is.

    Raises:
        BadInput: a newer build has left this one behind.
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
            if _is_ahead(connection):
                return
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except OperationalError as error:
        brief = str(error.orig).strip().partition("\n")[0]
        raise StoreUnavailable(f"Postgres does not answer: {brief}") from error
    except CommandError as error:
        raise BadInput(f"the database's schema is not of this build: {error}") from error
    finally:
        engine.dispose()


def _is_ahead(connection: Connection) -> bool:
    """Say whether the database is of a newer build, which this one may serve.

    Raises:
        BadInput: it is, and this one may not.
    """
    if connection.execute(text("SELECT to_regclass('served_schemas')")).scalar() is None:
        return False
    found = schema.found(connection)
    if found.database <= found.build:
        return False
    found.check()
    return True
