"""When each event comes due next: as its bot is defined, turned on, or the calendar changed.

The day an occurrence is of, by its rule, is kept beside its instant: where the calendar moves a
day, what ran on another day in its place does not run again.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres import events, stints
from botfleet.adapters.postgres.database import columns, execute, rows
from botfleet.adapters.postgres.event_rules import read_rule, write_rule
from botfleet.domain.bots.bot import Definition
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.ids import AccountId, BotId, UserId
from botfleet.domain.schedules.agenda import OFF
from botfleet.domain.schedules.events import (
    Bell,
    Moment,
    Once,
    Repeating,
    as_written,
    next_occurrence,
    rung_by,
)
from botfleet.domain.schedules.holidays import HolidayRule, observed
from botfleet.domain.schedules.hours import Hours

CHANGED = "its bot was changed just then"

_ADD = """
INSERT INTO events (user_id, bot_id, automation, name, kind, rule, next_at, next_on, done_on)
SELECT %(user)s, %(bot)s, a, n, k, r::jsonb, at, o, d
FROM unnest(%(automation)s::int[], %(name)s::text[], %(kind)s::text[], %(rule)s::text[],
            %(at)s::timestamptz[], %(on_day)s::date[], %(done)s::date[]) AS v(a, n, k, r, at, o, d)
"""

_OF_BOT = f"""
SELECT e.user_id, e.bot_id, e.automation, e.name, e.kind, e.rule::text AS rule,
       e.next_at, e.next_on, e.done_on, {events.OFF_AT} AS until,
       b.burden, b.version, coalesce(s.pod, 0) AS pod, coalesce(s.instance, 0) AS instance
FROM events e JOIN bots b USING (bot_id) LEFT JOIN seats s ON s.user_id = e.user_id
WHERE e.bot_id = %(bot)s ORDER BY e.automation FOR UPDATE OF e
"""

_RING_BY = """
UPDATE events e SET rule = %(rule)s::jsonb,
    next_at = CASE WHEN next_at < %(tomorrow)s THEN next_at ELSE %(at)s END,
    next_on = CASE WHEN next_at < %(tomorrow)s THEN next_on ELSE %(on_day)s END
FROM bots b WHERE b.bot_id = e.bot_id AND b.account_id = %(account)s AND e.kind = %(kind)s
"""

_MOVE_ALL = """
WITH moved AS (
    SELECT user_id, bot_id, automation, next_at AS was, next_on AS was_on FROM events
    WHERE rule = %(rule)s::jsonb
      AND done_on IS NOT DISTINCT FROM %(done_on)s::date
      AND (next_at > %(now)s OR (next_at IS NULL AND kind IN ('date', 'repeating')))
      AND next_at IS DISTINCT FROM %(at)s::timestamptz FOR UPDATE
)
UPDATE events e SET next_at = %(at)s, next_on = %(on_day)s FROM moved m JOIN bots b USING (bot_id)
WHERE e.user_id = m.user_id AND e.bot_id = m.bot_id AND e.automation = m.automation
RETURNING e.user_id, e.bot_id, e.automation, e.name, e.kind, m.was, m.was_on, b.is_on, b.burden,
          b.version, 0 AS pod, 0 AS instance
