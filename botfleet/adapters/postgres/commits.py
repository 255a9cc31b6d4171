"""The commit of a batch, statement by statement; `batches` joins them into one transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import execute, rows
from botfleet.adapters.postgres.shapes import read_rungs, write_exits, write_legs, write_rungs
from botfleet.application.ports.batches import (
    CloseIntent,
    Expired,
    Notice,
    OpenIntent,
    OrderIntent,
    Repriced,
    RunRow,
    Watched,
)
from botfleet.application.ports.pools import Settlement
from botfleet.application.ports.work import Work
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId, DrawId, RunId, derive, wire_id
from botfleet.domain.orders.ladder import repriced as repriced_rungs
from botfleet.domain.trades.structures import Structure, multiplier


def end_work(connection: Connection, work: Work) -> bool:
    """End the row if this claim is still the last one."""
    ended = execute(
        connection,
        """UPDATE work SET state = 'done', ended_real = clock_timestamp(), lease_until = NULL
           WHERE work_id = %(work)s AND fence = %(fence)s AND state = 'claimed'""",
        work=work.work_id,
        fence=work.fence,
    )
    return ended.rowcount == 1


def add_draws(connection: Connection, opens: Sequence[OpenIntent]) -> set[DrawId]:
    """Write draws; give those that are new. A tombstone, a repeat or a reused place is not."""
    made = execute(
        connection,
        """INSERT INTO draws (draw_id, user_id, bot_id, run_id, epoch, seq, state, amount, units,
                              day)
           SELECT d, u, b, r, e, s, 'pending', a, n, day
           FROM unnest(%(draw)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[], %(run)s::uuid[],
                       %(epoch)s::bigint[], %(seq)s::bigint[], %(amount)s::bigint[],
                       %(units)s::int[], %(day)s::date[]) AS v(d, u, b, r, e, s, a, n, day)
           ON CONFLICT DO NOTHING RETURNING draw_id""",
        **_columns(
            (
                {
                    "draw": one.ask.draw_id,
                    "user": one.order.user_id,
                    "bot": one.ask.bot_id,
                    "run": one.order.run_id,
                    "epoch": one.granted.epoch,
                    "seq": one.granted.seq,
                    "amount": one.granted.amount,
                    "units": one.granted.units,
                    "day": one.ask.day,
                }
                for one in opens
            ),
            "draw user bot run epoch seq amount units day",
        ),
    )
    return {DrawId(draw) for draw in made.scalars()}


_CHARGE = """
UPDATE pools p SET pending = p.pending + v.amount, pending_n = p.pending_n + v.n,
    day_n = CASE WHEN p.day = v.day THEN p.day_n ELSE 0 END + v.n, day = v.day
FROM (SELECT b, e, day, sum(a)::bigint AS amount, count(*)::int AS n
      FROM unnest(%(bot)s::uuid[], %(epoch)s::bigint[], %(day)s::date[], %(amount)s::bigint[])
           AS w(b, e, day, a) GROUP BY b, e, day) v
WHERE p.bot_id = v.b AND p.epoch = v.e AND p.day <= v.day
  AND p.allocation - p.committed - p.pending >= v.amount
  AND p.open_n + p.pending_n + v.n <= p.open_max
  AND CASE WHEN p.day = v.day THEN p.day_n ELSE 0 END + v.n <= p.day_max
