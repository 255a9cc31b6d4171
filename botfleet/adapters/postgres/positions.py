"""Positions in Postgres: opened, taken for closing, watched, expired; each a statement a batch."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import columns, execute, rows
from botfleet.adapters.postgres.draws import add_entries, release
from botfleet.adapters.postgres.notices import add_notices, gone
from botfleet.adapters.postgres.reactions import Booked, react
from botfleet.adapters.postgres.shapes import write_exits, write_legs
from botfleet.adapters.postgres.switches import mode_of
from botfleet.application.ports.batches import CloseIntent, Expired, Notice, OpenIntent, Watched
from botfleet.application.ports.pools import Settlement
from botfleet.domain.bots.mishaps import Level
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import PositionId
from botfleet.domain.market.instruments import MULTIPLIER, Leg
from botfleet.domain.positions.position import Position
from botfleet.domain.schedules.events import Transition
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
                "cover": one.position.covered_by,
                "amount": one.granted.amount,
            }
            for one in opens
        ),
        "position user bot draw symbol structure legs quantity entry exits tags expires cover"
        " amount",
    )
    execute(
        connection,
        """INSERT INTO positions (position_id, user_id, bot_id, draw_id, state, symbol, structure,
               legs, quantity, entry, exits, tags, expires_on, covered_by, opened_at)
           SELECT p, u, b, d, 'opening', s, st, l::jsonb, q, e, x::jsonb,
                  t::jsonb, ex, cb, %(at)s
           FROM unnest(%(position)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[], %(draw)s::uuid[],
                       %(symbol)s::text[], %(structure)s::text[], %(legs)s::text[],
                       %(quantity)s::int[], %(entry)s::numeric[], %(exits)s::text[],
                       %(tags)s::text[], %(expires)s::date[], %(cover)s::uuid[])
                AS v(p, u, b, d, s, st, l, q, e, x, t, ex, cb)""",
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

    Those of a bot that was halted in between get none, nor shares that sold calls stand on, nor
    what an account holds by a restored database: it may be closed already.
    """
    taken = execute(
        connection,
        f"""UPDATE positions p SET state = 'closing', closed_by = v.why
           FROM unnest(%(position)s::uuid[], %(why)s::text[]) AS v(id, why), bots b
           WHERE p.position_id = v.id AND p.state = 'open' AND p.promised = 0
             AND b.bot_id = p.bot_id AND {mode_of("b")} <> 'halted'
             AND NOT EXISTS (SELECT FROM passes s WHERE s.account_id = b.account_id
                             AND s.is_restored) RETURNING p.position_id""",
        position=[one.order.position_id for one in closes],
        why=[one.why for one in closes],
    )
    positions = set(taken.scalars())
    return [one for one in closes if one.order.position_id in positions]


def keep_watch(connection: Connection, watched: Watched, at: datetime) -> None:
    """Keep gains; a high never falls, a low never rises. The day's first look keeps the last gain.

    What a position had gained when the session before ended is what day's results count from.
    """
    execute(
        connection,
        """UPDATE positions p SET gain = v.gain, high_gain = greatest(p.high_gain, v.high),
               low_gain = least(p.low_gain, v.low),
               high_at = CASE WHEN v.high > p.high_gain THEN %(at)s ELSE p.high_at END,
               low_at = CASE WHEN v.low < p.low_gain THEN %(at)s ELSE p.low_at END,
               prior_gain = CASE WHEN p.watched_on < %(day)s THEN p.gain ELSE p.prior_gain END,
               watched_on = %(day)s, is_valued = v.valued
           FROM unnest(%(position)s::uuid[], %(gain)s::float8[], %(high)s::float8[],
                       %(low)s::float8[], %(valued)s::bool[])
                AS v(id, gain, high, low, valued)
           WHERE p.position_id = v.id""",
        at=at,
        day=day_of(at),
        position=list(watched.positions),
        gain=list(watched.gain),
        high=list(watched.high),
        low=list(watched.low),
        valued=list(watched.valued),
    )


