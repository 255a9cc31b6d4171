"""What bots remember, in Postgres: read in one question, changed in a batch's one commit.

A run's changes are folded to one statement a kind: counters are added to, not overwritten, so that
a click and a mark that commit side by side both count. Rows are taken in one order.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import execute, rows
from botfleet.adapters.postgres.shapes import write_exits
from botfleet.application.ports.batches import NewExits, Remembering
from botfleet.domain.ids import BotId
from botfleet.domain.trees.memory import Change, Mark, Memory, Remembered, Verb

_POSITION = "position:"


def recall(connection: Connection, bots: Sequence[BotId]) -> dict[BotId, Memory]:
    """Give what each of these bots remembers."""
    found: dict[BotId, list[Remembered]] = {bot: [] for bot in bots}
    sql = """SELECT bot_id, mark, subject, name, number, since FROM memories
             WHERE bot_id = ANY(%(bots)s::uuid[]) ORDER BY bot_id, mark, subject, name"""
    for row in rows(connection, sql, bots=list(bots)):
        one = Remembered(
            Mark(row["mark"]), row["subject"], row["name"], row["number"], row["since"]
        )
        found[row["bot_id"]].append(one)
    return {bot: Memory(tuple(marks)) for bot, marks in found.items()}


def keep(connection: Connection, runs: Iterable[Remembering], at: datetime) -> None:
    """Apply what runs ask to be remembered, each run's changes in their order."""
    for run in sorted(runs, key=lambda one: (one.bot_id, one.run_id)):
        for change in run.changes:
            _change(connection, run, change)
        _hold(connection, run, at)


def _change(connection: Connection, run: Remembering, change: Change) -> None:
    if change.mark is not Mark.TAG:
        _count(connection, run, change)
    elif change.subject.startswith(_POSITION):
        _tag_position(connection, run, change)
    else:
        _tag(connection, run, change)


def _of(run: Remembering, change: Change) -> dict[str, Any]:
    return {
        "user": run.user_id,
        "bot": run.bot_id,
        "mark": change.mark.value,
        "subject": change.subject,
        "names": sorted(change.names),
        "number": change.number,
    }


def _count(connection: Connection, run: Remembering, change: Change) -> None:
    kept = "memories.number + " if change.verb is Verb.ADD else ""
    execute(
        connection,
        f"""INSERT INTO memories (user_id, bot_id, mark, subject, name, number)
            SELECT %(user)s, %(bot)s, %(mark)s, %(subject)s, n, %(number)s
            FROM unnest(%(names)s::text[]) AS v(n)
            ON CONFLICT (user_id, bot_id, mark, subject, name)
            DO UPDATE SET number = {kept}excluded.number""",
        **_of(run, change),
    )


def _tag(connection: Connection, run: Remembering, change: Change) -> None:
    if change.verb is not Verb.TAG:
        which = "AND name = ANY(%(names)s::text[])" if change.verb is Verb.UNTAG else ""
        execute(
            connection,
            f"""DELETE FROM memories WHERE user_id = %(user)s AND bot_id = %(bot)s
                AND mark = %(mark)s AND subject = %(subject)s {which}""",
            **_of(run, change),
        )
    if change.verb is not Verb.UNTAG:
        execute(
            connection,
            """INSERT INTO memories (user_id, bot_id, mark, subject, name)
               SELECT %(user)s, %(bot)s, %(mark)s, %(subject)s, n
               FROM unnest(%(names)s::text[]) AS v(n) ON CONFLICT DO NOTHING""",
            **_of(run, change),
        )


_TAGS = {
    Verb.RESET: "%(names)s::jsonb",
    Verb.UNTAG: "tags - ARRAY(SELECT jsonb_array_elements_text(%(names)s::jsonb))",
    Verb.TAG: """tags || coalesce((SELECT jsonb_agg(n) FROM jsonb_array_elements(%(names)s::jsonb)
                 AS v(n) WHERE NOT tags @> n), '[]')""",
}


def _tag_position(connection: Connection, run: Remembering, change: Change) -> None:
    execute(
        connection,
        f"""UPDATE positions SET tags = {_TAGS[change.verb]}
            WHERE position_id = %(position)s::uuid AND bot_id = %(bot)s""",
        position=change.subject.removeprefix(_POSITION),
        bot=run.bot_id,
        names=json.dumps(change.names),
    )


def _hold(connection: Connection, run: Remembering, at: datetime) -> None:
    if not run.streaks.keys:
        return
    kept = list(_streaks(run, at))
    execute(
        connection,
        """DELETE FROM memories WHERE user_id = %(user)s AND bot_id = %(bot)s AND mark = 'streak'
           AND name = ANY(%(keys)s::text[])""",
        user=run.user_id,
        bot=run.bot_id,
        keys=sorted(run.streaks.keys),
    )
    execute(
        connection,
        """INSERT INTO memories (user_id, bot_id, mark, subject, name, since)
           SELECT %(user)s, %(bot)s, 'streak', s, n, a
           FROM unnest(%(subject)s::text[], %(name)s::text[], %(since)s::timestamptz[])
                AS v(s, n, a) ON CONFLICT DO NOTHING""",
        user=run.user_id,
        bot=run.bot_id,
        subject=[subject for subject, _, _ in kept],
        name=[name for _, name, _ in kept],
        since=[since for _, _, since in kept],
    )


def _streaks(run: Remembering, at: datetime) -> Iterator[tuple[str, str, datetime]]:
    for one in run.streaks.held:
        yield one.subject, one.name, one.since or at


def set_exits(connection: Connection, exits: Sequence[NewExits]) -> None:
    """Give positions that are still held other exits; the last of several for one counts."""
    last = {one.position_id: write_exits(one.exits) for one in exits}
    execute(
        connection,
        """UPDATE positions p SET exits = v.exits::jsonb
           FROM unnest(%(position)s::uuid[], %(exits)s::text[]) AS v(id, exits)
           WHERE p.position_id = v.id AND p.state IN ('opening', 'open')""",
        position=list(last),
        exits=list(last.values()),
    )
