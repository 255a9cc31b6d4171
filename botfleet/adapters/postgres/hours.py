"""Accounts' hours in Postgres: columns of the account, and rules of the events that heed them."""

from datetime import datetime

from botfleet.adapters.postgres import plans
from botfleet.adapters.postgres.database import Database, rows
from botfleet.domain.ids import AccountId, BotId, UserId
from botfleet.domain.schedules.hours import Hours
from botfleet.errors import NotFound

_OF = """
SELECT hours_begin, hours_end_min FROM accounts
WHERE account_id = %(account)s AND (%(user)s::uuid IS NULL OR user_id = %(user)s)
"""
_OF_BOT = """
SELECT hours_begin, hours_end_min FROM accounts JOIN bots USING (account_id) WHERE bot_id = %(bot)s
"""
_CHANGE = """
UPDATE accounts a SET hours_begin = %(begins)s, hours_end_min = %(ends)s
FROM (SELECT account_id, hours_begin, hours_end_min FROM accounts
      WHERE account_id = %(account)s AND (%(user)s::uuid IS NULL OR user_id = %(user)s)
      FOR UPDATE) old
WHERE a.account_id = old.account_id
RETURNING (old.hours_begin, old.hours_end_min) <> (a.hours_begin, a.hours_end_min) AS is_new
"""


class PostgresAccountHours:
    """Keeps `botfleet.application.ports.hours.AccountHours`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, user: UserId | None, account: AccountId) -> Hours:
        """See the port."""
        with self._database.transaction() as connection:
            for row in rows(connection, _OF, account=account, user=user):
                return Hours(row["hours_begin"], row["hours_end_min"])
        raise NotFound("There is no such account.")

    def of_bot(self, bot: BotId) -> Hours:
        """See the port."""
        with self._database.transaction() as connection:
            for row in rows(connection, _OF_BOT, bot=bot):
                return Hours(row["hours_begin"], row["hours_end_min"])
        raise NotFound("There is no such bot.")

    def change(self, user: UserId | None, account: AccountId, hours: Hours, now: datetime) -> None:
        """See the port."""
        given = {"account": account, "user": user}
        with self._database.transaction() as connection:
            begins, ends = hours.begins, hours.ends_min
            changed = rows(connection, _CHANGE, begins=begins, ends=ends, **given)
            if not changed:
                raise NotFound("There is no such account.")
            if changed[0]["is_new"]:
                plans.ring_by(connection, account, hours, now)
