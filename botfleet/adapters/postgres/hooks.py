"""Hooks in Postgres: secrets sealed to their hook; a call and its rows in one transaction."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from botfleet.adapters.postgres.bounds import bound
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.switches import mode_of
from botfleet.adapters.postgres.work import start
from botfleet.application.ports.hooks import Driven, HookLine, Secret
from botfleet.application.ports.work import Pointer, Work
from botfleet.domain.bots.safeguards import Mode
from botfleet.domain.fleet.bounds import BOUNDS, Bounds
from botfleet.domain.ids import BotId, RunId, UserId, derive
from botfleet.errors import NotFound

Cipher = Callable[[bytes, str], bytes]

_LINES = """
SELECT h.hook_id, h.user_id, u.name AS user, h.name, h.created_at, h.changed_at,
       (SELECT count(*) FROM events e WHERE e.user_id = h.user_id AND e.kind = 'webhook'
        AND e.rule->>'hook' = h.name)::int AS drives
FROM hooks h JOIN users u USING (user_id)
WHERE %(user)s::uuid IS NULL OR h.user_id = %(user)s ORDER BY u.name, h.name
"""
_DRIVEN = f"""
SELECT e.bot_id, b.name AS bot, b.version, b.is_on, {mode_of("b")} AS mode, e.automation,
       e.rule->'feeds' AS feeds
FROM events e JOIN bots b USING (bot_id)
WHERE e.user_id = %(user)s AND e.kind = 'webhook' AND e.rule->>'hook' = %(name)s
ORDER BY b.name, b.bot_id, e.automation
"""
_COUNT = "SELECT count_hook_call(%(hook)s, %(most)s)"
#: How long a call is remembered that its sender names; a signature is good for minutes only.
_FORGET = """
DELETE FROM hook_calls
WHERE hook_id = %(hook)s AND made_real < clock_timestamp() - interval '7 days'
"""

_SOME = """
SELECT hook_id, sealed FROM hooks
WHERE hook_id > coalesce(%(after)s, '00000000-0000-0000-0000-000000000000'::uuid)
ORDER BY hook_id LIMIT %(most)s FOR UPDATE
"""
#: The name of the key stands in front of what is sealed under it, after its length.
_KEYS = """
SELECT convert_from(substring(sealed FROM 3 FOR get_byte(sealed, 1)), 'UTF8') AS key,
       count(*)::int AS n
