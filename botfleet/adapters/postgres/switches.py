"""Switches in Postgres: rows that are looked at in the transactions which let orders leave.

Whoever marks orders as being sent holds a shared lock while it looks and commits; whoever sets a
switch commits it first and then takes that lock alone once, so that nobody is left who could still
send without having seen it, but for what leaves at once (`AT_ONCE_S`). Who holds the lock for too
long (a process that was stopped in between) loses its connection, and with it the right to send.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.application.ports.switches import Concerned, SwitchLine
from botfleet.domain.bots.mishaps import Level
from botfleet.domain.bots.safeguards import (
    FLEET,
    OPERATOR,
    Mode,
    Scope,
    Switch,
    bars,
    told,
    told_lifted,
)
from botfleet.domain.ids import OrderId, UserId
from botfleet.domain.orders.order import Effect
from botfleet.errors import NotFound, StoreUnavailable

#: The advisory lock of R51, and how long its holders may take before they are cut off.
_LOCK, _PATIENCE_MS = "51, 0", 500

_IMPOSE = """
INSERT INTO switches (scope, subject, held_by, mode, reason, set_by, set_at)
SELECT %(scope)s, %(subject)s, %(held_by)s, %(mode)s, %(reason)s, %(set_by)s, %(at)s
ON CONFLICT (subject, held_by) DO UPDATE
SET mode = excluded.mode, reason = excluded.reason, set_by = excluded.set_by,
    set_at = excluded.set_at
WHERE (switches.mode, switches.reason) <> (excluded.mode, excluded.reason)
"""

_LIFT = """
DELETE FROM switches WHERE scope = %(scope)s AND subject = %(subject)s AND held_by = %(held_by)s
RETURNING mode, reason, set_by, set_at
"""

#: Whose are the things a switch stands over: a row a user.
_OWNERS = {
    Scope.FLEET: "SELECT user_id FROM users u WHERE EXISTS (SELECT FROM bots b"
    " WHERE b.user_id = u.user_id)",
    Scope.USER: "SELECT user_id FROM users WHERE user_id = %(subject)s",
    Scope.ACCOUNT: "SELECT user_id FROM accounts WHERE account_id = %(subject)s",
    Scope.BOT: "SELECT user_id FROM bots WHERE bot_id = %(subject)s",
}
#: The transaction that changed the switch names the notice: no other changed it just so.
_TELL = """
INSERT INTO notices (notice_id, user_id, bot_id, at, level, code, message)
SELECT md5(concat_ws('/', 'switch', pg_current_xact_id(), user_id))::uuid, user_id, %(bot)s::uuid,
       %(at)s, %(level)s, %(code)s, %(message)s
FROM ({owners}) o
"""

#: Looked at now rather than when their rung is over; who works on one just now looks anyway.
_HURRY = """
UPDATE orders SET check_at = least(check_at, %(at)s) WHERE order_id IN (
    SELECT order_id FROM orders WHERE order_id = ANY(%(orders)s::uuid[]) FOR UPDATE SKIP LOCKED)
"""

_LIVE = """
SELECT order_id, effect, state, lease_until,
       state IN ('sending', 'unknown')
       OR (state <> 'pending' AND lease_until > clock_timestamp()) AS is_afloat
FROM orders o
WHERE state IN ('pending', 'sending', 'unknown', 'working', 'partial')
  AND (%(subject)s = %(fleet)s OR %(subject)s IN (o.user_id, o.account_id, o.bot_id))
"""

#: Who held an order as the switch was thrown has told its word once the lease is another.
_AFLOAT = """
SELECT o.order_id FROM orders o
JOIN unnest(%(orders)s::uuid[], %(leases)s::timestamptz[]) AS v(order_id, lease) USING (order_id)
WHERE o.state IN ('sending', 'unknown')
   OR (o.state IN ('working', 'partial') AND o.lease_until = v.lease)
ORDER BY o.order_id
"""

_SUBJECTS = {
    Scope.USER: "SELECT FROM users WHERE user_id = %(subject)s",
    Scope.ACCOUNT: "SELECT FROM accounts WHERE account_id = %(subject)s",
    Scope.BOT: "SELECT FROM bots WHERE bot_id = %(subject)s",
}

_STANDING = """
SELECT s.scope, s.subject, s.mode, s.held_by, s.reason, s.set_by, s.set_at,
       coalesce(u.name, b.name || ' of ' || o.name,
                a.broker || ' …' || right(a.number, 4), 'all bots') AS name
FROM switches s LEFT JOIN users u ON u.user_id = s.subject
     LEFT JOIN accounts a ON a.account_id = s.subject
     LEFT JOIN bots b ON b.bot_id = s.subject LEFT JOIN users o ON o.user_id = b.user_id
WHERE %(user)s::uuid IS NULL OR s.scope = 'fleet'
   OR %(user)s IN (u.user_id, a.user_id, b.user_id)
