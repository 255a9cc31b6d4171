"""What a commit objects to in opens that were granted: a switch thrown in between (R38)."""

from collections.abc import Sequence

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import rows
from botfleet.adapters.postgres.switches import mode_of
from botfleet.application.ports.batches import OpenIntent
from botfleet.domain.bots.safeguards import Mode, bars
from botfleet.domain.ids import BotId, DrawId
from botfleet.domain.orders.order import Effect


def objections(connection: Connection, opens: Sequence[OpenIntent]) -> dict[DrawId, str]:
    """Name the opens that may not be, each with the word its run ends with."""
    modes = _modes(connection, {one.ask.bot_id for one in opens})
    return {
        one.ask.draw_id: f"refused:{modes[one.ask.bot_id]}"
        for one in opens
        if bars(modes[one.ask.bot_id], Effect.OPEN)
    }


def _modes(connection: Connection, bots: set[BotId]) -> dict[BotId, Mode]:
    sql = f"SELECT bot_id, {mode_of('b')} AS mode FROM bots b WHERE bot_id = ANY(%(bots)s::uuid[])"
    return {row["bot_id"]: Mode(row["mode"]) for row in rows(connection, sql, bots=list(bots))}
