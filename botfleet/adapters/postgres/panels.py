"""What owners change of exits by hand, in Postgres.

Whatever changes how positions are watched bumps their stamps, so whoever watches them reads anew.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.bounds import bound
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.draws import add_entries
from botfleet.adapters.postgres.journal import order_line, position_line
from botfleet.adapters.postgres.positions import hand_over
from botfleet.adapters.postgres.shapes import read_exits, read_position, write_exits
from botfleet.adapters.postgres.watchlists import read_rules
from botfleet.application.ports.panels import HeldRecord
from botfleet.application.ports.pools import Settlement
from botfleet.domain.eastern import instant
from botfleet.domain.fleet.bounds import BOUNDS, Bounds
from botfleet.domain.ids import AccountId, BotId, PositionId, UserId
from botfleet.domain.positions.exits import REASONS, ExitRules, Exits
from botfleet.domain.positions.presets import PositionClass, Preset
from botfleet.errors import NotFound, Refusal

Row = Mapping[str, Any]

_RECORD = """
SELECT p.*, u.name AS user, b.name AS bot, b.exits_on AS bot_is_on,
       (SELECT exits_on FROM fleet) AS fleet_is_on, a.exits_begin, a.exits_end_min,
       a.exit_attempts_max, a.at_expiration,
       (SELECT count(*) FROM orders o WHERE o.position_id = p.position_id AND o.effect = 'close'
          AND o.created_at >= %(since)s AND o.why = ANY(%(reasons)s)) AS attempts_today
FROM positions p JOIN bots b USING (bot_id) JOIN users u ON u.user_id = p.user_id
     JOIN accounts a USING (account_id)
WHERE p.position_id = %(position)s AND (%(user)s::uuid IS NULL OR p.user_id = %(user)s)
"""
_ORDERS = """
SELECT o.*, u.name AS user, b.name AS bot FROM orders o JOIN bots b USING (bot_id)
     JOIN users u ON u.user_id = o.user_id
