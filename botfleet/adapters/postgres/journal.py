"""The journal in Postgres: listings page by page along the indexes of each bot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from botfleet.adapters.postgres import reports
from botfleet.adapters.postgres.database import Database, rows
from botfleet.adapters.postgres.descriptions import SAID
from botfleet.adapters.postgres.switches import mode_of
from botfleet.application.ports.broker_lines import BrokerLine, SentLine
from botfleet.application.ports.journal import (
    PAGE_MAX,
    AccountLine,
    BotLine,
    Cursor,
    FillLine,
    FleetNumbers,
    InstanceLine,
    Line,
    NoticeLine,
    OrderEventLine,
    OrderLine,
    OrderRecord,
    Page,
    PositionLine,
    RunLine,
    RunRecord,
    Wanted,
)
from botfleet.domain.ids import OrderId, RunId, UserId, WorkId
from botfleet.domain.positions.position import HELD, unrealised
from botfleet.domain.trades.structures import Structure
from botfleet.errors import BadInput, NotFound

Row = Mapping[str, Any]

_BOTS = f"""
SELECT b.bot_id, b.user_id, u.name AS user, b.name, b.version, b.is_on, b.interval_min,
       p.allocation AS allocation_cents, p.committed AS committed_cents,
       p.pending AS pending_cents, p.gains AS gains_cents, p.open_n + p.pending_n AS open_positions,
       p.open_max AS open_positions_max, p.day AS opened_on, p.day_n AS opened_count,
       p.day_max AS opened_max, {mode_of("b")} AS mode, b.created_at, b.account_id, {SAID}
FROM bots b JOIN users u USING (user_id) JOIN pools p USING (bot_id)
WHERE (%(user)s::uuid IS NULL OR b.user_id = %(user)s)
"""
_BOT_NAMED = " AND (b.bot_id::text = %(name)s OR b.name = %(name)s) ORDER BY u.name LIMIT 2"

#: The newest lines of each bot, and of those the newest: every step follows an index of the bot's.
_NEWEST = """
SELECT {columns} FROM (
    SELECT l.*, u.name AS user, b.name AS bot FROM bots b JOIN users u USING (user_id)
    CROSS JOIN LATERAL (
        SELECT * FROM {table} t WHERE t.bot_id = b.bot_id AND t.user_id = b.user_id {conditions}
        ORDER BY t.{at} DESC, t.{id} DESC LIMIT %(limit)s
    ) l
    WHERE (%(user)s::uuid IS NULL OR b.user_id = %(user)s)
      AND (%(bot)s::uuid IS NULL OR b.bot_id = %(bot)s)
    {more} ORDER BY {at} DESC, {id} DESC LIMIT %(limit)s
) l {joins} ORDER BY l.{at} DESC, l.{id} DESC
"""
#: What is of no bot in particular, beside what bots have.
_OF_NO_BOT = """
    UNION ALL
    SELECT t.*, u.name AS user, '' AS bot FROM {table} t JOIN users u USING (user_id)
    WHERE t.bot_id IS NULL AND %(bot)s::uuid IS NULL
      AND (%(user)s::uuid IS NULL OR t.user_id = %(user)s) {conditions}