FROM hooks GROUP BY 1
"""


class PostgresHooks:
    """Keeps `botfleet.application.ports.hooks.Hooks`; `seal` and `unseal` bind to a purpose."""

    def __init__(
        self, database: Database, *, seal: Cipher, unseal: Cipher, bounds: Bounds = BOUNDS
    ) -> None:
        self._database, self._seal, self._unseal = database, seal, unseal
        self._bounds = bounds

    def create(self, user: UserId, name: str, secret: bytes, at: datetime) -> UUID | None:
        """See the port."""
        hook = derive("hook", user, name)
        with self._database.transaction() as connection:
            made = execute(
                connection,
                """INSERT INTO hooks (hook_id, user_id, name, sealed, created_at, changed_at)
                   VALUES (%(hook)s, %(user)s, %(name)s, %(sealed)s, %(at)s, %(at)s)
                   ON CONFLICT DO NOTHING""",
                hook=hook,
                user=user,
                name=name,
                sealed=self._seal(secret, _purpose(hook)),
                at=at,
            )
            if not made.rowcount:
                return None
            bound(connection, "hooks", {user}, self._bounds.hooks)
        return hook

    def rotate(self, user: UserId, name: str, secret: bytes, at: datetime) -> UUID:
        """See the port."""
        hook = derive("hook", user, name)
        sealed = self._seal(secret, _purpose(hook))
        sql = "UPDATE hooks SET sealed = %(sealed)s, changed_at = %(at)s WHERE hook_id = %(hook)s"
        self._change(name, sql, hook=hook, sealed=sealed, at=at)
        return hook

    def delete(self, user: UserId, name: str) -> None:
        """See the port."""
        hook = derive("hook", user, name)
        self._change(name, "DELETE FROM hooks WHERE hook_id = %(hook)s", hook=hook)

    def _change(self, name: str, sql: str, **given: Any) -> None:
        with self._database.transaction() as connection:
            if execute(connection, sql, **given).rowcount == 0:
                raise NotFound(f"There is no hook {name}.")

    def lines(self, user: UserId | None) -> Sequence[HookLine]:
        """See the port."""
        return [HookLine(**row) for row in self._rows(_LINES, user=user)]

    def secret(self, hook: UUID) -> Secret | None:
        """See the port."""
        for row in self._rows("SELECT * FROM whose_hook(%(hook)s)", hook=hook):
            opened = self._unseal(bytes(row["sealed"]), _purpose(hook))
            return Secret(hook, row["user_id"], row["name"], opened)
        return None

    def count(self, hook: UUID, most: int) -> bool:
        """See the port."""
        with self._database.transaction() as connection:
            return bool(execute(connection, _COUNT, hook=hook, most=most).scalar_one())

    def driven(self, hook: Secret) -> Sequence[Driven]:
        """See the port."""
        found = self._rows(_DRIVEN, user=hook.user_id, name=hook.name)
        return [_driven(row) for row in found]

    def runs_of(self, hook: UUID, call_id: str) -> tuple[RunId, ...] | None:
        """See the port."""
        sql = "SELECT runs FROM hook_calls WHERE hook_id = %(hook)s AND call_id = %(call)s"
        for row in self._rows(sql, hook=hook, call=call_id):
            return tuple(RunId(UUID(one)) for one in row["runs"])
        return None

    def take(
        self, hook: UUID, call_id: str, works: Sequence[Work], runs: Sequence[RunId]
    ) -> Sequence[Pointer] | None:
        """See the port."""
        with self._database.transaction() as connection:
            sql = """SELECT 1 FROM seats JOIN bots USING (user_id) WHERE bot_id = %(bot)s"""
            if not rows(connection, sql, bot=works[0].bots[0]):
                return None
            execute(connection, _FORGET, hook=hook)
            taken = execute(
                connection,
                """INSERT INTO hook_calls (hook_id, call_id, runs)
                   VALUES (%(hook)s, %(call)s, %(runs)s::jsonb) ON CONFLICT DO NOTHING""",
                hook=hook,
                call=call_id,
                runs=json.dumps([str(run) for run in runs]),
            )
            if taken.rowcount == 0:
                return ()
            return [made for work in works if (made := start(connection, work)) is not None]

    def reseal_some(self, after: UUID | None, most: int, reseal: Cipher) -> tuple[int, UUID | None]:
        """See `botfleet.application.rotate.SealedStore`."""
        moved = 0
        with self._database.transaction() as connection:
            found = rows(connection, _SOME, after=after, most=most)
            for row in found:
                fresh = reseal(bytes(row["sealed"]), _purpose(row["hook_id"]))
                if fresh != bytes(row["sealed"]):
                    sql = "UPDATE hooks SET sealed = %(sealed)s WHERE hook_id = %(hook)s"
                    execute(connection, sql, sealed=fresh, hook=row["hook_id"])
                    moved += 1
        return moved, found[-1]["hook_id"] if len(found) == most else None

    def sealed_under(self) -> Mapping[str, int]:
        """See `botfleet.application.rotate.SealedStore`."""
        return {row["key"]: row["n"] for row in self._rows(_KEYS)}

    def _rows(self, sql: str, **given: Any) -> list[Mapping[str, Any]]:
        with self._database.transaction() as connection:
            return rows(connection, sql, **given)


def _driven(row: Mapping[str, Any]) -> Driven:
    return Driven(
        BotId(row["bot_id"]),
        row["bot"],
        row["version"],
        row["is_on"],
        Mode(row["mode"]),
        row["automation"],
        tuple(row["feeds"]),
    )


def _purpose(hook: UUID) -> str:
    return f"hook/{hook}"
