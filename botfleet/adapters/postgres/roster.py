"""The roster in Postgres. A bearer token is kept as its hash only."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from botfleet.adapters.postgres import plans, stints
from botfleet.adapters.postgres.bounds import bound
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.descriptions import describe
from botfleet.adapters.postgres.notices import add_notices
from botfleet.application.ports.batches import Notice
from botfleet.application.ports.roster import Bot, NewBot, User
from botfleet.domain.bots.burden import burden
from botfleet.domain.bots.description import Description
from botfleet.domain.eastern import day_of
from botfleet.domain.fleet.bounds import BOUNDS, Bounds
from botfleet.domain.fleet.seating import Seat
from botfleet.domain.ids import AccountId, BotId, UserId, derive
from botfleet.errors import NotFound, Overtaken, Refusal

_USERS = """
SELECT u.user_id, u.name, s.pod, s.instance,
       (SELECT account_id FROM accounts a WHERE a.user_id = u.user_id ORDER BY 1 LIMIT 1)
           AS account_id
FROM users u LEFT JOIN seats s USING (user_id)
"""

_BOTS = """
SELECT b.bot_id, b.user_id, u.name AS user, b.name, b.version, b.is_on
FROM bots b JOIN users u USING (user_id)
"""


class PostgresRoster:
    """Keeps `botfleet.application.ports.roster.Roster`."""

    def __init__(self, database: Database, bounds: Bounds = BOUNDS) -> None:
        self._database, self._bounds = database, bounds

    def add_users(self, names: Sequence[str], now: datetime) -> dict[str, str]:
        """See the port."""
        tokens = {name: _new_token() for name in names}
        with self._database.transaction() as connection:
            added = execute(
                connection,
                """INSERT INTO users (user_id, name, token_hash, created_at)
                   SELECT *, %(now)s
                   FROM unnest(%(ids)s::uuid[], %(names)s::text[], %(hashes)s::bytea[])
                   ON CONFLICT (name) DO NOTHING RETURNING name""",
                now=now,
                ids=[derive("user", name) for name in names],
                names=list(names),
                hashes=[hashed(token) for token in tokens.values()],
            )
            return {name: tokens[name] for name in added.scalars()}

    def users(self) -> Sequence[User]:
        """See the port."""
        with self._database.transaction() as connection:
            return [user_in(row) for row in rows(connection, _USERS + "ORDER BY u.name")]

    def user_of(self, token: str) -> User | None:
        """See the port."""
        with self._database.transaction() as connection:
            found = rows(connection, "SELECT * FROM who_has(%(hash)s)", hash=hashed(token))
            return user_in(found[0]) if found else None

    def renew_token(self, user: UserId) -> str:
        """See the port."""
        token = _new_token()
        with self._database.transaction() as connection:
            sql = "UPDATE users SET token_hash = %(hash)s WHERE user_id = %(user)s"
            execute(connection, sql, hash=hashed(token), user=user)
        return token

    def add_bots(self, bots: Sequence[NewBot], now: datetime) -> Sequence[BotId]:
        """See the port."""
        with self._database.transaction() as connection:
            added = [(bot.user_id, *_add_bot(connection, bot, now)) for bot in bots]
            new = {user for user, _, is_new in added if is_new}
            bound(connection, "bots", new, self._bounds.bots)
        return [bot_id for _, bot_id, _ in added]

    def add_clone(self, bot: NewBot, made_by: UUID, now: datetime) -> BotId:
        """See the port."""
        name = bot.definition.name
        with self._database.transaction() as connection:
            sql = """SELECT bot_id, made_by FROM bots
                     WHERE user_id = %(user)s AND name = %(name)s"""
            for known in rows(connection, sql, user=bot.user_id, name=name):
                if known["made_by"] != made_by:
                    raise Refusal(f"There is a bot {name} already.")
                return BotId(known["bot_id"])
            bot_id, _ = _add_bot(connection, bot, now)
            sql = "UPDATE bots SET made_by = %(made_by)s WHERE bot_id = %(bot)s"
            execute(connection, sql, made_by=made_by, bot=bot_id)
            bound(connection, "bots", {bot.user_id}, self._bounds.bots)
            return bot_id

    def rename(self, bot: BotId, name: str, body: str, version: str) -> None:
        """See the port."""
        given = {"bot": bot, "name": name, "body": body, "version": version}
        with self._database.transaction() as connection:
            sql = "SELECT user_id FROM bots WHERE bot_id = %(bot)s FOR UPDATE"
            found = rows(connection, sql, bot=bot)
            if not found:
                raise NotFound("There is no such bot.")
            sql = """SELECT FROM bots WHERE user_id = %(user)s AND name = %(name)s
                     AND bot_id <> %(bot)s"""
            if rows(connection, sql, user=found[0]["user_id"], **given):
                raise Refusal(f"There is a bot {name} already.")
            execute(connection, _ADD_DEFINITION, **given)
            sql = "UPDATE bots SET name = %(name)s, version = %(version)s WHERE bot_id = %(bot)s"
            execute(connection, sql, **given)

    def rewrite(
        self, bot: BotId, was: str, body: str, version: str, told: Notice, now: datetime
    ) -> None:
        """See the port."""
        given = {"bot": bot, "was": was, "body": body, "version": version}
        with self._database.transaction() as connection:
            execute(connection, _ADD_DEFINITION, **given)
            sql = """UPDATE bots SET version = %(version)s
                     WHERE bot_id = %(bot)s AND version = %(was)s"""
            if not execute(connection, sql, **given).rowcount:
                raise Overtaken
            add_notices(connection, [told], now)

    def describe(self, bot: BotId, description: Description) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            describe(connection, bot, description)

    def bots(self, user: UserId | None = None) -> Sequence[Bot]:
        """See the port."""
        with self._database.transaction() as connection:
            where = "WHERE b.user_id = %(user)s " if user is not None else ""
            found = rows(connection, _BOTS + where + "ORDER BY u.name, b.name", user=user)
        return [_bot(row) for row in found]

    def switch(self, bot: BotId, *, is_on: bool, now: datetime) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            sql = "SELECT is_on FROM bots WHERE bot_id = %(bot)s FOR UPDATE"
            was_on = execute(connection, sql, bot=bot).scalar_one_or_none()
            if was_on is None:
                raise NotFound("There is no such bot.")
            if was_on is is_on:
                return
            sql = "UPDATE bots SET is_on = %(on)s WHERE bot_id = %(bot)s"
            execute(connection, sql, on=is_on, bot=bot)
            if is_on:
                plans.plan_again(connection, bot, now)
                plans.start(connection, bot, now)
            else:
                stints.end(connection, [bot], now)

    def body(self, bot: BotId) -> str:
        """See the port."""
        with self._database.transaction() as connection:
            sql = """SELECT body FROM definitions JOIN bots USING (version)
                     WHERE bot_id = %(bot)s"""
            found: str | None = execute(connection, sql, bot=bot).scalar_one_or_none()
        if found is None:
            raise NotFound("There is no such bot.")
        return found


def _add_bot(connection: Connection, bot: NewBot, now: datetime) -> tuple[BotId, bool]:
    """Add a bot, or replace it; give its id, and whether it is new."""
    definition, limits = bot.definition, bot.definition.limits
    bot_id = _id_of(connection, bot.user_id, definition.name)
    given: dict[str, Any] = {
        "bot": bot_id,
        "user": bot.user_id,
        "account": bot.account_id,
        "name": definition.name,
        "version": bot.version,
        "body": bot.body,
        "interval": definition.interval_min,
        "burden": burden(definition),
        "day_trade": definition.may_day_trade,
        "on": bot.is_on,
        "now": now,
        "allocation": limits.allocation.cents,
        "open_max": limits.open_positions,
        "day_max": limits.daily_positions,
        "day": day_of(now),
    }
    known = rows(connection, _KNOWN, **given)
    execute(connection, _ADD_DEFINITION, **given)
    is_new = bool(execute(connection, _ADD_BOT, **given).scalar_one())
    execute(connection, _ADD_POOL, **given)
    if definition.description:
        describe(connection, bot_id, definition.description)
    if not known:
        plans.plan(connection, bot_id, bot.user_id, definition, now)
        if bot.is_on:
            plans.start(connection, bot_id, now)
    return bot_id, is_new


def _id_of(connection: Connection, user: UserId, name: str) -> BotId:
    """Give the id of the user's bot of this name; of a new one, one that no renamed bot has."""
    sql = "SELECT bot_id FROM bots WHERE user_id = %(user)s AND name = %(name)s"
    for row in rows(connection, sql, user=user, name=name):
        return BotId(row["bot_id"])
    named = derive("bot", user, name)
    while rows(connection, "SELECT FROM bots WHERE bot_id = %(bot)s", bot=named):
        named = derive("bot", user, name, named)
    return BotId(named)


