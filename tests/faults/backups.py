"""A backup of the whole database, and its restore: every row and counter as it was."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from botfleet.adapters.postgres.database import Database, rows

_TABLES = """
SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = current_schema() ORDER BY 1
"""
_COUNTERS = "SELECT schemaname || '.' || sequencename AS name, last_value FROM pg_sequences"


@dataclass(frozen=True)
class Backup:
    """What stood in each table, as COPY wrote it, and where each counter stood."""

    tables: dict[str, bytes]
    counters: dict[str, int | None]

    @classmethod
    def of(cls, database: Database) -> "Backup":
        with database.transaction() as connection:
            names = [row["name"] for row in rows(connection, _TABLES)]
            counters = {row["name"]: row["last_value"] for row in rows(connection, _COUNTERS)}
            cursor = _cursor(connection)
            tables = {}
            for name in names:
                with cursor.copy(f"COPY {name} TO STDOUT (FORMAT binary)") as out:
                    tables[name] = b"".join(bytes(part) for part in out)
        return cls(tables, counters)

    def restore(self, database: Database) -> None:
        with database.transaction() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(f"TRUNCATE {', '.join(self.tables)}"))
            cursor = _cursor(connection)
            for name, body in self.tables.items():
                with cursor.copy(f"COPY {name} FROM STDIN (FORMAT binary)") as into:
                    into.write(body)
            for name, value in self.counters.items():
                is_used = "true" if value is not None else "false"
                connection.execute(text(f"SELECT setval('{name}', {value or 1}, {is_used})"))


def _cursor(connection: Any) -> Any:
    return connection.connection.driver_connection.cursor()
