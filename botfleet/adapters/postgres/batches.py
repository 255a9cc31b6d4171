"""Batches in Postgres: state in two questions, results in one transaction."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from botfleet.adapters.postgres import commits, histories, memories
from botfleet.adapters.postgres.asks import add_asks
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.draws import add_draws, charge, veto
from botfleet.adapters.postgres.notices import add_notices
from botfleet.adapters.postgres.objections import Objection, objections
from botfleet.adapters.postgres.passes import UNCOMPARED
from botfleet.adapters.postgres.positions import (
    add_positions,
    begin_closing,
    book_expired,
    hand_over,
    keep_watch,
    promise,
    promise_more,
)
from botfleet.adapters.postgres.shapes import read_position
from botfleet.adapters.postgres.switches import mode_of
from botfleet.application.ports.batches import NO_EPOCHS, Committed, OpenIntent, Results
from botfleet.application.ports.pools import Settlement
from botfleet.application.ports.work import Work
from botfleet.domain.bots.bot import Definition, Limits
from botfleet.domain.bots.safeguards import Mode
from botfleet.domain.bots.state import BROKER_DOWN, RECOVERING, BotState
from botfleet.domain.capital.pool import Hold, Pool
from botfleet.domain.ids import AccountId, BotId, DrawId, PositionId, UserId
from botfleet.domain.money import Money
from botfleet.domain.positions.position import Position
from botfleet.domain.schedules.hours import Hours
from botfleet.domain.trees.facts import ENDED, HISTORY, MEMORY, Question
from botfleet.errors import NotFound

_STATES = f"""
SELECT b.bot_id, b.user_id, b.account_id, b.version, b.is_on, p.epoch, p.allocation, p.committed,
       p.pending, p.gains, p.open_n, p.pending_n, p.open_max, p.day, p.day_n, p.day_max,
       {mode_of("b")} AS mode, b.may_day_trade, u.day AS symbols_day, u.symbols,
       a.hours_begin, a.hours_end_min,
       CASE WHEN {UNCOMPARED} THEN '{RECOVERING}'
            WHEN k.down_until > clock_timestamp() THEN '{BROKER_DOWN}' ELSE '' END AS barred
FROM bots b JOIN pools p USING (bot_id) LEFT JOIN symbol_uses u USING (bot_id)
     LEFT JOIN passes s ON s.account_id = b.account_id
     JOIN accounts a ON a.account_id = b.account_id
     LEFT JOIN brokers k ON k.name = a.broker
WHERE b.bot_id = ANY(%(bots)s::uuid[])
"""

_COLUMNS = """
position_id, bot_id, symbol, structure, legs, quantity, entry, state, opened_at, expires_on,
       exits, gain, high_gain, low_gain, tags, covered_by
"""
_POSITIONS = f"""
SELECT {_COLUMNS}
FROM positions WHERE bot_id = ANY(%(bots)s::uuid[]) AND state IN ('opening', 'open', 'closing')
ORDER BY opened_at, position_id
"""

_POSITION = f"SELECT {_COLUMNS} FROM positions WHERE position_id = %(position)s"

_LEDGER = """
SELECT p.bot_id, p.epoch, p.allocation, p.open_max, p.day_max, p.day, p.day_n,
       coalesce((SELECT max(seq) FROM draws d WHERE d.bot_id = p.bot_id AND d.epoch = p.epoch), 0)
           AS seq,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(draw_id, units, amount, seq, day, state,
                                                    posted)), '[]')
        FROM draws d WHERE d.bot_id = p.bot_id AND d.state IN ('pending', 'posted')) AS holds
