"""Asks in Postgres: rows that lapse by themselves, for nobody needs to do anything about it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import Database, columns, execute, rows
from botfleet.adapters.postgres.work import start
from botfleet.application.ports.asks import AskLine
from botfleet.application.ports.batches import AskIntent, Notice
from botfleet.application.ports.work import Pointer, Work
from botfleet.domain.bots.mishaps import Level
from botfleet.domain.eastern import wall
from botfleet.domain.ids import AskId, UserId
from botfleet.errors import NotFound, Refusal

#: An action that waits for its answer already does not ask again.
_ADD = """
INSERT INTO asks (ask_id, action, user_id, bot_id, run_id, version, words, start, asked_at,
                  lapses_at)
SELECT a, t, u, b, r, v, w, s::jsonb, %(at)s, l
FROM unnest(%(ask)s::uuid[], %(action)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[],
            %(run)s::uuid[], %(version)s::text[], %(words)s::text[], %(start)s::text[],
            %(lapses)s::timestamptz[]) AS v(a, t, u, b, r, v, w, s, l)
WHERE NOT EXISTS (SELECT FROM asks o WHERE o.action = t AND o.answer = '' AND o.lapses_at > %(at)s)
ON CONFLICT DO NOTHING RETURNING ask_id
"""

_LINES = """
SELECT a.ask_id, a.bot_id, u.name AS user, b.name AS bot, a.run_id, a.version, a.words, a.asked_at,
       a.lapses_at, a.answer, a.answered_at, a.start
FROM asks a JOIN bots b USING (bot_id) JOIN users u ON u.user_id = a.user_id
WHERE (%(user)s::uuid IS NULL OR a.user_id = %(user)s)
"""


def add_asks(connection: Connection, asks: Sequence[AskIntent], at: datetime) -> list[Notice]:
    """Write asks; give the notices of those that are new."""
    given = columns(
        (
            {
                "ask": one.ask_id,
                "action": one.action,
                "user": one.user_id,
                "bot": one.bot_id,
                "run": one.run_id,
                "version": one.version,
                "words": one.words,
                "start": json.dumps(one.start),
                "lapses": one.lapses_at,
            }
            for one in asks
        ),
        "ask action user bot run version words start lapses",
    )
    new = set(execute(connection, _ADD, at=at, **given).scalars())
    return [_notice(one) for one in asks if one.ask_id in new]


def _notice(ask: AskIntent) -> Notice:
    words = f"{ask.words}? Answer by {wall(ask.lapses_at):%H:%M} Eastern (ask {ask.ask_id})."
    return Notice(ask.user_id, ask.bot_id, Level.ASK, "ask", words, f"ask/{ask.ask_id}")


class PostgresAsks:
    """Keeps `botfleet.application.ports.asks.Asks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def asks(self, user: UserId | None, *, waiting_at: datetime | None) -> Sequence[AskLine]:
        """See the port."""
        waits = "" if waiting_at is None else "AND a.answer = '' AND a.lapses_at > %(at)s"
        sql = f"{_LINES} {waits} ORDER BY a.asked_at DESC, a.ask_id LIMIT 100"
        with self._database.transaction() as connection:
            return [_line(row) for row in rows(connection, sql, user=user, at=waiting_at)]

    def ask(self, user: UserId | None, ask: AskId) -> AskLine:
        """See the port."""
        with self._database.transaction() as connection:
            found = rows(connection, f"{_LINES} AND a.ask_id = %(ask)s", user=user, ask=ask)
        if not found:
            raise NotFound("There is no such ask.")
        return _line(found[0])

    def answer(
        self, ask: AskId, answer: str, now: datetime, work: Work | None
    ) -> tuple[bool, Pointer | None]:
        """See the port."""
        sql = """UPDATE asks SET answer = %(answer)s, answered_at = %(now)s
                 WHERE ask_id = %(ask)s AND answer = '' AND lapses_at > %(now)s"""
        with self._database.transaction() as connection:
            took = execute(connection, sql, answer=answer, now=now, ask=ask).rowcount == 1
            if not took or work is None:
                return took, None
            pointer = start(connection, work)
            if pointer is None:
                raise Refusal("The bot's owner has no seat in the fleet yet.")
            return True, pointer


def _line(row: Mapping[str, Any]) -> AskLine:
    return AskLine(**row)
