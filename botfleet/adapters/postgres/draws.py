"""The ledger of the pools in Postgres: draws, charges against the limits, entries, releases."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import columns, execute, rows
from botfleet.application.ports.batches import OpenIntent
from botfleet.domain.ids import BotId, DrawId


def add_draws(connection: Connection, opens: Sequence[OpenIntent]) -> set[DrawId]:
    """Write draws; give those that are new. A tombstone, a repeat or a reused place is not."""
    made = execute(
        connection,
        """INSERT INTO draws (draw_id, user_id, bot_id, run_id, epoch, seq, state, amount, units,
                              day, action)
           SELECT d, u, b, r, e, s, 'pending', a, n, day, action
           FROM unnest(%(draw)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[], %(run)s::uuid[],
                       %(epoch)s::bigint[], %(seq)s::bigint[], %(amount)s::bigint[],
                       %(units)s::int[], %(day)s::date[], %(action)s::uuid[])
                AS v(d, u, b, r, e, s, a, n, day, action)
           ON CONFLICT DO NOTHING RETURNING draw_id""",
        **columns(
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
                    "action": one.action,
                }
                for one in opens
            ),
            "draw user bot run epoch seq amount units day action",
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
    arrays = columns(
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
    return {(row["bot_id"], row["e"]) for row in rows(connection, _CHARGE, **arrays)}


def veto(connection: Connection, draws: Iterable[DrawId]) -> None:
    """Take draws back that this transaction wrote and the limits refused."""
    sql = "DELETE FROM draws WHERE draw_id = ANY(%(draws)s::uuid[])"
    execute(connection, sql, draws=list(draws))


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
        **columns((dict(zip(names, entry, strict=True)) for entry in entries), " ".join(names)),
    )


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
