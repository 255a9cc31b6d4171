"""Stints in Postgres: from when to when which events were in force, kept beside what came of it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import execute, rows
from botfleet.adapters.postgres.event_rules import read_rule
from botfleet.domain.ids import AccountId, BotId
from botfleet.domain.schedules.agenda import TriggerKind
from botfleet.domain.schedules.events import Moment
from botfleet.domain.schedules.stints import Stint

#: What a clock, or turning a bot on, brings about; the rest waits for something to happen.
TIMED = ("date", "repeating", "market_open", "market_close", "now")

_BEGIN = """
INSERT INTO stints (user_id, bot_id, automation, kind, rule, done_on, begun_at)
SELECT e.user_id, e.bot_id, e.automation, e.kind, e.rule, e.done_on, %(now)s
FROM events e JOIN bots b USING (bot_id)
WHERE e.bot_id = %(bot)s AND b.is_on AND e.kind = ANY(%(timed)s::text[])
"""

_END = """
UPDATE stints SET ended_at = %(now)s WHERE bot_id = ANY(%(bots)s::uuid[])
  AND (ended_at IS NULL OR ended_at > %(now)s)
"""

#: From an instant on events of a kind are in force by another rule. What was to begin then already
#: ends as it begins.
_TURN = """
UPDATE stints t SET ended_at = %(at)s FROM bots b
WHERE b.bot_id = t.bot_id AND b.account_id = %(account)s AND t.kind = %(kind)s
  AND t.ended_at IS NULL
"""
_TURNED = """
INSERT INTO stints (user_id, bot_id, automation, kind, rule, done_on, begun_at)
SELECT e.user_id, e.bot_id, e.automation, e.kind, e.rule, e.done_on, %(at)s
FROM events e JOIN bots b USING (bot_id)
WHERE b.account_id = %(account)s AND b.is_on AND e.kind = %(kind)s
"""

_BETWEEN = """
SELECT bot_id, automation, kind, rule::text AS rule, begun_at, ended_at, done_on FROM stints
WHERE begun_at <= %(last)s AND (ended_at IS NULL OR ended_at >= %(first)s)
"""


def begin(connection: Connection, bot: BotId, now: datetime) -> None:
    """Note that a bot's events are in force from now on, if it is on."""
    execute(connection, _BEGIN, bot=bot, now=now, timed=list(TIMED))


def end(connection: Connection, bots: Collection[BotId], now: datetime) -> None:
    """Note that no event of these bots is in force any more: off, or defined otherwise."""
    execute(connection, _END, bots=list(bots), now=now)


def turn(connection: Connection, account: AccountId, moment: Moment, at: datetime) -> None:
    """Note that from `at` on the events of a kind of an account's bots go by the rule they have."""
    for sql in (_TURN, _TURNED):
        execute(connection, sql, account=account, kind=moment.value, at=at)


def between(connection: Connection, first: datetime, last: datetime) -> Sequence[Stint]:
    """List the stints that touch a stretch of time."""
    return [
        Stint(
            BotId(row["bot_id"]),
            row["automation"],
            TriggerKind(row["kind"]),
            read_rule(row["rule"]),
            row["begun_at"],
            row["ended_at"],
            row["done_on"],
        )
        for row in rows(connection, _BETWEEN, first=first, last=last)
    ]
