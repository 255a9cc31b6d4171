"""Events in Postgres: when each is due next, and the rows of work of those that are due.

An event and its next instant move on in the transaction that writes its row of work, so that none
is lost or doubled, however often somebody looks. What is due is found by an index of instants: what
is not due costs nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import groupby, takewhile
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import columns, execute, rows
from botfleet.adapters.postgres.event_rules import read_rule, write_rule
from botfleet.adapters.postgres.notices import add_notices
from botfleet.application.ports.batches import Notice
from botfleet.application.ports.work import Pointer, Work
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.mishaps import Level
from botfleet.domain.eastern import day_of, instant, wall
from botfleet.domain.ids import BotId, UserId, WorkId, derive
from botfleet.domain.market.calendar import Calendar, in_force
from botfleet.domain.schedules.agenda import Kind, too_late
from botfleet.domain.schedules.events import Moment, Once, Repeating, next_at, occurrences
from botfleet.domain.schedules.holidays import HolidayRule, observed

#: Bots a row of work, and nodes they can walk at most together; events taken in one question.
BATCH, BURDEN, TAKEN_MAX = 200, 4_000, 5_000
CHANGED = "its bot was changed just then"
NO_SEAT = "its owner has no seat in the fleet"

_ADD = """
INSERT INTO events (user_id, bot_id, automation, name, kind, rule, interval_min, next_at)
SELECT %(user)s, %(bot)s, a, n, k, r::jsonb, %(interval)s, at
FROM unnest(%(automation)s::int[], %(name)s::text[], %(kind)s::text[], %(rule)s::text[],
            %(at)s::timestamptz[]) AS v(a, n, k, r, at)
"""

_DUE = """
SELECT e.user_id, e.bot_id, e.automation, e.name, e.rule::text AS rule, e.interval_min, e.next_at,
       b.is_on, b.burden, coalesce(s.pod, 0) AS pod, coalesce(s.instance, 0) AS instance
FROM (SELECT * FROM events WHERE next_at <= %(now)s
      ORDER BY next_at, user_id, bot_id, automation LIMIT %(most)s FOR UPDATE) e
JOIN bots b USING (bot_id) LEFT JOIN seats s ON s.user_id = e.user_id
ORDER BY e.next_at, e.user_id, e.bot_id, e.automation
"""

_MOVE_ON = """
UPDATE events e SET next_at = v.at
FROM unnest(%(bot)s::uuid[], %(automation)s::int[], %(user)s::uuid[], %(at)s::timestamptz[])
     AS v(b, a, u, at)
WHERE e.user_id = v.u AND e.bot_id = v.b AND e.automation = v.a
"""

_MOVE_ALL = """
WITH moved AS (
    SELECT user_id, bot_id, automation, next_at AS was FROM events
    WHERE rule = %(rule)s::jsonb AND interval_min = %(interval_min)s
      AND (next_at > %(now)s OR (next_at IS NULL AND kind IN ('date', 'repeating')))
      AND next_at IS DISTINCT FROM %(at)s::timestamptz FOR UPDATE
)
UPDATE events e SET next_at = %(at)s FROM moved m JOIN bots b USING (bot_id)
WHERE e.user_id = m.user_id AND e.bot_id = m.bot_id AND e.automation = m.automation
RETURNING e.user_id, e.bot_id, e.automation, e.name, m.was, b.is_on
"""

_WORK = """
INSERT INTO work (work_id, kind, due_at, pod, instance, batch, bots, detail, state, why,
                  ended_real, told_real)
SELECT work_id, kind, due_at, pod, instance, batch, bots, detail, CASE WHEN why = '' THEN 'due'
       ELSE 'missed' END, why, CASE WHEN why <> '' THEN clock_timestamp() END,
       CASE WHEN %(told)s THEN clock_timestamp() ELSE '-infinity' END
FROM jsonb_to_recordset(%(rows)s::jsonb) AS v(work_id uuid, kind text, due_at timestamptz, pod int,
     instance int, batch int, bots uuid[], detail jsonb, why text)
