"""Events in Postgres: what came due of them, and the rows of work of it. `plans` says when.

An event and its next instant move on in the transaction that writes its row of work, so that none
is lost or doubled, however often somebody looks. What is due is found by an index of instants: what
is not due costs nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby, takewhile
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import execute, rows
from botfleet.adapters.postgres.event_rules import read_rule
from botfleet.adapters.postgres.notices import add_notices
from botfleet.application.ports.batches import Notice
from botfleet.application.ports.work import Pointer, Work
from botfleet.domain.bots.mishaps import Level
from botfleet.domain.eastern import day_of, wall
from botfleet.domain.ids import BotId, UserId, WorkId, derive
from botfleet.domain.market.calendar import Calendar, in_force
from botfleet.domain.schedules.agenda import OFF, Kind, too_late
from botfleet.domain.schedules.events import Occurrence, next_occurrence, occurrences

Row = Mapping[str, Any]

#: Bots a row of work, and nodes they can walk at most together; events taken in one question.
BATCH, BURDEN, TAKEN_MAX = 200, 4_000, 5_000
#: As much of a definition's hash as tells a bot's apart.
TELLING = 8
NO_SEAT = "its owner has no seat in the fleet"

#: When a bot that is off was turned off; what came due until then it owes still.
OFF_AT = """(SELECT max(coalesce(t.ended_at, %(now)s)) FROM stints t
    WHERE t.bot_id = e.bot_id AND t.automation = e.automation)"""

_DUE = f"""
SELECT e.user_id, e.bot_id, e.automation, e.name, e.kind, e.rule::text AS rule,
       e.next_at, e.next_on, e.done_on, CASE WHEN b.is_on THEN %(now)s ELSE {OFF_AT} END AS until,
       CASE WHEN b.is_on THEN '' ELSE '{OFF}' END AS why,
       b.burden, b.version, coalesce(s.pod, 0) AS pod, coalesce(s.instance, 0) AS instance
FROM (SELECT * FROM events WHERE next_at <= %(now)s
      ORDER BY next_at, user_id, bot_id, automation LIMIT %(most)s FOR UPDATE) e
JOIN bots b USING (bot_id) LEFT JOIN seats s ON s.user_id = e.user_id
ORDER BY e.next_at, e.user_id, e.bot_id, e.automation
"""

_MOVE_ON = """
UPDATE events e SET next_at = v.at, next_on = v.on_day, done_on = v.done
FROM unnest(%(bot)s::uuid[], %(automation)s::int[], %(user)s::uuid[], %(at)s::timestamptz[],
            %(on_day)s::date[], %(done)s::date[]) AS v(b, a, u, at, on_day, done)
WHERE e.user_id = v.u AND e.bot_id = v.b AND e.automation = v.a
"""

_WORK = """
INSERT INTO work (work_id, kind, due_at, pod, instance, batch, bots, detail, state, why,
                  ended_real, given_up_at, told_real)
SELECT work_id, kind, due_at, pod, instance, batch, bots, detail, CASE WHEN why = '' THEN 'due'
       ELSE 'missed' END, why, CASE WHEN why <> '' THEN clock_timestamp() END,
       CASE WHEN why <> '' THEN %(now)s::timestamptz END,
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
    trigger: str
    why: str = ""
    burden: int = 0
    version: str = ""


def due(connection: Connection, now: datetime) -> list[Row]:
    """Find events that are due, the oldest first, and hold them."""
    return rows(connection, _DUE, now=now, most=TAKEN_MAX)


def route(connection: Connection, now: datetime, *, is_told: bool = True) -> list[Pointer]:
    """Write rows for every event that came due up to `now`, and move the events on.

    Who is not there to send the messages lets the sweep do it.
    """
    pointers: list[Pointer] = []
    while found := due(connection, now):
        come = [tuple(_come(row)) for row in found]
        happened = [
            happening(row, one.at, now, row["why"])
            for row, some in zip(found, come, strict=True)
            for one in some
            if one.at
        ]
        pointers += write(connection, sorted(happened, key=order), now, is_told=is_told)
        done = [some[-1].day if some else None for some in come]
        move_on(connection, found, done, now)
    return pointers


def write_off(connection: Connection, found: Sequence[Row], why: str, now: datetime) -> None:
    """Have what came due of these events and was not routed be missed; tell their owners."""
    lost = [happening(row, one.at, now, why) for row in found for one in _come(row) if one.at]
    write(connection, sorted(lost, key=order), now, is_told=True)


def write(
    connection: Connection, come: Sequence[Happening], now: datetime, *, is_told: bool
) -> list[Pointer]:
    """Write happenings, in their order, as rows of work; tell owners of those too late to do."""
    made = list(_rows(come))
    if made:
        execute(connection, _WORK, rows=json.dumps(made, default=str), told=is_told, now=now)
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