def book_expired(
    connection: Connection, expired: Sequence[Expired], at: datetime
) -> list[Settlement]:
    """End positions at what they were worth; give their capital back.

    Of a covered call the shares stay, at what they cost: the price paid less what the call brought,
    and more what it cost in the end (its premium is earned when they are sold).
    """
    keep_shares(connection, [one for one in expired if one.keeps_shares])
    worths = {one.position_id: one.worth for one in expired if not one.keeps_shares}
    ended = rows(
        connection,
        """UPDATE positions SET state = 'expired', closed_at = %(at)s, closed_by = 'expiration'
           WHERE position_id = ANY(%(ids)s::uuid[]) AND state = 'open'
           RETURNING position_id, draw_id, user_id, bot_id, symbol, structure, legs, quantity,
                     entry, covered_by""",
        at=at,
        ids=list(worths),
    )
    told = []
    for row in ended:
        a_share = worths[row["position_id"]] - row["entry"]
        shares = multiplier(Structure(row["structure"])) * row["quantity"]
        gain = round(a_share * shares * 100)
        promise_more(connection, row["covered_by"], -row["quantity"])
        release(connection, row, gain, at)
        told.append(_expired(row, gain))
    add_notices(connection, told, at)
    react(connection, [_gone(row) for row in ended], at)
    return [Settlement(row["bot_id"], row["draw_id"], is_release=True) for row in ended]


def _gone(row: Mapping[str, Any]) -> Booked:
    owner = (row["user_id"], row["bot_id"])
    return Booked(Transition.CLOSED, row["position_id"], row["structure"], *owner)


def _expired(row: Mapping[str, Any], gain: int) -> Notice:
    words, cause = gone("Expired:", row, gain, ""), f"{row['position_id']}/expired"
    return Notice(row["user_id"], row["bot_id"], Level.CLOSE, "expired", words, cause)


def keep_shares(connection: Connection, expired: Sequence[Expired]) -> None:
    """Let positions go on as the shares they hold, their options gone at `worth` a share."""
    execute(
        connection,
        """UPDATE positions p SET structure = %(structure)s, legs = %(legs)s::jsonb,
               quantity = p.quantity * %(each)s, entry = p.entry - v.worth, expires_on = NULL
           FROM unnest(%(position)s::uuid[], %(worth)s::numeric[]) AS v(id, worth)
           WHERE p.position_id = v.id AND p.state = 'open' AND p.expires_on IS NOT NULL""",
        structure=Structure.LONG_EQUITY.value,
        legs=write_legs((Leg(None, 1),)),
        each=MULTIPLIER,
        position=[one.position_id for one in expired],
        worth=[one.worth for one in expired],
    )


def promise(connection: Connection, position: Position) -> bool:
    """Promise shares to a call that is opened on them; False where they are gone or not free."""
    if position.covered_by is None:
        return True
    taken = execute(
        connection,
        """UPDATE positions SET promised = promised + %(shares)s
           WHERE position_id = %(cover)s AND state = 'open' AND structure = %(structure)s
             AND quantity - promised >= %(shares)s""",
        cover=position.covered_by,
        shares=position.quantity * MULTIPLIER,
        structure=Structure.LONG_EQUITY.value,
    )
    return taken.rowcount == 1


def promise_more(connection: Connection, cover: object, contracts: int) -> None:
    """Promise shares to so many calls more (< 0: free those of calls that are gone)."""
    if cover is None or not contracts:
        return
    sql = "UPDATE positions SET promised = promised + %(shares)s WHERE position_id = %(cover)s"
    execute(connection, sql, cover=cover, shares=contracts * MULTIPLIER)


_HAND_OVER = """
UPDATE positions SET state = 'overridden', closed_at = %(at)s, closed_by = 'override'
WHERE position_id = ANY(%(ids)s::uuid[]) AND state IN ('open', 'missing') AND promised = 0
RETURNING position_id, draw_id, user_id, bot_id, quantity, covered_by
"""


def hand_over(
    connection: Connection, positions: Sequence[PositionId], at: datetime, result: int = 0
) -> list[Settlement]:
    """Give positions to their owners: no bot touches them, their slots and capital are free.

    Those that are open, and those the broker does not hold any more. `result`, in cents, is what
    each came to as far as is known. Shares that calls stand on stay.
    """
    gone = rows(connection, _HAND_OVER, at=at, ids=list(positions))
    for row in gone:
        promise_more(connection, row["covered_by"], -row["quantity"])
        release(connection, row, result, at)
    return [Settlement(row["bot_id"], row["draw_id"], is_release=True) for row in gone]
