"""Positions in Postgres: opened, taken for closing, watched, expired; each a statement a batch."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import columns, execute, rows
from botfleet.adapters.postgres.draws import add_entries, release
from botfleet.adapters.postgres.shapes import write_exits, write_legs
from botfleet.adapters.postgres.switches import mode_of
from botfleet.application.ports.batches import CloseIntent, Expired, OpenIntent, Watched
from botfleet.application.ports.pools import Settlement
from botfleet.domain.eastern import day_of
from botfleet.domain.trades.structures import Structure, multiplier


def add_positions(connection: Connection, opens: Sequence[OpenIntent], at: datetime) -> None:
    """Write the positions being opened, and the ledger's first entry of each draw."""
    arrays = columns(
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
        **arrays,
    )
    add_entries(
        connection,
        [
            (one.ask.draw_id, "pend", "", one.order.user_id, one.ask.bot_id, one.granted.amount)
            for one in opens
        ],
        at,
    )


def begin_closing(connection: Connection, closes: Sequence[CloseIntent]) -> list[CloseIntent]:
    """Take open positions for closing; give the closes that got theirs (one live close each).

    Those of a bot that was halted in between get none.
    """
    taken = execute(
        connection,
        f"""UPDATE positions p SET state = 'closing', closed_by = v.why
           FROM unnest(%(position)s::uuid[], %(why)s::text[]) AS v(id, why), bots b
           WHERE p.position_id = v.id AND p.state = 'open' AND b.bot_id = p.bot_id
             AND {mode_of("b")} <> 'halted' RETURNING p.position_id""",
        position=[one.order.position_id for one in closes],
        why=[one.why for one in closes],
    )
    positions = set(taken.scalars())
    return [one for one in closes if one.order.position_id in positions]


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
