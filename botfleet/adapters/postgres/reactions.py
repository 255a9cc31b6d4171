"""What an opened or closed position starts, written in the transaction that books it.

So a reaction exists if and only if its cause does, and once: its row is named by the position and
what it did. A chain of them is bounded, and so is a day's number of them a bot; what goes beyond is
written down as skipped, and its owner told (E13).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import execute, rows
from botfleet.adapters.postgres.events import NO_SEAT
from botfleet.adapters.postgres.notices import add_notices
from botfleet.application.ports.batches import Notice
from botfleet.domain.bots.chains import BUDGET_MAX, CHAIN_MAX
from botfleet.domain.bots.mishaps import level_of
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId, PositionId, RunId, UserId, derive
from botfleet.domain.schedules.agenda import Kind, too_late
from botfleet.domain.schedules.events import Transition

_WAITING = """
SELECT e.bot_id, e.kind, e.automation, e.rule->'structures' AS structures, b.version, s.pod,
       s.instance
FROM events e JOIN bots b USING (bot_id) LEFT JOIN seats s ON s.user_id = e.user_id
WHERE e.bot_id = ANY(%(bots)s::uuid[]) AND e.kind IN ('position_opened', 'position_closed')
  AND b.is_on
ORDER BY e.automation
"""

_DEPTH = """
SELECT coalesce((w.detail->>'depth')::int, 0)
FROM runs r JOIN work w USING (work_id) WHERE r.run_id = %(run)s
"""

_COUNT = """
UPDATE bots SET reacted_n = CASE WHEN reacted_on = %(day)s THEN reacted_n ELSE 0 END + 1,
                reacted_on = %(day)s
WHERE bot_id = %(bot)s RETURNING reacted_n
"""

_WRITE = """
INSERT INTO work (work_id, kind, due_at, pod, instance, batch, bots, detail, state, why, told_real,
                  ended_real, given_up_at)
VALUES (%(work)s, %(kind)s, %(now)s, %(pod)s, %(instance)s, 0, ARRAY[%(bot)s]::uuid[],
        %(detail)s::jsonb, %(state)s, %(why)s, '-infinity',
        CASE WHEN %(state)s = 'due' THEN NULL ELSE clock_timestamp() END,
        CASE WHEN %(state)s = 'due' THEN NULL ELSE %(now)s::timestamptz END)
ON CONFLICT (work_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Booked:
    """What a position of a bot has just done, and the run whose order did it."""

    transition: Transition
    position: PositionId
    structure: str
    user: UserId
    bot: BotId
    run: RunId | None = None


def react(connection: Connection, booked: Sequence[Booked], now: datetime) -> None:
    """Start what waits for each of these: automations of its bot, in one row of work."""
    if not booked:
        return
    waiting: dict[tuple[BotId, str], list[Mapping[str, Any]]] = {}
    for row in rows(connection, _WAITING, bots=list({one.bot for one in booked})):
        waiting.setdefault((row["bot_id"], row["kind"]), []).append(row)
    for one in booked:
        some = waiting.get((one.bot, f"position_{one.transition}"), ())
        fitting = [row for row in some if one.structure in (row["structures"] or [one.structure])]
        if fitting:
            _start(connection, one, fitting, now)


def _start(
    connection: Connection, booked: Booked, waiting: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    depth = _depth(connection, booked.run) + 1
    state, why = _judge(connection, booked, depth, waiting[0], now)
    cause = f"{booked.transition}/{booked.position}"
    detail = {
        "automations": {str(booked.bot): [row["automation"] for row in waiting]},
        "cause": cause,
        str(booked.transition): str(booked.position),
        "depth": depth,
        "versions": {str(booked.bot): waiting[0]["version"]},
    }
    execute(
        connection,
        _WRITE,
        work=derive("work", "resultant", cause),
        kind=Kind.RESULTANT.value,
        now=now,
        pod=waiting[0]["pod"] or 0,
        instance=waiting[0]["instance"] or 0,
        bot=booked.bot,
        detail=json.dumps(detail),
        state=state,
        why=why,
    )
    if why:
        code = "event_loop" if state == "skipped" else "missed"
        message = f"What a position that has {booked.transition} was to start was not run: {why}."
        notice = Notice(booked.user, booked.bot, level_of(code), code, message, f"{code}/{cause}")
        add_notices(connection, [notice], now)


def _depth(connection: Connection, run: RunId | None) -> int:
    return execute(connection, _DEPTH, run=run).scalar_one_or_none() or 0


def _judge(
    connection: Connection,
    booked: Booked,
    depth: int,
    place: Mapping[str, Any],
    now: datetime,
) -> tuple[str, str]:
    """Give the state its row begins in, and why it is not to be done, if so."""
    if late := too_late(Kind.RESULTANT, now, now):
        return "missed", late
    if place["pod"] is None:
        return "missed", NO_SEAT
    if depth > CHAIN_MAX:
        return "skipped", f"{CHAIN_MAX} events had followed one from another"
    count = execute(connection, _COUNT, bot=booked.bot, day=day_of(now)).scalar_one()
    if count > BUDGET_MAX:
        return "skipped", f"the bot had {BUDGET_MAX} of them today"
    return "due", ""
