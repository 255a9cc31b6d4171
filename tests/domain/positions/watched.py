"""Positions under the watch of a day, and how each is judged."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from botfleet.domain.eastern import instant
from botfleet.domain.ids import BotId, PositionId, UserId, derive
from botfleet.domain.market.calendar import session_on
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.positions.deadlines import deadlines
from botfleet.domain.positions.exits import ExitRules, Exits
from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.positions.watchlist import Judged, Tended, Watchlist, reason
from botfleet.domain.trades.structures import ROLES, Structure

D = Decimal
DAY = date(2026, 3, 10)
SESSION = session_on(DAY)
assert SESSION is not None
OPENED = instant(DAY, time(9, 45))
USER, BOT = UserId(derive("user", 1)), BotId(derive("bot", 1))
NONE, USUAL = Exits(), ExitRules()
Market = dict[Option, tuple[Decimal | None, Decimal | None]]


def legs(structure: Structure, *strikes: int) -> tuple[Leg, ...]:
    roles = zip(ROLES[structure], strikes, strict=True)
    found = (Leg(Option("SPY", DAY, role.right, D(strike)), role.ratio) for role, strike in roles)
    return tuple(found) or (Leg(None, 1),)


LEGS = {
    Structure.SHORT_PUT_SPREAD: legs(Structure.SHORT_PUT_SPREAD, 490, 495),
    Structure.LONG_CALL: legs(Structure.LONG_CALL, 500),
    Structure.IRON_CONDOR: legs(Structure.IRON_CONDOR, 485, 490, 510, 515),
    Structure.LONG_EQUITY: legs(Structure.LONG_EQUITY),
}
OPTIONS = {leg.option for each in LEGS.values() for leg in each if leg.option is not None}


def position(
    structure: Structure, entry: str, exits: Exits = NONE, quantity: int = 1, **more: Any
) -> Position:
    return Position(
        PositionId(derive("position", structure, entry, quantity, str(exits), str(more))),
        "SPY",
        structure,
        LEGS[structure],
        quantity,
        D(entry),
        PositionState.OPEN,
        OPENED,
        None if structure is Structure.LONG_EQUITY else DAY,
        exits,
        **more,
    )


def judge(
    held: Sequence[Position],
    market: Market,
    spot: str | None = "500",
    minute: int = 60,
    rules: ExitRules = USUAL,
) -> tuple[list[str], Judged]:
    """Judge positions together; give what fired for each, and all that was found."""
    assert SESSION is not None
    watchlist = Watchlist(SESSION)
    tended = [Tended(USER, BOT, one, rules) for one in held]
    watchlist.take(tended, [deadlines(one, SESSION) for one in held])
    at = OPENED + timedelta(minutes=1)
    last = None if spot is None else D(spot)
    bid, ask = (None, None) if last is None else (last - D("0.01"), last + D("0.01"))
    quotes = {"SPY": Quote("SPY", at, bid, ask, last)}
    options = {one: OptionQuote(one, at, *two) for one, two in market.items()}
    rows = watchlist.rows([BOT])
    judged = watchlist.judge(rows, watchlist.prices(quotes, options), minute)
    ids, _ = watchlist.named(rows)
    fired = dict(zip(ids, judged.fired.tolist(), strict=True))
    return [
        reason(fired[one.position_id]) if fired[one.position_id] else "" for one in held
    ], judged


def of(middle: str, width: str = "0.02") -> Market:
    """Make a put spread of 495 and 490 cost `middle`, `width` from side to side."""
    half = D(width) / 2
    short, long = Option("SPY", DAY, Right.PUT, D(495)), Option("SPY", DAY, Right.PUT, D(490))
    return {short: (D(middle) + 1 - half, D(middle) + 1 + half), long: (D(1), D(1))}


CREDIT = Structure.SHORT_PUT_SPREAD
