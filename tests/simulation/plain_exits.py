"""A day's exits worked out plainly: one position and one minute at a time, on prices given."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from botfleet.domain.market.calendar import Session, session_on

D = Decimal
MINUTE = timedelta(minutes=1)
Sides = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True)
class Held:
    """A position as its test remembers it: an empty contract is a share."""

    name: str
    symbol: str
    legs: tuple[tuple[str, int], ...]
    units: int
    entry: Decimal
    exits: Mapping[str, Any]


Prices = Callable[[str, int], Sides]


def length_of(session: Session) -> int:
    return int((session.closes_at - session.opens_at) / MINUTE)


def share(text: str) -> Decimal:
    return D(str(text).removesuffix("%")) / 100


def contract(name: str) -> tuple[date, str, Decimal]:
    """Read `GOOG151224C00750000`."""
    tail = name[-15:]
    day = date(2000 + int(tail[:2]), int(tail[2:4]), int(tail[4:6]))
    return day, tail[6], D(int(tail[7:])) / 1000


def worth(held: Held, prices: Prices, minute: int) -> tuple[Decimal, Decimal] | None:
    bid = ask = D(0)
    for name, ratio in held.legs:
        low, high = prices(name or held.symbol, minute)
        low = low or D(0)
        if high is None or low > high:
            return None
        bid += ratio * (low if ratio > 0 else high)
        ask += ratio * (high if ratio > 0 else low)
    return bid, ask


@dataclass(frozen=True)
class Look:
    """One minute of one position: its return, the highest so far, the underlying's last price."""

    held: Held
    session: Session
    minute: int
    gain: Decimal
    high: Decimal
    last: Decimal | None


def leaves(
    held: Held, prices: Prices, spot: Callable[[int], Decimal | None], session: Session
) -> tuple[int, str] | None:
    """Go through a day; say in which minute a position is left, and why."""
    length, high = length_of(session), D(0)
    for minute in range(16, length):
        seen, last = worth(held, prices, minute), spot(minute)
        if seen is None:
            continue
        if minute in {length - 10, length - 5, length - 1} and last and goes(held, last, session):
            return minute, "expiration"
        bid, ask = seen
        if "spread_max" in held.exits and ask - bid > D(str(held.exits["spread_max"])):
            continue
        gain = ((bid + ask) / 2 - held.entry) / abs(held.entry)
        high = max(high, gain)
        look = Look(held, session, minute, gain, high, last)
        why = next(chain(by_gain(look), by_trail(look), by_place_and_time(look)), None)
        if why and not held.exits.get("no_day_trade"):
            return minute, why
    return None


def goes(held: Held, last: Decimal, session: Session) -> bool:
    contracts = [contract(name) for name, _ in held.legs if name]
    return any(
        day == session.day and (last > strike if right == "C" else last < strike)
        for day, right, strike in contracts
    )


def by_gain(look: Look) -> Iterator[str]:
    held, exits, gain = look.held, look.held.exits, look.gain
    made = gain * abs(held.entry) * held.units
    if "profit" in exits and gain >= share(exits["profit"]):
        yield "profit"
    if "profit_amount" in exits and made >= exits["profit_amount"]:
        yield "profit"
    if "price" in exits:
        target = D(str(exits["price"])) * (1 if held.entry > 0 else -1)
        now = held.entry + gain * abs(held.entry)
        if now >= target if target >= held.entry else now <= target:
            yield "price"
    if "stop" in exits and gain <= -share(exits["stop"]):
        yield "stop"
    if "stop_amount" in exits and made <= -exits["stop_amount"]:
        yield "stop"


def by_trail(look: Look) -> Iterator[str]:
    exits, given_back = look.held.exits, look.high - look.gain
    if "trail" in exits and look.high >= share(exits["trail_from"]):
        floor = share(exits.get("trail_return_min", "-1000%"))
        roof = share(exits.get("trail_pullback_max", "1000%"))
        if share(exits["trail"]) <= given_back <= roof and look.gain >= floor:
            yield "trail"


def by_place_and_time(look: Look) -> Iterator[str]:
    held, exits = look.held, look.held.exits
    if "touch" in exits and look.last is not None and touched(held, exits["touch"], look.last):
        yield "touch"
    days = [contract(name)[0] for name, _ in held.legs if name]
    if days and late(str(exits.get("expiration", "")), min(days), look.minute, look.session):
        yield "expiration"


def touched(held: Held, touch: object, last: Decimal) -> bool:
    is_credit = held.entry < 0
    for name, ratio in held.legs:
        if name and (ratio < 0) is is_credit:
            _, right, strike = contract(name)
            away = strike * share(touch) if isinstance(touch, str) else D(str(touch))
            if last >= strike - away if right == "C" else last <= strike + away:
                return True
    return False


def late(expiration: str, day: date, minute: int, session: Session) -> bool:
    if not expiration:
        return False
    length = length_of(session)
    count, unit = expiration.split()
    if unit.startswith("minute"):
        return day == session.day and minute >= length - int(count)
    following = session.day + timedelta(days=1)
    while session_on(following) is None:
        following += timedelta(days=1)
    return following > day - timedelta(days=int(count)) and minute >= length - 31