"""


def plan(
    connection: Connection, bot: BotId, user: UserId, definition: Definition, now: datetime
) -> None:
    """Keep what starts a bot's automations, in place of what did; nothing past comes due.

    What had come due and was not routed yet is missed, and its owner told.
    """
    before = rows(connection, _OF_BOT, bot=bot, now=now)
    events.write_off(connection, _due(before, now), CHANGED, now)
    stints.end(connection, [bot], now)
    execute(connection, "DELETE FROM events WHERE bot_id = %(bot)s", bot=bot)
    done = {(row["name"], _same(row["rule"])): _done(row, now) for row in before}
    planned = list(_planned(definition, _hours(connection, bot), done, now))
    if planned:
        given = columns(planned, "automation name kind rule at on_day done")
        execute(connection, _ADD, bot=bot, user=user, **given)
        stints.begin(connection, bot, now)


def plan_again(connection: Connection, bot: BotId, now: datetime) -> None:
    """Let nothing come due that did before `now`: the bot was off, or nobody routed."""
    found = rows(connection, _OF_BOT, bot=bot, now=now)
    if found:
        events.write_off(connection, _due(found, now), OFF, now)
        events.move_on(connection, found, [_done(row, now) for row in found], now)
        stints.begin(connection, bot, now)


def plan_anew(connection: Connection, now: datetime, why: str) -> None:
    """Have every event come due as the calendar in force has it; equal rules move together.

    What can no longer run before the day that closed, as its rule would have it, is missed; so is
    what was to run later on this day, if its rule skips.
    """
    sql = """SELECT DISTINCT rule::text AS rule, done_on FROM events
             WHERE next_at > %(now)s OR (next_at IS NULL AND kind IN ('date', 'repeating'))"""
    for row in rows(connection, sql, now=now):
        coming = events.following(row, now, row["done_on"])
        to = {"at": coming.at, "on_day": coming.day if coming.at else None}
        lost = [
            events.happening(one, one["was"], now, why)
            for one in rows(connection, _MOVE_ALL, **row, **to, now=now)
            if one["is_on"] and one["was"] and _is_lost(row["rule"], one["was_on"], now)
        ]
        events.write(connection, sorted(lost, key=events.order), now, is_told=True)


def ring_by(connection: Connection, account: AccountId, hours: Hours, now: datetime) -> None:
    """Have the market's open and close events of an account's bots come where its hours say.

    Those of this day stay where they were, so none comes twice or not at all.
    """
    tomorrow = instant(day_of(now) + timedelta(days=1), time())
    for moment in (Moment.OPEN, Moment.CLOSE):
        given = {"account": account, "kind": moment.value, "rule": write_rule(Bell(moment, hours))}
        coming = next_occurrence(Bell(moment, hours), tomorrow)
        at, on = (coming.at, coming.day) if coming else (None, None)
        execute(connection, _RING_BY, **given, tomorrow=tomorrow, at=at, on_day=on)
        stints.turn(connection, account, moment, tomorrow)


def start(connection: Connection, bot: BotId, now: datetime) -> None:
    """Let a bot's `now` events happen: it was turned on. In a closed market its owner is told."""
    found = rows(connection, _OF_BOT, bot=bot, now=now)
    happening = [
        events.happening(row, now, now) for row in found if row["kind"] == Moment.NOW.value
    ]
    events.write(connection, happening, now, is_told=False)


def _hours(connection: Connection, bot: BotId) -> Hours:
    sql = """SELECT hours_begin, hours_end_min FROM accounts JOIN bots USING (account_id)
             WHERE bot_id = %(bot)s"""
    (row,) = rows(connection, sql, bot=bot)
    return Hours(row["hours_begin"], row["hours_end_min"])


def _planned(
    definition: Definition,
    hours: Hours,
    done: dict[tuple[str, str], date | None],
    now: datetime,
) -> Iterator[dict[str, Any]]:
    for i, one in enumerate(definition.automations):
        if one.event is None:
            continue
        event = rung_by(one.event, hours)
        day = done.get((one.name, write_rule(one.event)))
        coming = next_occurrence(event, now, done=day)
        yield {
            "automation": i,
            "name": one.name,
            "kind": one.kind,
            "rule": write_rule(event),
            "at": coming and coming.at,
            "on_day": coming and coming.day,
            "done": day,
        }


def _same(rule: str) -> str:
    """Write a rule that Postgres kept as its bot's author means it."""
    return write_rule(as_written(read_rule(rule)))


def _due(found: list[events.Row], now: datetime) -> list[events.Row]:
    return [row for row in found if row["next_at"] and row["next_at"] <= now]


def _done(row: events.Row, now: datetime) -> date | None:
    """Give the last day of an event that has been, or was missed just now."""
    gone: date | None = events.last_day(row) if row in _due([row], now) else None
    return gone or row["done_on"]


def _is_lost(rule: str, day: date, now: datetime) -> bool:
    """Say whether the occurrence of a day, this one if it is skipped, can run on no session now."""
    event = read_rule(rule)
    if not isinstance(event, Once | Repeating) or event.holiday is HolidayRule.AFTER:
        return False
    if event.holiday is HolidayRule.SKIP:
        return day == day_of(now)
    on = observed(day, event.at, event.holiday)
    return on is None or instant(on, event.at) <= now
