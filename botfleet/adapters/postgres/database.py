"""One engine a process; a transaction that cannot be had is `StoreUnavailable`."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg.errors import UndefinedTable
from sqlalchemy import Connection, CursorResult, create_engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from botfleet.errors import StoreUnavailable

LOCK_TIMEOUT_MS, IDLE_TIMEOUT_MS = 5_000, 60_000


class Database:
    """Connections to one database; SQL is written as SQL, with psycopg's named parameters."""

    def __init__(self, url: str, *, connections: int = 4) -> None:
        options = (
            f"-c lock_timeout={LOCK_TIMEOUT_MS} "
            f"-c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
        )
        self._engine = create_engine(
            url,
            pool_size=connections,
            max_overflow=connections,
            pool_timeout=10,
            connect_args={"options": options, "connect_timeout": 5},
        )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commit what is done inside, or nothing of it."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise StoreUnavailable(f"Postgres: {_brief(error)}") from error
        except ProgrammingError as error:
            if isinstance(error.orig, UndefinedTable):
                words = "has not this build's schema; `botfleet db migrate` brings it"
                raise StoreUnavailable(f"The database {words}.") from error
            raise

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()


def execute(connection: Connection, sql: str, **given: Any) -> CursorResult[Any]:
    """Run one statement."""
    return connection.exec_driver_sql(sql, given)


def rows(connection: Connection, sql: str, **given: Any) -> list[Mapping[str, Any]]:
    """Run one question; give its rows by column."""
    return [dict(row) for row in connection.exec_driver_sql(sql, given).mappings()]


def columns(values: Iterable[Mapping[str, Any]], names: str) -> dict[str, list[Any]]:
    """Turn rows into one array a column, for `unnest`."""
    listed = list(values)
    return {name: [value[name] for value in listed] for name in names.split()}


def _brief(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().partition("\n")[0]