RETURNING p.bot_id, v.e
"""


def charge(connection: Connection, opens: Sequence[OpenIntent]) -> list[OpenIntent]:
    """Check every limit again and charge the pools; give the opens that pass.

    All of a bot's draws of one epoch at once (a batch may hold draws of an epoch that ended between
    its rounds: those never pass); a sum that does not pass is tried draw by draw.
    """
    passed = _charge(connection, opens)
    return [one for one in opens if _pool_of(one) in passed or _charge(connection, [one])]


def _pool_of(one: OpenIntent) -> tuple[BotId, int]:
    return one.ask.bot_id, one.granted.epoch


def _charge(connection: Connection, opens: Sequence[OpenIntent]) -> set[tuple[BotId, int]]:
    columns = _columns(
        (
            {
                "bot": one.ask.bot_id,
                "epoch": one.granted.epoch,
                "day": one.ask.day,
                "amount": one.granted.amount,
            }
            for one in opens
        ),
        "bot epoch day amount",
    )
    return {(row["bot_id"], row["e"]) for row in rows(connection, _CHARGE, **columns)}


def veto(connection: Connection, draws: Iterable[DrawId]) -> None:
    """Take draws back that this transaction wrote and the limits refused."""
    sql = "DELETE FROM draws WHERE draw_id = ANY(%(draws)s::uuid[])"
    execute(connection, sql, draws=list(draws))


def add_positions(connection: Connection, opens: Sequence[OpenIntent], at: datetime) -> None:
    """Write the positions being opened, and the ledger's first entry of each draw."""
    columns = _columns(
        (
            {
                "position": one.position.position_id,
                "user": one.order.user_id,
                "bot": one.ask.bot_id,
                "draw": one.ask.draw_id,
                "symbol": one.position.symbol,
                "structure": one.position.structure.value,
                "legs": write_legs(one.position.legs),
                "quantity": one.position.quantity,
                "entry": one.position.entry,
                "exits": write_exits(one.position.exits),
                "tags": json.dumps(one.position.tags),
                "expires": one.position.expires_on,
                "amount": one.granted.amount,
            }
            for one in opens
        ),
        "position user bot draw symbol structure legs quantity entry exits tags expires amount",
    )
    execute(
        connection,
        """INSERT INTO positions (position_id, user_id, bot_id, draw_id, state, symbol, structure,
               legs, quantity, entry, exits, tags, expires_on, opened_at)
           SELECT p, u, b, d, 'opening', s, st, l::jsonb, q, e, x::jsonb,
                  t::jsonb, ex, %(at)s
           FROM unnest(%(position)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[], %(draw)s::uuid[],
                       %(symbol)s::text[], %(structure)s::text[], %(legs)s::text[],
                       %(quantity)s::int[], %(entry)s::numeric[], %(exits)s::text[],
                       %(tags)s::text[], %(expires)s::date[])
                AS v(p, u, b, d, s, st, l, q, e, x, t, ex)""",
        at=at,
        **columns,
    )
    add_entries(
        connection,
        [
            (one.ask.draw_id, "pend", "", one.order.user_id, one.ask.bot_id, one.granted.amount)
            for one in opens
        ],
        at,
    )


def add_entries(connection: Connection, entries: Sequence[tuple[Any, ...]], at: datetime) -> None:
    """Append to the ledger: (draw, kind, ref, user, bot, amount); a repeated entry is one entry."""
    names = ["draw", "kind", "ref", "user", "bot", "amount"]
    execute(
        connection,
        """INSERT INTO entries (draw_id, kind, ref, user_id, bot_id, amount, at)
           SELECT *, %(at)s FROM unnest(%(draw)s::uuid[], %(kind)s::text[], %(ref)s::text[],
               %(user)s::uuid[], %(bot)s::uuid[], %(amount)s::bigint[])
           ON CONFLICT DO NOTHING""",
        at=at,
        **_columns((dict(zip(names, entry, strict=True)) for entry in entries), " ".join(names)),
    )


