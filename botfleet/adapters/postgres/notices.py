"""Words to owners, and the count of their bots' errors: told twice is told, and counted, once.

A notice's id derives from its cause, so whoever commits the same run or the same end again tells,
and counts, nothing new.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from botfleet.adapters.postgres import stints
from botfleet.adapters.postgres.database import columns, execute, rows
from botfleet.application.ports.batches import Notice
from botfleet.domain.bots.mishaps import ERRORS_MAX, Level, level_of
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId, UserId, derive
from botfleet.domain.money import Money

_ADD = """
INSERT INTO notices (notice_id, user_id, bot_id, at, level, code, message)
SELECT n, u, b, %(at)s, l, c, m
FROM unnest(%(notice)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[], %(level)s::text[],
            %(code)s::text[], %(message)s::text[]) AS v(n, u, b, l, c, m)
ON CONFLICT DO NOTHING RETURNING bot_id, code
"""

#: Errors of one session; the first of another begins again.
_COUNT = """
INSERT INTO mishaps (bot_id, day, errors)
SELECT * FROM unnest(%(bot)s::uuid[], %(day)s::date[], %(errors)s::int[]) AS v(b, d, n)
WHERE EXISTS (SELECT FROM bots WHERE bot_id = b) ORDER BY 1
ON CONFLICT (bot_id) DO UPDATE SET day = excluded.day, errors = excluded.errors
    + CASE WHEN mishaps.day = excluded.day THEN mishaps.errors ELSE 0 END
RETURNING bot_id, errors
"""

_TURN_OFF = """
UPDATE bots SET is_on = false WHERE bot_id = ANY(%(bots)s::uuid[]) AND is_on
RETURNING bot_id, user_id
"""


def add_notices(connection: Connection, notices: Sequence[Notice], at: datetime) -> None:
    """Write notices to owners; a repeated one is one. Bots with too many errors go off (R37)."""
    if not notices:
        return
    told = rows(connection, _ADD, at=at, **_columns(notices))
    errors = Counter(row["bot_id"] for row in told if level_of(row["code"]) is Level.ERROR)
    if errors:
        _count(connection, errors, at)


def _count(connection: Connection, errors: Counter[UUID], at: datetime) -> None:
    """Count errors, and turn automations off where they are too many; exits go on."""
    day = day_of(at)
    days, numbers = [day] * len(errors), list(errors.values())
    counted = rows(connection, _COUNT, bot=list(errors), day=days, errors=numbers)
    counts = {row["bot_id"]: row["errors"] for row in counted}
    many = [bot for bot, count in counts.items() if count >= ERRORS_MAX]
    if many:
        off = rows(connection, _TURN_OFF, bots=many)
        stints.end(connection, many, at)
        told = [_off(row["user_id"], row["bot_id"], counts[row["bot_id"]], at) for row in off]
        execute(connection, _ADD, at=at, **_columns(told))


def _off(user: UserId, bot: BotId, count: int, at: datetime) -> Notice:
    message = (
        f"The automations are off: {count} errors today. Exits go on. Turned on again, one more "
        "error today turns them off again."
    )
    return Notice(user, bot, Level.ERROR, "automations_off", message, f"off/{day_of(at)}/{count}")


def opened(held: Mapping[str, Any], units: int, entry: Decimal) -> str:
    """Word what opened, at its net price a share."""
    side = "paid" if entry > 0 else "received"
    return f"Opened {_units(held, units)}, {abs(entry):.2f} {side} a share."


def gone(how: str, held: Mapping[str, Any], gain: int, why: str) -> str:
    """Word what is gone, with its gain (cents) and, where it is known, what closed it."""
    by = f" by {why}" if why else ""
    return f"{how} {_units(held, held['quantity'])}{by}: {Money(gain)}."


def _units(held: Mapping[str, Any], units: int) -> str:
    return f"{units} {held['symbol']} {held['structure'].replace('_', ' ')}"


def _columns(notices: Sequence[Notice]) -> dict[str, list[object]]:
    return columns(
        (
            {
                "notice": derive("notice", one.bot_id, one.cause),
                "user": one.user_id,
                "bot": one.bot_id,
                "level": one.level,
                "code": one.code,
                "message": one.message,
            }
            for one in notices
        ),
        "notice user bot level code message",
    )
