"""The operator's changes to the calendar in Postgres: rows that are added and never changed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from botfleet.adapters.postgres import events, plans
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.work import take_back, write_off
from botfleet.application.ports.changes import ChangeLine
from botfleet.domain.market.calendar import Act, Calendar, Change, under
from botfleet.domain.schedules.agenda import Moved

_ALL = """
SELECT version, day, act, closes, cause, who, at, made_real FROM calendar_changes ORDER BY version
"""


class PostgresChanges:
    """Keeps `botfleet.application.ports.changes.Changes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> int:
        """See the port."""
        with self._database.transaction() as connection:
            sql = "SELECT coalesce(max(version), 0) FROM calendar_changes"
            version: int = execute(connection, sql).scalar_one()
            return version

    def calendar(self) -> Calendar:
        """See the port."""
        return _calendar(self._lines())

    def history(self) -> Sequence[ChangeLine]:
        """See the port."""
        return self._lines()[::-1]

    def record(self, change: Change, who: str, moves: Callable[[datetime], Moved]) -> int:
        """See the port."""
        with self._database.transaction() as connection:
            question = "SELECT routed_at FROM fleet FOR UPDATE"
            routed_at = execute(connection, question).scalar_one_or_none()
            if routed_at is not None:
                events.route(connection, change.at, is_told=False)
                undone, coming = moves(routed_at)
                take_back(connection, coming)
                write_off(connection, undone, change.at)
            version: int = execute(
                connection,
                """INSERT INTO calendar_changes (day, act, closes, cause, who, at)
                   VALUES (%(day)s, %(act)s, %(closes)s, %(cause)s, %(who)s, %(at)s)
                   RETURNING version""",
                day=change.day,
                act=change.act.value,
                closes=change.closes,
                cause=change.cause,
                who=who,
                at=change.at,
            ).scalar_one()
            with under(_calendar([_line(row) for row in rows(connection, _ALL)])):
                plans.plan_anew(connection, change.at, f"the market is closed then: {change.cause}")
            return version

    def _lines(self) -> list[ChangeLine]:
        with self._database.transaction() as connection:
            return [_line(row) for row in rows(connection, _ALL)]


def _calendar(lines: Sequence[ChangeLine]) -> Calendar:
    return Calendar(lines[-1].version if lines else 0, [line.change for line in lines])


def _line(row: Mapping[str, Any]) -> ChangeLine:
    change = Change(row["day"], Act(row["act"]), row["cause"], row["at"], row["closes"])
    return ChangeLine(row["version"], change, row["who"], row["made_real"])