"""

_RUN = """l.run_id, l.bot_id, l.user, l.bot, l.at, l.outcome, l.kind, l.level,
    coalesce(d.body::jsonb #>> ARRAY['automations', l.automation::text, 'name'], '') AS automation,
    coalesce(d.body::jsonb #>> ARRAY['automations', l.automation::text, 'lane'], '') AS lane,
    coalesce(w.detail->>'cause', w.kind, '') AS cause"""
_RUN_JOINS = "LEFT JOIN definitions d USING (version) LEFT JOIN work w USING (work_id)"
_RUN_KEPT = """l.work_id, l.automation AS index, l.version, l.path, l.detail,
    (SELECT body FROM facts f WHERE f.work_id = l.work_id) AS facts"""

_ACCOUNTS = """
SELECT account_id, broker, right(number, 4) AS number_end, is_alive,
       extract(epoch FROM clock_timestamp() - consented_real)::float8 AS consented_s
FROM accounts WHERE user_id = %(user)s ORDER BY broker, account_id
"""


@dataclass(frozen=True, slots=True)
class _Listing:
    """A table that is listed by bot, and how its lines are named."""

    table: str
    line_id: str
    at: str
    state: str = "state"
    columns: str = "l.*"
    joins: str = ""
    more: str = ""

    def sql(self, wanted: Wanted) -> str:
        conditions = ""
        if wanted.state:
            conditions += f" AND t.{self.state} = %(state)s"
        if wanted.run is not None:
            conditions += " AND t.run_id = %(run)s"
        if wanted.since is not None:
            conditions += f" AND t.{self.at} >= %(since)s"
        if wanted.before is not None:
            conditions += f" AND t.{self.at} < %(before)s"
        if wanted.kind is not None:
            conditions += " AND t.kind = ANY(%(kinds)s::text[])"
        if wanted.trouble is not None:
            conditions += " AND t.level = %(level)s"
        if wanted.after is not None:
            conditions += f" AND (t.{self.at}, t.{self.line_id}) < (%(at)s, %(line)s::uuid)"
        return _NEWEST.format(
            table=self.table,
            id=self.line_id,
            at=self.at,
            columns=self.columns,
            joins=self.joins,
            conditions=conditions,
            more=self.more.format(table=self.table, conditions=conditions),
        )


_RUNS = _Listing("runs", "run_id", "at", "outcome", _RUN, _RUN_JOINS)
_POSITIONS = _Listing("positions", "position_id", "opened_at")
_ORDERS = _Listing("orders", "order_id", "created_at")
_NOTICES = _Listing("notices", "notice_id", "at", "level", more=_OF_NO_BOT)


class PostgresJournal:
    """Keeps `botfleet.application.ports.journal.Journal`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bots(self, user: UserId | None) -> Sequence[BotLine]:
        """See the port."""
        return [_bot(row) for row in self._rows(_BOTS + "ORDER BY u.name, b.name", user=user)]

    def bot(self, user: UserId | None, name: str) -> BotLine:
        """See the port."""
        found = self._rows(_BOTS + _BOT_NAMED, user=user, name=name) if _is_text(name) else []
        if not found:
            raise NotFound("There is no such bot.")
        if len(found) > 1:
            raise BadInput(f"Several users have a bot named {name}; name it by its id.")
        return _bot(found[0])

    def runs(self, wanted: Wanted) -> Page[RunLine]:
        """See the port."""
        return self._page(_RUNS, wanted, lambda row: RunLine(**row))

    def run(self, user: UserId | None, run: RunId) -> RunRecord:
        """See the port."""
        sql = f"""SELECT {_RUN}, {_RUN_KEPT} FROM (
                      SELECT r.*, u.name AS user, b.name AS bot
                      FROM runs r JOIN bots b USING (bot_id) JOIN users u ON u.user_id = b.user_id
                      WHERE r.run_id = %(run)s
                        AND (%(user)s::uuid IS NULL OR b.user_id = %(user)s)
                  ) l {_RUN_JOINS}"""
        found = self._rows(sql, user=user, run=run)
        if not found:
            raise NotFound("There is no such run.")
        return _run(found[0])

    def positions(self, wanted: Wanted) -> Page[PositionLine]:
        """See the port."""
        return self._page(_POSITIONS, wanted, position_line)

    def orders(self, wanted: Wanted) -> Page[OrderLine]:
        """See the port."""
        return self._page(_ORDERS, wanted, order_line)

    def order(self, user: UserId | None, order: OrderId) -> OrderLine:
        """See the port."""
        sql = """SELECT o.*, u.name AS user, b.name AS bot
                 FROM orders o JOIN bots b USING (bot_id) JOIN users u ON u.user_id = b.user_id
                 WHERE o.order_id = %(order)s
                   AND (%(user)s::uuid IS NULL OR b.user_id = %(user)s)"""
        found = self._rows(sql, user=user, order=order)
        if not found:
            raise NotFound("There is no such order.")
        return order_line(found[0])

    def order_record(self, user: UserId | None, order: OrderId) -> OrderRecord:
        """See the port."""
        line = self.order(user, order)
        events = """SELECT at, at_real, happening, state, price, filled, detail FROM order_events
                    WHERE order_id = %(order)s ORDER BY n"""
        fills = """SELECT execution_id, quantity, price, at FROM fills WHERE order_id = %(order)s
                   ORDER BY at, execution_id"""
        return OrderRecord(
            line,
            tuple(OrderEventLine(**row) for row in self._rows(events, order=order)),
            tuple(FillLine(**row) for row in self._rows(fills, order=order)),
        )

    def notices(self, wanted: Wanted) -> Page[NoticeLine]:
        """See the port."""
        return self._page(_NOTICES, wanted, _notice)

    def accounts(self, user: UserId) -> Sequence[AccountLine]:
        """See the port."""
        return [AccountLine(**row) for row in self._rows(_ACCOUNTS, user=user)]

    def work_detail(self, work: WorkId) -> Mapping[str, Any] | None:
        """See the port."""
        found = self._rows("SELECT detail FROM work WHERE work_id = %(work)s", work=work)
        return found[0]["detail"] if found else None

    def instances(self, now: datetime) -> Sequence[InstanceLine]:
        """See the port."""
        return [InstanceLine(**row) for row in self._rows(reports.INSTANCES, now=now)]

    def numbers(self, now: datetime) -> FleetNumbers:
        """See the port."""
        row = dict(self._rows(reports.NUMBERS, now=now)[0])
        return FleetNumbers(**row | {"brokers_down": tuple(row["brokers_down"])})

    def brokers(self, now: datetime, lives: Mapping[str, timedelta]) -> Sequence[BrokerLine]:
        """See the port."""
        given = {"names": list(lives), "lives": list(lives.values())}
        return [BrokerLine(**row) for row in self._rows(reports.BROKERS, now=now, **given)]

    def sent(self, since: datetime) -> Sequence[SentLine]:
        """See the port."""
        return [SentLine(**row) for row in self._rows(reports.SENT, since=since)]

    def marks_a_minute(self, minutes: int) -> Sequence[int]:
        """See the port."""
        found = {row["ago"]: row["n"] for row in self._rows(reports.MARKS, minutes=minutes)}
        return [found.get(ago, 0) for ago in reversed(range(minutes))]

    def lag_ms(self, within_s: float) -> float | None:
        """See the port."""
        found: float | None = self._rows(reports.LAG, within=within_s)[0]["p99"]
        return found

    def _rows(self, sql: str, **given: Any) -> list[Row]:
        with self._database.transaction() as connection:
            return rows(connection, sql, **given)

    def _page(self, listing: _Listing, wanted: Wanted, read: Callable[[Row], Line]) -> Page[Line]:
        if not _is_text(wanted.state):
            return Page((), None)
        most = min(wanted.limit, PAGE_MAX)
        found = self._rows(
            listing.sql(wanted),
            user=wanted.user,
            bot=wanted.bot,
            state=wanted.state,
            run=wanted.run,
            since=wanted.since,
            before=wanted.before,
            kinds=sorted(wanted.kind.slots) if wanted.kind else [],
            level=wanted.trouble,
            at=wanted.after and wanted.after.at,
            line=wanted.after and wanted.after.line_id,
            limit=most + 1,
        )
        lines = tuple(read(row) for row in found[:most])
        if len(found) <= most:
            return Page(lines, None)
        last = found[most - 1]
        return Page(lines, Cursor(last[listing.at], last[listing.line_id]))


def _is_text(given: str) -> bool:
    """Say whether Postgres can hold it: no NUL, no half of a surrogate pair."""
    return not any(each == "\0" or "\ud800" <= each <= "\udfff" for each in given)


def _bot(row: Row) -> BotLine:
    own = {name: tuple(row[name]) for name in ("tags", "alerts")}
    return BotLine(**{**row, **own})


def _run(row: Row) -> RunRecord:
    facts = row["facts"]
    return RunRecord(
        RunLine(**{name: row[name] for name in RunLine.__slots__}),
        WorkId(row["work_id"]),
        row["index"],
        row["version"],
        row["path"],
        row["detail"],
        None if facts is None else bytes(facts),
    )


def position_line(row: Row) -> PositionLine:
    """Read a position with its user's and bot's names."""
    own: dict[str, Any] = {"legs": _legs(row), "tags": tuple(row["tags"])}
    own["realised_cents"] = row["realised"]
    own["unrealised_cents"] = _unrealised(row)
    given = {name: row[name] for name in PositionLine.__slots__ if name not in own}
    return PositionLine(**given, **own)


def _unrealised(row: Row) -> int | None:
    """None where the gain is not one of now; nor is it known of what cost nothing."""
    if not (row["is_valued"] and row["entry"] and row["state"] in HELD):
        return None
    return unrealised(row["gain"], row["entry"], row["quantity"], Structure(row["structure"]))


def order_line(row: Row) -> OrderLine:
    """Read an order with its user's and bot's names."""
    own: dict[str, Any] = {"rungs": len(row["rungs"]), "legs": _legs(row)}
    own["limit"] = Decimal(row["rungs"][row["rung"]][0])
    own["paid"] = row["paid"] / row["filled"] if row["filled"] else None
    given = {name: row[name] for name in OrderLine.__slots__ if name not in own}
    return OrderLine(**given, **own)


def _notice(row: Row) -> NoticeLine:
    return NoticeLine(**{name: row[name] for name in NoticeLine.__slots__})


def _legs(row: Row) -> tuple[tuple[str, int], ...]:
    return tuple((symbol, ratio) for symbol, ratio in row["legs"])