ON CONFLICT (work_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Happening:
    """One occurrence of one automation's event, where it is worked, and why it is not, if so."""

    at: datetime
    pod: int
    instance: int
    user: UserId
    bot: BotId
    automation: int
    name: str
    why: str = ""
    burden: int = 0


def plan(
    connection: Connection, bot: BotId, user: UserId, definition: Definition, now: datetime
) -> None:
    """Keep what starts a bot's automations, in place of what did; nothing past comes due.

    What had come due and was not routed yet is missed, and its owner told.
    """
    sql = """SELECT e.*, b.burden, 0 AS pod, 0 AS instance FROM events e JOIN bots b USING (bot_id)
             WHERE e.bot_id = %(bot)s AND e.next_at <= %(now)s AND b.is_on FOR UPDATE OF e"""
    lost = [
        replace(_happening(row, row["next_at"], now), why=CHANGED)
        for row in rows(connection, sql, bot=bot, now=now)
    ]
    _write(connection, lost, now, is_told=True)
    execute(connection, "DELETE FROM events WHERE bot_id = %(bot)s", bot=bot)
    interval = definition.interval_min
    planned = [
        {
            "automation": i,
            "name": one.name,
            "kind": one.kind,
            "rule": write_rule(one.event),
            "at": next_at(one.event, now, interval_min=interval),
        }
        for i, one in enumerate(definition.automations)
        if one.event is not None
    ]
    if planned:
        given = columns(planned, "automation name kind rule at")
        execute(connection, _ADD, bot=bot, user=user, interval=interval, **given)


def plan_again(connection: Connection, bot: BotId, now: datetime) -> None:
    """Let nothing come due that did before `now`: the bot was off, or nobody routed."""
    sql = """SELECT user_id, bot_id, automation, rule::text AS rule, interval_min
             FROM events WHERE bot_id = %(bot)s FOR UPDATE"""
    found = rows(connection, sql, bot=bot)
    if found:
        _move_on(connection, found, [_next(row, now) for row in found])


def plan_anew(connection: Connection, now: datetime, why: str) -> None:
    """Have every event come due as the calendar in force has it; equal rules move together.

    What can no longer run before the day that closed, as its rule would have it, is missed.
    """
    sql = """SELECT DISTINCT rule::text AS rule, interval_min FROM events
             WHERE next_at > %(now)s OR (next_at IS NULL AND kind IN ('date', 'repeating'))"""
    for row in rows(connection, sql, now=now):
        given = {**row, "now": now, "at": _next(row, now)}
        moved = rows(connection, _MOVE_ALL, **given)
        lost = [
            Happening(
                one["was"], 0, 0, one["user_id"], one["bot_id"], one["automation"], one["name"], why
            )
            for one in moved
            if one["is_on"] and one["was"] and _is_lost(row["rule"], one["was"], now)
        ]
        _write(connection, sorted(lost, key=_order), now, is_told=True)


def _is_lost(rule: str, was: datetime, now: datetime) -> bool:
    """Say whether an occurrence was to move to a session that is over."""
    event = read_rule(rule)
    if not isinstance(event, Once | Repeating) or event.holiday is not HolidayRule.BEFORE:
        return False
    day = observed(day_of(was), event.at, event.holiday)
    return day is None or instant(day, event.at) <= now


def start(connection: Connection, bot: BotId, now: datetime) -> None:
    """Let a bot's `now` events happen: it was turned on. In a closed market its owner is told."""
    sql = """SELECT e.user_id, e.bot_id, e.automation, e.name, b.burden, s.pod, s.instance
             FROM events e JOIN bots b USING (bot_id) LEFT JOIN seats s ON s.user_id = e.user_id
             WHERE e.bot_id = %(bot)s AND e.kind = %(now)s ORDER BY e.automation"""
    found = rows(connection, sql, bot=bot, now=Moment.NOW.value)
    _write(connection, [_happening(row, now, now) for row in found], now, is_told=False)


def due(connection: Connection, now: datetime) -> list[Mapping[str, Any]]:
    """Find events that are due, the oldest first, and hold them."""
    return rows(connection, _DUE, now=now, most=TAKEN_MAX)


def route(connection: Connection, now: datetime) -> list[Pointer]:
    """Write rows for every event that came due up to `now`, and move the events on."""
    pointers: list[Pointer] = []
    while found := due(connection, now):
        come = [one for row in found if row["is_on"] for one in _come(row, now)]
        pointers += _write(connection, sorted(come, key=_order), now, is_told=True)
        _move_on(connection, found, [_next(row, now) for row in found])
    return pointers


def _write(
    connection: Connection, come: Sequence[Happening], now: datetime, *, is_told: bool
) -> list[Pointer]:
    """Write happenings, in their order, as rows of work; tell owners of those too late to do."""
    made = list(_rows(come))
    if made:
        execute(connection, _WORK, rows=json.dumps(made, default=str), told=is_told)
    lost = [one for one in come if one.why]
    if lost:
        add_notices(connection, [_notice(one) for one in lost], now)
    return [
        Pointer(WorkId(row["work_id"]), row["pod"], row["instance"])
        for row in made
        if not row["why"]
    ]


def tell_missed(connection: Connection, work: Work, why: str, at: datetime) -> None:
    """Tell owners that what a row was to start was not started."""
    sql = "SELECT bot_id, user_id FROM bots WHERE bot_id = ANY(%(bots)s::uuid[])"
    message = f"What {work.detail.get('cause', work.kind)} was to start was not run: {why}."
    told = [
        Notice(row["user_id"], row["bot_id"], Level.WARNING, "missed", message, f"{work.work_id}")
        for row in rows(connection, sql, bots=list(work.bots))
    ]
    add_notices(connection, told, at)


def _come(row: Mapping[str, Any], now: datetime) -> Iterator[Happening]:
    """Give every occurrence since the one that was next, up to `now`."""
    yield _happening(row, row["next_at"], now)
    for at in _later(row["rule"], row["interval_min"], row["next_at"], now):
        yield _happening(row, at, now)


def _happening(row: Mapping[str, Any], at: datetime, now: datetime) -> Happening:
    why = too_late(Kind.EVENT, at, now) or ("" if row["pod"] else NO_SEAT)
    place = (row["pod"] or 0, row["instance"] or 0)
    who = (row["user_id"], row["bot_id"], row["automation"], row["name"])
    return Happening(at, *place, *who, why, row["burden"])


def _later(rule: str, interval_min: int, after: datetime, now: datetime) -> tuple[datetime, ...]:
    return _later_under(in_force(), rule, interval_min, after, now)


@lru_cache(maxsize=4096)
def _later_under(
    _: Calendar, rule: str, interval_min: int, after: datetime, now: datetime
) -> tuple[datetime, ...]:
    found = occurrences(read_rule(rule), after, interval_min=interval_min)
    come = takewhile(lambda one: one.at is None or one.at <= now, found)
    return tuple(one.at for one in come if one.at is not None)


def _next(row: Mapping[str, Any], now: datetime) -> datetime | None:
    return _next_under(in_force(), row["rule"], row["interval_min"], now)


@lru_cache(maxsize=4096)
def _next_under(_: Calendar, rule: str, interval_min: int, after: datetime) -> datetime | None:
    return next_at(read_rule(rule), after, interval_min=interval_min)


def _move_on(
    connection: Connection, found: Sequence[Mapping[str, Any]], at: Sequence[datetime | None]
) -> None:
    execute(
        connection,
        _MOVE_ON,
        user=[row["user_id"] for row in found],
        bot=[row["bot_id"] for row in found],
        automation=[row["automation"] for row in found],
        at=list(at),
    )


def _order(one: Happening) -> tuple[object, ...]:
    return one.at, one.pod, one.instance, one.why, one.user, one.bot, one.automation


def _rows(come: Sequence[Happening]) -> Iterator[dict[str, Any]]:
    """Join what falls on one instant at one instance, some bots a row."""
    for (at, pod, instance, why), some in groupby(
        come, lambda one: (one.at, one.pod, one.instance, one.why)
    ):
        for n, part in enumerate(_batches(some)):
            automations = {str(ones[0].bot): [one.automation for one in ones] for ones in part}
            yield {
                "work_id": derive("work", "event", at, pod, instance, n, why, automations),
                "kind": Kind.EVENT.value,
                "due_at": at.isoformat(),
                "pod": pod,
                "instance": instance,
                "batch": n,
                "bots": list(automations),
                "detail": {"automations": automations, "cause": f"event/{at.isoformat()}"},
                "why": why,
            }


def _batches(some: Iterable[Happening]) -> Iterator[list[list[Happening]]]:
    """Part bots, each with its happenings, into rows; users take turns, bot by bot."""
    bots = [list(ones) for _, ones in groupby(some, lambda one: one.bot)]
    turns = [
        (turn, ones[0].user, ones)
        for _, theirs in groupby(bots, lambda ones: ones[0].user)
        for turn, ones in enumerate(theirs)
    ]
    batch, burden = list[list[Happening]](), 0
    for _, _, ones in sorted(turns, key=lambda one: one[:2]):
        if batch and (len(batch) == BATCH or burden + ones[0].burden > BURDEN):
            yield batch
            batch, burden = [], 0
        batch.append(ones)
        burden += ones[0].burden
    if batch:
        yield batch


def _notice(one: Happening) -> Notice:
    clock = f"{wall(one.at):%A, %d %B %Y, %H:%M}"
    message = f"{one.name}, due {clock} Eastern, was not run: {one.why}."
    cause = f"missed/{one.automation}/{one.at.isoformat()}"
    return Notice(one.user, one.bot, Level.WARNING, "missed", message, cause)
