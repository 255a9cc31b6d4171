"""Which schema a database has, and whether this build can serve it.

Schemas grow first and shrink later: a step only adds, so that the builds before it go on serving
while they are replaced; what nobody reads any more is taken away by a later release, and that step
says since which schema builds can live without it (`serve_since`). A build that finds a schema
older than its own waits for the migration; one that the schema has left behind refuses.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import Database, rows
from botfleet.errors import BadInput, StoreUnavailable

#: Nothing tells that another process has migrated.
_GLANCE_S = 1.0
_STEP = re.compile(r"m(\d{4})_\w+\.py")


@dataclass(frozen=True, slots=True)
class Version:
    """The schema of a database, of this build, and the oldest whose builds may serve it."""

    database: str
    build: str
    oldest: str

    def check(self) -> None:
        """See that this build can serve this database.

        Raises:
            StoreUnavailable: not yet; a migration brings it.
            BadInput: not any more.
        """
        if self.database < self.build:
            raise StoreUnavailable(
                f"The database has schema {self.database} and this build needs {self.build}: "
                "`botfleet db migrate` brings it."
            )
        if self.build < self.oldest:
            raise BadInput(
                f"The database has schema {self.database}, served by builds of {self.oldest} and "
                f"later; this one is of {self.build}: install a newer build."
            )


@cache
def of_build() -> str:
    """Give the newest step this build brings."""
    versions = resources.files("botfleet.adapters.postgres.migrations") / "versions"
    return max(found[1] for file in versions.iterdir() if (found := _STEP.fullmatch(file.name)))


def version(database: Database) -> Version:
    """Look at a database.

    Raises:
        StoreUnavailable: it does not answer, or has no schema, or one before they were numbered so.
    """
    with database.transaction() as connection:
        return found(connection)


def found(connection: Connection) -> Version:
    """Look at the database of a connection."""
    sql = "SELECT version_num, oldest FROM alembic_version, served_schemas"
    (row,) = rows(connection, sql)
    return Version(row["version_num"], of_build(), row["oldest"])


def wait_until_served(database: Database, tell: Callable[[str], None]) -> None:
    """Wait until this build can serve the database; `tell` hears each reason once.

    Raises:
        BadInput: it never will.
    """
    told = ""
    while True:
        try:
            return version(database).check()
        except StoreUnavailable as reason:
            if str(reason) != told:
                told = str(reason)
                tell(told)
            time.sleep(_GLANCE_S)
