"""One engine a process; a transaction that cannot be had is `StoreUnavailable`.

The fleet's own processes see every user's rows. A door, a process that speaks for one user at a
time, is in a role that sees and changes the rows of whom it `act_as`: Postgres holds it to that
whatever a query forgets, and shows nothing where nobody was named.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any
from uuid import UUID

import psycopg
from psycopg.errors import UndefinedTable
from sqlalchemy import Connection, CursorResult, create_engine
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from botfleet.adapters.postgres.arrays import ArrayDumper
from botfleet.errors import StoreUnavailable

#: How long one waits for a lock, for a word in a transaction, to be let in, and for a connection.
LOCK_TIMEOUT_MS, IDLE_TIMEOUT_MS, CONNECT_S_MAX, TURN_S_MAX = 5_000, 60_000, 5, 10
#: The role of a door; the migrations make it.
DOOR = "botfleet_door"
#: Holds until the transaction ends, so a connection of the pool remembers nobody.
_FOR = "SELECT set_config('botfleet.user', %(user)s, true)"
_ACTS_AS: ContextVar[UUID | None] = ContextVar("acts_as", default=None)


def act_as(user: UUID | None) -> None:
    """Let what this request does from here on be done for `user`; of None, for nobody."""
    _ACTS_AS.set(user)


class Database:
    """Connections to one database; SQL is written as SQL, with psycopg's named parameters.

    With a `role`, it is that role's rows that are seen, and only those of whom one acts as.
    """

    def __init__(self, url: str, *, connections: int = 4, role: str | None = None) -> None:
        self._role = role
        options = (
            f"-c lock_timeout={LOCK_TIMEOUT_MS} "
            f"-c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
            + (f" -c role={role}" if role else "")
        )
        self._engine = create_engine(
            url,
            pool_size=connections,
            max_overflow=connections,
            pool_timeout=TURN_S_MAX,
            connect_args={"options": options, "connect_timeout": CONNECT_S_MAX},
        )
        listen(self._engine, "connect", _teach)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commit what is done inside, or nothing of it."""
        try:
            with self._engine.begin() as connection:
                if self._role:
                    user = _ACTS_AS.get()
                    execute(connection, _FOR, user=str(user) if user else "")
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


class Tally:
    """Counts this process's statements, whichever thread sends them."""

    def __init__(self) -> None:
        self._lock, self._count = Lock(), 0

    def add(self) -> None:
        """Count one."""
        with self._lock:
            self._count += 1

    def taken(self) -> int:
        """Give how many there were since this was asked last."""
        with self._lock:
            count, self._count = self._count, 0
        return count


statements = Tally()


def execute(connection: Connection, sql: str, **given: Any) -> CursorResult[Any]:
    """Run one statement."""
    statements.add()
    return connection.exec_driver_sql(sql, given)


def rows(connection: Connection, sql: str, **given: Any) -> list[Mapping[str, Any]]:
    """Run one question; give its rows by column."""
    return [dict(row) for row in execute(connection, sql, **given).mappings()]


def columns(values: Iterable[Mapping[str, Any]], names: str) -> dict[str, list[Any]]:
    """Turn rows into one array a column, for `unnest`."""
    listed = list(values)
    return {name: [value[name] for value in listed] for name in names.split()}


def _teach(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.adapters.register_dumper(list, ArrayDumper)


def _brief(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().partition("\n")[0]