def add_orders(connection: Connection, orders: Sequence[OrderIntent], at: datetime) -> None:
    """Write orders as PENDING: provably not sent."""
    execute(
        connection,
        """INSERT INTO orders (order_id, user_id, bot_id, account_id, position_id, run_id, wire_id,
               effect, state, symbol, legs, quantity, rungs, why, created_at, check_at,
               lease_until)
           SELECT o, u, b, a, p, r, w, e, 'pending', s, l::jsonb, q, g::jsonb, y, %(at)s, %(at)s,
                  clock_timestamp()
           FROM unnest(%(order)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[], %(account)s::uuid[],
                       %(position)s::uuid[], %(run)s::uuid[], %(wire)s::text[], %(effect)s::text[],
                       %(symbol)s::text[], %(legs)s::text[], %(quantity)s::int[], %(rungs)s::text[],
                       %(why)s::text[])
                AS v(o, u, b, a, p, r, w, e, s, l, q, g, y)""",
        at=at,
        **_columns(
            (
                {
                    "order": one.order_id,
                    "user": one.user_id,
                    "bot": one.bot_id,
                    "account": one.account_id,
                    "position": one.position_id,
                    "run": one.run_id,
                    "wire": wire_id(one.order_id),
                    "effect": one.effect.value,
                    "symbol": one.symbol,
                    "legs": write_legs(one.legs),
                    "quantity": one.quantity,
                    "rungs": write_rungs(one.rungs),
                    "why": one.why,
                }
                for one in orders
            ),
            "order user bot account position run wire effect symbol legs quantity rungs why",
        ),
    )


def begin_closing(connection: Connection, closes: Sequence[CloseIntent]) -> list[CloseIntent]:
    """Take open positions for closing; give the closes that got theirs (one live close each)."""
    taken = execute(
        connection,
        """UPDATE positions p SET state = 'closing', closed_by = v.why
           FROM unnest(%(position)s::uuid[], %(why)s::text[]) AS v(id, why)
           WHERE p.position_id = v.id AND p.state = 'open' RETURNING p.position_id""",
        position=[one.order.position_id for one in closes],
        why=[one.why for one in closes],
    )
    positions = set(taken.scalars())
    return [one for one in closes if one.order.position_id in positions]


def reprice(connection: Connection, repriced: Sequence[Repriced], at: datetime) -> None:
    """Have working closes rest at another limit; what is not at the broker stays as it is."""
    limits = {one.position_id: one.limit for one in repriced}
    working = rows(
        connection,
        """SELECT order_id, position_id, rungs, rung, sent_at FROM orders
           WHERE position_id = ANY(%(positions)s::uuid[]) AND effect = 'close'
             AND state IN ('working', 'partial') FOR UPDATE""",
        positions=list(limits),
    )
    for row in working:
        rungs = repriced_rungs(
            read_rungs(row["rungs"]),
            rung=row["rung"],
            age_s=(at - row["sent_at"]).total_seconds(),
            limit=limits[row["position_id"]],
        )
        execute(
            connection,
            """UPDATE orders SET rungs = %(rungs)s::jsonb, check_at = %(at)s
               WHERE order_id = %(order)s""",
            rungs=write_rungs(rungs),
            at=at,
            order=row["order_id"],
        )


def add_runs(
    connection: Connection, work: Work, runs: Sequence[RunRow], at: datetime
) -> set[RunId]:
    """Write runs; one that was already done elsewhere stays as it is (R18). Give those written."""
    made = execute(
        connection,
        """INSERT INTO runs (run_id, user_id, bot_id, work_id, automation, version, at, outcome,
               path, detail)
           SELECT r, u, b, %(work)s, a, v, %(at)s, o, p, d
           FROM unnest(%(run)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[], %(automation)s::int[],
                       %(version)s::text[], %(outcome)s::text[], %(path)s::text[],
                       %(detail)s::text[]) AS w(r, u, b, a, v, o, p, d)
           ON CONFLICT (run_id) DO NOTHING RETURNING run_id""",
        work=work.work_id,
        at=at,
        run=[one.run_id for one in runs],
        user=[one.user_id for one in runs],
        bot=[one.bot_id for one in runs],
        automation=[one.automation for one in runs],
        version=[one.version for one in runs],
        outcome=[one.outcome for one in runs],
        path=[one.path for one in runs],
        detail=[one.detail for one in runs],
    )
    return {RunId(run) for run in made.scalars()}