#: The bot as it would be again: on, and word for word the same.
_KNOWN = """
SELECT FROM bots WHERE bot_id = %(bot)s AND is_on AND version = %(version)s FOR UPDATE
"""
_ADD_DEFINITION = """
INSERT INTO definitions (version, body) VALUES (%(version)s, %(body)s) ON CONFLICT DO NOTHING
"""
_ADD_BOT = """
INSERT INTO bots (bot_id, user_id, account_id, name, version, interval_min, burden, may_day_trade,
                  is_on, created_at)
VALUES (%(bot)s, %(user)s, %(account)s, %(name)s, %(version)s, %(interval)s, %(burden)s,
        %(day_trade)s, %(on)s, %(now)s)
ON CONFLICT (bot_id) DO UPDATE
SET version = excluded.version, interval_min = excluded.interval_min, burden = excluded.burden,
    may_day_trade = excluded.may_day_trade, is_on = excluded.is_on
RETURNING xmax = 0
"""
#: New limits end the arbiter's epoch: it is loaded afresh before it grants anything again (R23).
_ADD_POOL = """
INSERT INTO pools (bot_id, user_id, allocation, open_max, day, day_max)
VALUES (%(bot)s, %(user)s, %(allocation)s, %(open_max)s, %(day)s, %(day_max)s)
ON CONFLICT (bot_id) DO UPDATE
SET allocation = excluded.allocation, open_max = excluded.open_max, day_max = excluded.day_max,
    epoch = pools.epoch + 1
"""


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def hashed(token: str) -> bytes:
    """Give what is kept of a token."""
    return sha256(token.encode()).digest()


def user_in(row: Mapping[str, Any]) -> User:
    """Read a user as it is listed."""
    seat = None if row["pod"] is None else Seat(row["pod"], row["instance"])
    account = None if row["account_id"] is None else AccountId(row["account_id"])
    return User(UserId(row["user_id"]), row["name"], seat, account)


def _bot(row: Mapping[str, Any]) -> Bot:
    return Bot(
        BotId(row["bot_id"]),
        UserId(row["user_id"]),
        row["user"],
        row["name"],
        row["version"],
        row["is_on"],
    )