def _come(row: Row) -> Iterator[Occurrence]:
    """Give every occurrence since the one that was next, until its bot went off or now."""
    if row["until"] is None or row["next_at"] > row["until"]:
        return
    yield Occurrence(row["next_on"], row["next_at"])
    stretch = (row["next_at"], row["until"], row["next_on"])
    yield from _later(in_force(), row["rule"], *stretch)


def last_day(row: Row) -> date | None:
    """Give the day of the last occurrence of an event that came due; None where none did."""
    return max((one.day for one in _come(row)), default=None)


def happening(row: Row, at: datetime, now: datetime, why: str = "") -> Happening:
    """Give an occurrence of an event, with why it is not to be done, if so."""
    why = why or too_late(Kind.EVENT, at, now) or ("" if row["pod"] else NO_SEAT)
    place = (row["pod"] or 0, row["instance"] or 0)
    who = (row["user_id"], row["bot_id"], row["automation"], row["name"], row["kind"])
    return Happening(at, *place, *who, why, row["burden"], row["version"])


@lru_cache(maxsize=4096)
def _later(
    _: Calendar, rule: str, after: datetime, until: datetime, done: date
) -> tuple[Occurrence, ...]:
    found = occurrences(read_rule(rule), after, done=done)
    come = takewhile(lambda one: one.at is None or one.at <= until, found)
    return tuple(one for one in come if one.at is not None)


def following(row: Row, now: datetime, done: date | None) -> Occurrence:
    """Give what an event comes to next; where it never does, an occurrence of no instant."""
    return _following(in_force(), row["rule"], now, done)


@lru_cache(maxsize=4096)
def _following(_: Calendar, rule: str, after: datetime, done: date | None) -> Occurrence:
    found = next_occurrence(read_rule(rule), after, done=done)
    return found or Occurrence(day_of(after), None)


def move_on(
    connection: Connection, found: Sequence[Row], done: Sequence[date | None], now: datetime
) -> None:
    """Have events come due at their next instants; of those that came, `done` is the last day."""
    days = [new or row["done_on"] for row, new in zip(found, done, strict=True)]
    coming = [following(row, now, day) for row, day in zip(found, days, strict=True)]
    execute(
        connection,
        _MOVE_ON,
        user=[row["user_id"] for row in found],
        bot=[row["bot_id"] for row in found],
        automation=[row["automation"] for row in found],
        at=[one.at for one in coming],
        on_day=[one.day if one.at else None for one in coming],
        done=days,
    )


def order(one: Happening) -> tuple[object, ...]:
    """Give the order in which `write` takes happenings."""
    return one.at, one.pod, one.instance, one.why, one.user, one.bot, one.automation


def _rows(come: Sequence[Happening]) -> Iterator[dict[str, Any]]:
    """Join what falls on one instant at one instance, some bots a row."""
    for (at, pod, instance, why), some in groupby(
        come, lambda one: (one.at, one.pod, one.instance, one.why)
    ):
        for n, part in enumerate(_batches(some)):
            automations = {str(ones[0].bot): [one.automation for one in ones] for ones in part}
            versions = {str(ones[0].bot): ones[0].version[:TELLING] for ones in part}
            triggers = sorted({one.trigger for ones in part for one in ones})
            yield {
                "work_id": derive("work", "event", at, pod, instance, n, why, automations),
                "kind": Kind.EVENT.value,
                "due_at": at.isoformat(),
                "pod": pod,
                "instance": instance,
                "batch": n,
                "bots": list(automations),
                "detail": {
                    "automations": automations,
                    "cause": f"event/{wall(at).isoformat()}",
                    "triggers": triggers,
                    "versions": versions,
                },
                "why": why,
            }


def _batches(some: Iterable[Happening]) -> Iterator[list[list[Happening]]]:
    """Part bots, each with its happenings, into rows, in the order of what their owner has had by
    their end, as marks do.
    """
    bots = [list(ones) for _, ones in groupby(some, lambda one: one.bot)]
    paced = [
        (had, ones[0].user, ones)
        for _, theirs in groupby(bots, lambda ones: ones[0].user)
        for had, ones in _paced(sorted(theirs, key=_burden))
    ]
    batch, room = list[list[Happening]](), BURDEN
    for _, _, ones in sorted(paced, key=lambda one: one[:2]):
        if batch and _burden(ones) > room:
            yield batch
            batch, room = [], BURDEN
        batch.append(ones)
        room -= _burden(ones)
    if batch:
        yield batch


def _paced(bots: Iterable[list[Happening]]) -> Iterator[tuple[int, list[Happening]]]:
    had = 0
    for ones in bots:
        had += _burden(ones)
        yield had, ones


def _burden(ones: list[Happening]) -> int:
    return max(ones[0].burden, BURDEN // BATCH)


def _notice(one: Happening) -> Notice:
    clock = f"{wall(one.at):%A, %d %B %Y, %H:%M}"
    message = f"{one.name}, due {clock} Eastern, was not run: {one.why}."
    cause = f"missed/{one.automation}/{one.at.isoformat()}"
    return Notice(one.user, one.bot, Level.WARNING, "missed", message, cause)