def add_facts(connection: Connection, work: Work, body: bytes) -> None:
    """Write what the market answered."""
    sql = """INSERT INTO facts (work_id, body) VALUES (%(work)s, %(body)s)
             ON CONFLICT (work_id) DO UPDATE SET body = excluded.body"""
    execute(connection, sql, work=work.work_id, body=body)


def add_notices(connection: Connection, notices: Sequence[Notice], at: datetime) -> None:
    """Write notices to owners; a repeated one is one."""
    execute(
        connection,
        """INSERT INTO notices (notice_id, user_id, bot_id, at, level, code, message)
           SELECT n, u, b, %(at)s, l, c, m
           FROM unnest(%(notice)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[], %(level)s::text[],
                       %(code)s::text[], %(message)s::text[]) AS v(n, u, b, l, c, m)
           ON CONFLICT DO NOTHING""",
        at=at,
        **_columns(
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
        ),
    )


def keep_watch(connection: Connection, watched: Sequence[Watched], at: datetime) -> None:
    """Keep gains and high gains; a high never falls. The day's first look keeps yesterday's gain.

    What a position had gained when the session before ended is what day's results count from.
    """
    execute(
        connection,
        """UPDATE positions p SET gain = v.gain, high_gain = greatest(p.high_gain, v.high),
               prior_gain = CASE WHEN p.watched_on < %(day)s THEN p.gain ELSE p.prior_gain END,
               watched_on = %(day)s
           FROM unnest(%(position)s::uuid[], %(gain)s::float8[], %(high)s::float8[])
                AS v(id, gain, high)
           WHERE p.position_id = v.id""",
        day=day_of(at),
        position=[one.position_id for one in watched],
        gain=[one.gain for one in watched],
        high=[one.high_gain for one in watched],
    )


def book_expired(
    connection: Connection, expired: Sequence[Expired], at: datetime
) -> list[Settlement]:
    """End positions at what they were worth; give their capital back."""
    worths = {one.position_id: one.worth for one in expired}
    ended = rows(
        connection,
        """UPDATE positions SET state = 'expired', closed_at = %(at)s, closed_by = 'expiration'
           WHERE position_id = ANY(%(ids)s::uuid[]) AND state = 'open'
           RETURNING position_id, draw_id, user_id, bot_id, structure, legs, quantity, entry""",
        at=at,
        ids=list(worths),
    )
    for row in ended:
        a_share = worths[row["position_id"]] - row["entry"]
        shares = multiplier(Structure(row["structure"])) * row["quantity"]
        release(connection, row, round(a_share * shares * 100), at)
    return [Settlement(row["bot_id"], row["draw_id"], is_release=True) for row in ended]


def release(connection: Connection, row: Mapping[str, Any], gain: int, at: datetime) -> None:
    """Free what a position that is gone had committed, and book its gain (cents)."""
    posted = execute(
        connection,
        """UPDATE draws SET state = 'released' WHERE draw_id = %(draw)s AND state = 'posted'
           RETURNING posted""",
        draw=row["draw_id"],
    ).scalar_one()
    execute(
        connection,
        """UPDATE pools SET committed = committed - %(posted)s, open_n = open_n - 1,
                            gains = gains + %(gain)s WHERE bot_id = %(bot)s""",
        posted=posted,
        gain=gain,
        bot=row["bot_id"],
    )
    execute(
        connection,
        "UPDATE positions SET realised = realised + %(gain)s WHERE position_id = %(position)s",
        gain=gain,
        position=row["position_id"],
    )
    owner = (row["user_id"], row["bot_id"])
    entries = [
        (row["draw_id"], "close", "", *owner, -posted),
        (row["draw_id"], "gain", str(row["position_id"]), *owner, gain),
    ]
    add_entries(connection, entries, at)


def _columns(values: Iterable[Mapping[str, Any]], names: str) -> dict[str, list[Any]]:
    """Turn rows into one array a column."""
    listed = list(values)
    return {name: [value[name] for value in listed] for name in names.split()}
