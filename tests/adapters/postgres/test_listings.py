"""A page of a listing reads about as many lines as it shows, however long the history behind it.

What Postgres read is asked of Postgres, in the role of a door: that role's fence is part of every
question, and what the planner makes of both together is what an owner waits for.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
import pytest
from sqlalchemy import event

from botfleet.adapters.postgres.database import DOOR, Database, act_as
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.application.ports.journal import Wanted
from botfleet.domain.bots.mishaps import Trouble
from botfleet.domain.ids import BotId, UserId
from tests.contracts.test_fences import Owner, door, own, url
from tests.databases import plain

__all__ = ["url"]
OWNERS, LINES, LIMIT = 60, 500, 10
#: What lists each table, the name of a line, and when it was.
LISTED = {
    "runs": ("run_id", "at"),
    "notices": ("notice_id", "at"),
    "positions": ("position_id", "opened_at"),
    "orders": ("order_id", "created_at"),
}
_MORE = """INSERT INTO {table} ({names}) SELECT {values}
           FROM {table} t, generate_series(1, {lines}) n"""
_OWN = """SELECT column_name FROM information_schema.columns
          WHERE table_name = %s AND is_identity = 'NO' AND is_generated = 'NEVER'"""


class Past(NamedTuple):
    """Users each of whose bot has done much; `journal` sees ann's, `asked` is what it asked."""

    ann: Owner
    url: str
    journal: PostgresJournal
    asked: list[tuple[str, Any]]

    def read(self, table: str, **wanted: Any) -> int:
        """List a page; give how many lines of the table were read for it."""
        self.asked.clear()
        act_as(self.ann.user)
        page = getattr(self.journal, table)(Wanted(UserId(self.ann.user), limit=LIMIT, **wanted))
        act_as(None)
        assert len(page.lines) == LIMIT
        statement, given = self.asked[-1]
        with door(self.url, self.ann.user) as connection:
            explained = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", given)
            plan = explained.fetchall()[0][0][0]["Plan"]
        return sum(lines_read(plan, table))


def lines_read(node: dict[str, Any], table: str) -> Iterator[int]:
    if node.get("Relation Name") == table:
        turned_away = node.get("Rows Removed by Filter", 0)
        yield int((node["Actual Rows"] + turned_away) * node["Actual Loops"])
    for below in node.get("Plans", []):
        yield from lines_read(below, table)


@pytest.fixture(scope="module")
def past(url: str) -> Iterator[Past]:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        ann, *_ = [own(connection, f"user {n}") for n in range(OWNERS)]
        for table, (line, at) in LISTED.items():
            names = [str(name) for (name,) in connection.execute(_OWN, [table])]
            fresh = dict.fromkeys((line, "draw_id"), "gen_random_uuid()")
            fresh |= {"wire_id": "gen_random_uuid()", at: f"t.{at} + n * interval '1 minute'"}
            fresh |= {
                "rungs": """'[["1", 1]]'""",
                "level": f"CASE WHEN n % {LINES // LIMIT} = 0 THEN 'error' ELSE '' END",
            }
            values = ", ".join(fresh.get(name, f"t.{name}") for name in names)
            given = {"names": ", ".join(names), "values": values, "lines": LINES}
            connection.execute(_MORE.format(table=table, **given))
        connection.execute("VACUUM ANALYZE")
    database, asked = Database(url, role=DOOR), list[tuple[str, Any]]()
    event.listen(
        database._engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, given, *_: asked.append((statement, given)),
    )
    yield Past(ann, url, PostgresJournal(database), asked)
    database.close()


@pytest.mark.parametrize("table", LISTED)
@pytest.mark.parametrize("whose", ["all", "a bot's"])
def test_the_newest_page_is_read_and_not_the_past_behind_it(
    past: Past, table: str, whose: str
) -> None:
    bot = None if whose == "all" else BotId(past.ann.bot)
    assert past.read(table, bot=bot) <= 3 * LIMIT
    assert past.read(table, bot=bot, before=datetime(2026, 3, 12, tzinfo=UTC)) <= 3 * LIMIT


def test_what_went_wrong_is_found_without_reading_what_went_well(past: Past) -> None:
    assert past.read("runs", trouble=Trouble.ERROR) <= 3 * LIMIT