FROM pools p WHERE p.bot_id = ANY(%(bots)s::uuid[])
"""

_RENEW = """
UPDATE pools p SET epoch = greatest(p.epoch, v.past) + 1
FROM unnest(%(bots)s::uuid[], %(past)s::bigint[]) AS v(bot, past) WHERE p.bot_id = v.bot
"""


class PostgresBatches:
    """Keeps `botfleet.application.ports.batches.Batches`."""

    def __init__(self, database: Database, read: Callable[[str], Definition]) -> None:
        self._database = database
        self._read = read
        self._definitions: dict[str, Definition] = {}

    def load(self, bots: Sequence[BotId]) -> Mapping[BotId, BotState]:
        """See the port."""
        with self._database.transaction() as connection:
            states = rows(connection, _STATES, bots=list(bots))
            held: dict[Any, list[Mapping[str, Any]]] = {}
            for row in rows(connection, _POSITIONS, bots=list(bots)):
                held.setdefault(row["bot_id"], []).append(row)
        return {row["bot_id"]: _state(row, held.get(row["bot_id"], ())) for row in states}

    def recall(
        self, bots: Sequence[BotId], questions: Collection[Question], today: date
    ) -> Mapping[BotId, Mapping[Question, object]]:
        """See the port."""
        found: dict[BotId, dict[Question, object]] = {bot: {} for bot in bots}
        with self._database.transaction() as connection:
            if MEMORY in questions:
                for bot, memory in memories.recall(connection, bots).items():
                    found[bot][MEMORY] = memory
            if HISTORY in questions:
                for bot, history in histories.recall(connection, bots, today).items():
                    found[bot][HISTORY] = history
            if ENDED in questions:
                for bot, ended in histories.ended(connection, bots).items():
                    found[bot][ENDED] = ended
        return found

    def definition(self, version: str) -> Definition:
        """See the port."""
        if version not in self._definitions:
            self._definitions[version] = self._read(self._body(version))
        return self._definitions[version]

    def _body(self, version: str) -> str:
        with self._database.transaction() as connection:
            sql = "SELECT body FROM definitions WHERE version = %(version)s"
            body: str | None = execute(connection, sql, version=version).scalar_one_or_none()
        if body is None:
            raise NotFound(f"There is no definition {version}.")
        return body

    def does_as(self, before: str, version: str) -> bool:
        """See the port."""
        if version.startswith(before):
            return True
        with self._database.transaction() as connection:
            sql = "SELECT version FROM definitions WHERE starts_with(version, %(before)s)"
            found = execute(connection, sql, before=before).scalars().all()
        now = self.definition(version)
        return any(replace(self.definition(one), name=now.name) == now for one in found)

    def fed(self, version: str, automation: int, inputs: Mapping[str, object]) -> Definition:
        """See the port."""
        body = json.loads(self._body(version))
        for one in body["automations"][automation].get("inputs", ()):
            if one["name"] in inputs:
                one["value"] = inputs[one["name"]]
                one.pop("bot", None)
        return self._read(json.dumps(body))

    def position(self, position_id: PositionId) -> Position | None:
        """See the port."""
        with self._database.transaction() as connection:
            found = rows(connection, _POSITION, position=position_id)
        return read_position(found[0]) if found else None

    def commit(self, work: Work, at: datetime, results: Results) -> Committed | None:
        """See the port."""
        with self._database.transaction() as connection:
            if not commits.hold_work(connection, work):
                return None
            committed = _write(connection, work, at, results)
            commits.end_work(connection, work, results.left_out)
            return committed

    def renew(
        self, bots: Sequence[BotId], beyond: Mapping[BotId, int] = NO_EPOCHS
    ) -> Mapping[BotId, Pool]:
        """See the port."""
        past = [beyond.get(bot, 0) for bot in bots]
        with self._database.transaction() as connection:
            execute(connection, _RENEW, bots=list(bots), past=past)
            return _ledger(connection, bots)

    def ledger(self, bots: Sequence[BotId]) -> Mapping[BotId, Pool]:
        """See the port."""
        with self._database.transaction() as connection:
            return _ledger(connection, bots)

    def some_bots(self, after: BotId | None, most: int) -> Sequence[BotId]:
        """See the port."""
        with self._database.transaction() as connection:
            found = execute(
                connection,
                """SELECT bot_id FROM bots WHERE bot_id > coalesce(%(after)s,
                       '00000000-0000-0000-0000-000000000000'::uuid) ORDER BY 1 LIMIT %(most)s""",
                after=after,
                most=most,
            )
            return [BotId(bot) for bot in found.scalars()]

    def bury(self, draws: Sequence[tuple[BotId, DrawId]]) -> Sequence[tuple[BotId, DrawId]]:
        """See the port."""
        if not draws:
            return ()
        with self._database.transaction() as connection:
            execute(
                connection,
                """INSERT INTO draws (draw_id, user_id, bot_id, run_id, epoch, seq, state, amount,
                                      units, day)
                   SELECT d, b.user_id, b.bot_id, d, 0,
                          -('x' || substr(md5(d::text), 1, 15))::bit(60)::bigint,
                          'void', 0, 0, 'epoch'
                   FROM unnest(%(draw)s::uuid[], %(bot)s::uuid[]) AS v(d, bot)
                   JOIN bots b ON b.bot_id = v.bot
                   ON CONFLICT DO NOTHING""",
                draw=[draw for _, draw in draws],
                bot=[bot for bot, _ in draws],
            )
            dead = rows(
                connection,
                """SELECT bot_id, draw_id FROM draws
                   WHERE draw_id = ANY(%(draw)s::uuid[]) AND state = 'void'""",
                draw=[draw for _, draw in draws],
            )
        return [(row["bot_id"], row["draw_id"]) for row in dead]


def _write(connection: Connection, work: Work, at: datetime, results: Results) -> Committed:
    stands, vetoed, objected = _draw(connection, results.opens)
    closes = begin_closing(connection, results.closes) if results.closes else []
    if stands:
        add_positions(connection, stands, at)
    orders = [one.order for one in stands] + [one.order for one in closes]
    if orders:
        commits.add_orders(connection, orders, at)
    words = {one.ask.draw_id: "vetoed" for one in vetoed}
    words |= {one.open.ask.draw_id: one.word for one in objected}
    runs = results.runs(words)
    new = commits.add_runs(connection, work, runs, at) if runs else set()
    memories.keep(connection, [one for one in results.remembered if one.run_id in new], at)
    commits.add_symbols(connection, results.symbols, at)
    if results.exits:
        memories.set_exits(connection, results.exits)
    if results.facts:
        commits.add_facts(connection, work, results.facts)
    notices = [*results.notices, *(one.notice for one in objected)]
    notices += add_asks(connection, results.asks, at) if results.asks else ()
    if notices:
        add_notices(connection, notices, at)
    if results.watched.positions:
        keep_watch(connection, results.watched, at)
    if results.repriced:
        commits.reprice(connection, results.repriced, at)
    ends = book_expired(connection, results.expired, at) if results.expired else []
    if results.handed_over:
        ends += hand_over(connection, results.handed_over, at)
    ends += [Settlement(one.ask.bot_id, one.ask.draw_id) for one in vetoed]
    handed = sorted(orders, key=lambda order: order.account_id)  # sent and looked at together
    return Committed([order.order_id for order in handed], ends)


def _draw(
    connection: Connection, opens: Sequence[OpenIntent]
) -> tuple[list[OpenIntent], list[OpenIntent], list[Objection]]:
    """Write and charge draws; give those that stand, those vetoed here, and what was said against.

    A draw whose id is already in the book was committed or buried before: it neither stands again
    nor is it given back. Its place taken by another draw proves that Redis went back in time: the
    draw is vetoed, and the next reservation finds its epoch ended.
    """
    if not opens:
        return [], [], []
    new = add_draws(connection, opens)
    fresh = [one for one in opens if one.ask.draw_id in new]
    objected = objections(connection, fresh)
    barred = {one.open.ask.draw_id for one in objected}
    stands = _charged(connection, [one for one in fresh if one.ask.draw_id not in barred])
    refused = {one.ask.draw_id for one in fresh} - {one.ask.draw_id for one in stands}
    veto(connection, refused)
    known = _known(connection, [one for one in opens if one.ask.draw_id not in new])
    replayed = [one for one in opens if one.ask.draw_id not in new and one.ask.draw_id not in known]
    if replayed:
        _end_epochs(connection, replayed)
    return stands, [one for one in fresh if one.ask.draw_id in refused] + replayed, objected


def _charged(connection: Connection, opens: Sequence[OpenIntent]) -> list[OpenIntent]:
    """Give the opens that are covered, where shares cover them, and that the limits let pass."""
    covered = [one for one in opens if promise(connection, one.position)]
    stands = charge(connection, covered)
    for one in covered:
        if one not in stands:
            promise_more(connection, one.position.covered_by, -one.position.quantity)
    return stands


def _known(connection: Connection, opens: Sequence[OpenIntent]) -> set[DrawId]:
    sql = "SELECT draw_id FROM draws WHERE draw_id = ANY(%(draws)s::uuid[])"
    draws = [one.ask.draw_id for one in opens]
    return set(execute(connection, sql, draws=draws).scalars()) if draws else set()


def _end_epochs(connection: Connection, opens: Sequence[OpenIntent]) -> None:
    sql = "UPDATE pools SET epoch = epoch + 1 WHERE bot_id = ANY(%(bots)s::uuid[])"
    execute(connection, sql, bots=list({one.ask.bot_id for one in opens}))


def _ledger(connection: Connection, bots: Sequence[BotId]) -> dict[BotId, Pool]:
    return {row["bot_id"]: _pool(row) for row in rows(connection, _LEDGER, bots=list(bots))}


def _pool(row: Mapping[str, Any]) -> Pool:
    return Pool(
        row["epoch"],
        row["allocation"],
        row["open_max"],
        row["day_max"],
        row["day"],
        row["day_n"],
        row["seq"],
        {_draw_id(hold): _hold(hold) for hold in row["holds"]},
    )


def _draw_id(hold: list[Any]) -> DrawId:
    return DrawId(UUID(hold[0]))


def _hold(hold: list[Any]) -> Hold:
    _, units, amount, seq, day, state, posted = hold
    unit_cost = amount // units if units else 0
    is_posted = state == "posted"
    return Hold(
        units, amount, seq, 0, unit_cost, date.fromisoformat(day), posted if is_posted else None
    )


def _state(row: Mapping[str, Any], positions: Sequence[Mapping[str, Any]]) -> BotState:
    return BotState(
        BotId(row["bot_id"]),
        UserId(row["user_id"]),
        AccountId(row["account_id"]),
        row["version"],
        Limits(Money(row["allocation"]), row["day_max"], row["open_max"]),
        row["epoch"],
        row["committed"],
        row["pending"],
        row["gains"],
        row["open_n"] + row["pending_n"],
        row["day"],
        row["day_n"],
        tuple(read_position(position) for position in positions),
        Mode(row["mode"]),
        row["may_day_trade"],
        row["symbols_day"],
        tuple(row["symbols"] or ()),
        row["barred"],
        Hours(row["hours_begin"], row["hours_end_min"]),
        row["is_on"],
    )
