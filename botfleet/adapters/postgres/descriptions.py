"""What owners write beside their bots, in Postgres: columns of the bot, and tags in its memory."""

import json

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import execute
from botfleet.domain.bots.description import Description
from botfleet.domain.ids import BotId
from botfleet.domain.trees.memory import BOT, Mark
from botfleet.errors import NotFound

_DESCRIBE = """
UPDATE bots SET icon = coalesce(%(icon)s, icon), group_name = coalesce(%(group)s, group_name),
    notes = coalesce(%(notes)s, notes), alerts = coalesce(%(alerts)s::jsonb, alerts)
WHERE bot_id = %(bot)s
"""
_MINE = "bot_id = %(bot)s AND mark = %(mark)s AND subject = %(subject)s"
_UNTAG = f"DELETE FROM memories WHERE {_MINE} AND name <> ALL(%(tags)s::text[])"
_TAG = """
INSERT INTO memories (user_id, bot_id, mark, subject, name)
SELECT user_id, bot_id, %(mark)s, %(subject)s, t FROM bots, unnest(%(tags)s::text[]) AS v(t)
WHERE bot_id = %(bot)s ON CONFLICT DO NOTHING
"""
#: Columns of a listing of bots `b`: all that may be said of one.
SAID = f"""
    b.icon, b.group_name AS "group", b.notes, b.alerts,
    coalesce((SELECT jsonb_agg(m.name ORDER BY m.name) FROM memories m
              WHERE m.user_id = b.user_id AND m.bot_id = b.bot_id AND m.mark = '{Mark.TAG}'
                AND m.subject = '{BOT}'), '[]') AS tags
"""


def describe(connection: Connection, bot: BotId, description: Description) -> None:
    """Write what is said of a bot; what is not said stays.

    Raises:
        NotFound: there is no such bot.
    """
    said = {"icon": description.icon, "group": description.group, "notes": description.notes}
    alerts = None if description.alerts is None else json.dumps(description.alerts)
    if not execute(connection, _DESCRIBE, bot=bot, alerts=alerts, **said).rowcount:
        raise NotFound("There is no such bot.")
    if description.tags is not None:
        given = {"bot": bot, "mark": Mark.TAG.value, "subject": BOT}
        for sql in (_UNTAG, _TAG):
            execute(connection, sql, tags=sorted(description.tags), **given)
