"""What a Postgres must promise before a fleet trusts it with orders: a commit is kept.

And what its clock shows, for whoever holds it beside another.
"""

from collections.abc import Iterator, Sequence

from botfleet.adapters.postgres.database import Database, execute, rows

#: Settings, and the values with which an acknowledged commit can be lost.
_UNSAFE = {
    "fsync": {"off"},
    "full_page_writes": {"off"},
    "synchronous_commit": {"off", "local"},
}


def unsafe(database: Database) -> Sequence[str]:
    """Name every setting with which an acknowledged commit may be lost.

    Raises:
        StoreUnavailable: Postgres does not answer.
    """
    return tuple(_faults(database))


def clock_s(database: Database) -> float:
    """Give its clock in seconds since 1970.

    Raises:
        StoreUnavailable: Postgres does not answer.
    """
    with database.transaction() as connection:
        told = execute(connection, "SELECT extract(epoch FROM clock_timestamp())").scalar_one()
    return float(told)


def _faults(database: Database) -> Iterator[str]:
    with database.transaction() as connection:
        sql = "SELECT name, setting FROM pg_settings WHERE name = ANY(%(names)s)"
        found = {row["name"]: row["setting"] for row in rows(connection, sql, names=list(_UNSAFE))}
    for name, unsafe in _UNSAFE.items():
        if found.get(name) in unsafe:
            yield f"Postgres runs with {name} = {found[name]}: set it on, or commits can be lost"