ORDER BY array_position(ARRAY['fleet', 'user', 'account', 'bot'], s.scope), name, s.held_by
"""


def mode_of(row: str) -> str:
    """Word, for SQL, the mode over a row of that alias which names user, account and bot.

    Of the modes 'halted' sorts before 'reducing': the least is the strictest.
    """
    return f"""coalesce((SELECT min(mode) FROM switches
        WHERE subject IN ('{FLEET}', {row}.user_id, {row}.account_id, {row}.bot_id)), 'active')"""


def look(connection: Connection) -> None:
    """Hold the lock under which what is read of switches stays true until the commit."""
    execute(connection, f"SELECT pg_advisory_xact_lock_shared({_LOCK})")


class PostgresSwitches:
    """Keeps `botfleet.application.ports.switches.Switches`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def impose(self, switch: Switch) -> Concerned:
        """See the port."""
        with self._database.transaction() as connection:
            _set(connection, switch)
        self._outwait()
        with self._database.transaction() as connection:
            return _concerned(connection, switch)

    def still_afloat(self, concerned: Concerned) -> Sequence[OrderId]:
        """See the port."""
        if not concerned.afloat:
            return ()
        orders, leases = list(concerned.afloat), list(concerned.afloat.values())
        with self._database.transaction() as connection:
            found = execute(connection, _AFLOAT, orders=orders, leases=leases)
            return [OrderId(order) for order in found.scalars()]

    def lift(self, scope: Scope, subject: UUID, held_by: str, now: datetime) -> bool:
        """See the port."""
        given = {"scope": scope.value, "subject": subject, "held_by": held_by}
        with self._database.transaction() as connection:
            gone = rows(connection, _LIFT, **given)
            for row in gone:
                was = Switch(scope, subject, held_by=held_by, **{**row, "mode": Mode(row["mode"])})
                _tell(connection, was, Level.INFO, "resumed", told_lifted(was), now)
            return bool(gone)

    def standing(self, user: UserId | None) -> Sequence[SwitchLine]:
        """See the port."""
        with self._database.transaction() as connection:
            return [_line(row) for row in rows(connection, _STANDING, user=user)]

    def _outwait(self) -> None:
        """Come back when nobody sends who has not seen what is committed now."""
        try:
            self._take_lock()
        except StoreUnavailable:
            with self._database.transaction() as connection:
                execute(connection, "SELECT cut_off_senders()")
            self._take_lock()

    def _take_lock(self) -> None:
        with self._database.transaction() as connection:
            execute(connection, f"SET LOCAL lock_timeout = {_PATIENCE_MS}")
            execute(connection, f"SELECT pg_advisory_xact_lock({_LOCK})")


def _set(connection: Connection, switch: Switch) -> None:
    if (
        switch.scope in _SUBJECTS
        and not execute(
            connection, f"SELECT EXISTS ({_SUBJECTS[switch.scope]})", subject=switch.subject
        ).scalar_one()
    ):
        raise NotFound(f"There is no such {switch.scope}.")
    changed = execute(
        connection,
        _IMPOSE,
        scope=switch.scope.value,
        subject=switch.subject,
        held_by=switch.held_by,
        mode=switch.mode.value,
        reason=switch.reason,
        set_by=switch.set_by,
        at=switch.set_at,
    )
    if changed.rowcount:
        _tell(connection, switch, Level.WARNING, switch.mode.value, told(switch), switch.set_at)


def _tell(
    connection: Connection, switch: Switch, level: Level, code: str, message: str, at: datetime
) -> None:
    """Tell each owner once what the operator did; others' switches are told by who sets them."""
    if switch.held_by != OPERATOR:
        return
    execute(
        connection,
        _TELL.format(owners=_OWNERS[switch.scope]),
        subject=switch.subject,
        bot=switch.subject if switch.scope is Scope.BOT else None,
        level=level.value,
        code=code,
        message=message,
        at=at,
    )


def _concerned(connection: Connection, switch: Switch) -> Concerned:
    live = rows(connection, _LIVE, subject=switch.subject, fleet=FLEET)
    barred = [row for row in live if bars(switch.mode, Effect(row["effect"]))]
    unsent = [OrderId(row["order_id"]) for row in barred if row["state"] == "pending"]
    working = [OrderId(row["order_id"]) for row in barred if row["state"] != "pending"]
    execute(connection, _HURRY, at=switch.set_at, orders=working)
    afloat = {OrderId(row["order_id"]): row["lease_until"] for row in barred if row["is_afloat"]}
    return Concerned(unsent, working, afloat)


def _line(row: Mapping[str, Any]) -> SwitchLine:
    typed = {"scope": Scope(row["scope"]), "mode": Mode(row["mode"])}
    return SwitchLine(**{**row, **typed})