WHERE o.position_id = %(position)s ORDER BY o.created_at, o.order_id
"""
_MINE = "(%(user)s::uuid IS NULL OR user_id = %(user)s)"
_BUMP = "UPDATE positions SET exits_on = exits_on WHERE state = 'open' AND "
_KEEP_PRESET = """
INSERT INTO presets (user_id, name, class, exits)
VALUES (%(user)s, %(name)s, %(class)s, %(exits)s::jsonb)
ON CONFLICT (user_id, name) DO UPDATE SET class = excluded.class, exits = excluded.exits
RETURNING xmax = 0
"""


class PostgresPanels:
    """Keeps `botfleet.application.ports.panels.Panels`."""

    def __init__(self, database: Database, bounds: Bounds = BOUNDS) -> None:
        self._database, self._bounds = database, bounds

    def record(self, user: UserId | None, position: PositionId, today: date) -> HeldRecord:
        """See the port."""
        given = {"user": user, "position": position, "reasons": list(REASONS)}
        with self._database.transaction() as connection:
            found = rows(connection, _RECORD, since=instant(today, time()), **given)
            orders = rows(connection, _ORDERS, position=position)
        if not found:
            raise NotFound("There is no such position.")
        return _record(found[0], orders)

    def switch(self, user: UserId | None, position: PositionId, *, is_on: bool) -> None:
        """See the port."""
        sql = f"UPDATE positions SET exits_on = %(on)s WHERE position_id = %(position)s AND {_MINE}"
        with self._database.transaction() as connection:
            _one(execute(connection, sql, on=is_on, position=position, user=user).rowcount)

    def switch_bot(self, bot: BotId, *, is_on: bool) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            sql = "UPDATE bots SET exits_on = %(on)s WHERE bot_id = %(bot)s"
            execute(connection, sql, on=is_on, bot=bot)
            execute(connection, _BUMP + "bot_id = %(bot)s", bot=bot)

    def bot_is_on(self, bot: BotId) -> bool:
        """See the port."""
        with self._database.transaction() as connection:
            sql = "SELECT exits_on FROM bots WHERE bot_id = %(bot)s"
            return bool(execute(connection, sql, bot=bot).scalar_one())

    def switch_fleet(self, *, is_on: bool) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            execute(connection, "UPDATE fleet SET exits_on = %(on)s", on=is_on)
            execute(connection, _BUMP + "true")

    def set_exits(self, user: UserId | None, position: PositionId, exits: Exits) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            state, _ = _state(connection, user, position)
            if state not in {"opening", "open", "closing"}:
                raise Refusal(f"The position is {state}; its exits are history.")
            sql = """UPDATE positions SET exits = %(exits)s::jsonb
                     WHERE position_id = %(position)s"""
            execute(connection, sql, exits=write_exits(exits), position=position)

    def override(
        self, user: UserId | None, position: PositionId, result: int | None, now: datetime
    ) -> Sequence[Settlement]:
        """See the port."""
        with self._database.transaction() as connection:
            state, realised = _state(connection, user, position)
            more = 0 if result is None else result - realised
            if state == "overridden" and result is not None:
                _correct(connection, position, more, now)
                return ()
            if state == "closing":
                raise Refusal("It is being closed; wait until its order has ended, or cancel that.")
            if state not in {"open", "missing"}:
                raise Refusal(f"The position is {state}; only an open one can be handed over.")
            ends = hand_over(connection, [position], now, more)
        if not ends:
            raise Refusal("Calls stand on its shares; hand those over first.")
        return ends

    def rules(self, user: UserId | None, account: AccountId) -> ExitRules:
        """See the port."""
        sql = f"""SELECT exits_begin, exits_end_min, exit_attempts_max, at_expiration FROM accounts
                  WHERE account_id = %(account)s AND {_MINE}"""
        with self._database.transaction() as connection:
            found = rows(connection, sql, account=account, user=user)
        if not found:
            raise NotFound("There is no such account.")
        return read_rules(found[0])

    def set_rules(self, user: UserId | None, account: AccountId, rules: ExitRules) -> None:
        """See the port."""
        sql = f"""UPDATE accounts SET exits_begin = %(begins)s, exits_end_min = %(ends)s,
                      exit_attempts_max = %(most)s, at_expiration = %(wish)s
                  WHERE account_id = %(account)s AND {_MINE}"""
        given = {"begins": rules.begins, "ends": rules.ends_min, "most": rules.attempts_max}
        wish = rules.at_expiration.value
        with self._database.transaction() as connection:
            changed = execute(connection, sql, account=account, user=user, wish=wish, **given)
            if changed.rowcount != 1:
                raise NotFound("There is no such account.")
            bots = "bot_id IN (SELECT bot_id FROM bots WHERE account_id = %(account)s)"
            execute(connection, _BUMP + bots, account=account)

    def presets(self, user: UserId) -> Sequence[Preset]:
        """See the port."""
        sql = "SELECT name, class, exits FROM presets WHERE user_id = %(user)s ORDER BY name"
        with self._database.transaction() as connection:
            return [
                Preset(row["name"], PositionClass(row["class"]), read_exits(row["exits"]))
                for row in rows(connection, sql, user=user)
            ]

    def keep_preset(self, user: UserId, preset: Preset) -> None:
        """See the port."""
        given = {"name": preset.name, "class": preset.position_class.value}
        with self._database.transaction() as connection:
            exits = write_exits(preset.exits)
            kept = execute(connection, _KEEP_PRESET, user=user, exits=exits, **given)
            if kept.scalar_one():
                bound(connection, "presets", {user}, self._bounds.presets)

    def drop_preset(self, user: UserId, name: str) -> None:
        """See the port."""
        sql = "DELETE FROM presets WHERE user_id = %(user)s AND name = %(name)s"
        with self._database.transaction() as connection:
            if execute(connection, sql, user=user, name=name).rowcount != 1:
                raise NotFound("There is no such preset.")


def _record(row: Row, orders: Sequence[Row]) -> HeldRecord:
    return HeldRecord(
        position_line(row),
        read_position(row),
        row["exits_on"],
        row["bot_is_on"],
        row["fleet_is_on"],
        read_rules(row),
        row["high_at"],
        row["low_at"],
        row["attempts_today"],
        [order_line(order) for order in orders],
    )


def _one(count: int) -> None:
    if count != 1:
        raise NotFound("There is no such position.")


def _state(connection: Connection, user: UserId | None, position: PositionId) -> tuple[str, int]:
    """Lock a position, and give its state and what it has realised."""
    sql = f"""SELECT state, realised FROM positions
              WHERE position_id = %(position)s AND {_MINE} FOR UPDATE"""
    found = rows(connection, sql, position=position, user=user)
    _one(len(found))
    return found[0]["state"], found[0]["realised"]


def _correct(connection: Connection, position: PositionId, more: int, now: datetime) -> None:
    """Book `more` cents on what a position that was handed over came to."""
    change = """UPDATE positions SET realised = realised + %(more)s
                WHERE position_id = %(position)s RETURNING draw_id, user_id, bot_id"""
    (row,) = rows(connection, change, more=more, position=position)
    pool = "UPDATE pools SET gains = gains + %(more)s WHERE bot_id = %(bot)s"
    execute(connection, pool, more=more, bot=row["bot_id"])
    entry = (row["draw_id"], "gain", f"{position}/{now.isoformat()}", row["user_id"], row["bot_id"])
    add_entries(connection, [(*entry, more)], now)
