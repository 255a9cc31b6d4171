"""What each exit of a position would need to fire now: a line an exit, for whoever looks at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from botfleet.domain.eastern import wall
from botfleet.domain.figures import share
from botfleet.domain.market.calendar import Session, previous_session, session_on
from botfleet.domain.money import Money
from botfleet.domain.positions.deadlines import BY_DAYS, Deadlines
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import Position, Valuation, reaches, return_on_entry
from botfleet.domain.positions.watchlist import touches
from botfleet.domain.trades.structures import multiplier
from botfleet.errors import BadInput

_UNKNOWN = "not quoted"


@dataclass(frozen=True, slots=True)
class Need:
    """One exit: what it is set to, how things stand, and what it needs to fire."""

    exit: str
    set_to: str
    now: str
    needs: str


def needs(
    position: Position, worth: Valuation | None, due: Deadlines, session: Session
) -> tuple[Need, ...]:
    """Say of each exit that is set what it would need to fire in `session`."""
    exits = position.exits
    return (
        *_by_price(position, worth),
        *_by_trail(position, worth),
        *_by_touch(position, worth),
        *_by_clock(position, due, session),
        *_by_odds(exits, worth),
        *_guards(exits, worth, due),
    )


def _by_price(position: Position, worth: Valuation | None) -> Iterator[Need]:
    exits, entry = position.exits, position.entry
    paid, units = abs(entry), position.quantity * multiplier(position.structure)
    change = None if worth is None else worth.mid - entry
    gain = _percent(None if worth is None else return_on_entry(entry, worth.mid))
    made = _UNKNOWN if change is None else str(_money(change * units))
    if exits.profit is not None:
        level = _or_better(entry, exits.profit * paid)
        yield Need("profit", _percent(float(exits.profit)), gain, level)
    if exits.profit_amount is not None:
        level = _or_better(entry, exits.profit_amount.dollars / units)
        yield Need("profit", str(exits.profit_amount), made, level)
    if exits.price is not None:
        now = _UNKNOWN if worth is None else _at(worth.mid)
        yield Need("price", _at(exits.price), now, f"a price of {_at(exits.price)}")
    if exits.stop is not None:
        level = _or_worse(entry, exits.stop * paid)
        yield Need("stop", _percent(float(exits.stop)), gain, level)
    if exits.stop_amount is not None:
        level = _or_worse(entry, exits.stop_amount.dollars / units)
        yield Need("stop", str(exits.stop_amount), made, level)


def _by_trail(position: Position, worth: Valuation | None) -> Iterator[Need]:
    exits, high = position.exits, position.high_gain
    if exits.trail is None or exits.trail_from is None:
        return
    gain = None if worth is None else return_on_entry(position.entry, worth.mid)
    now = f"{_percent(gain)}, highest {_percent(high)}"
    wanted = f"a return of {_percent(float(exits.trail_from))} first"
    if reaches(high, exits.trail_from):
        wanted = f"a return of {_percent(high - float(exits.trail))} or less"
    if exits.trail_return_min is not None:
        wanted += f", but no less than {_percent(float(exits.trail_return_min))}"
    if exits.trail_pullback_max is not None:
        wanted += f", with at most {_percent(float(exits.trail_pullback_max))} given back"
    said = f"{_percent(float(exits.trail))} from {_percent(float(exits.trail_from))}"
    yield Need("trail", said, now, wanted)


def _by_touch(position: Position, worth: Valuation | None) -> Iterator[Need]:
    exits = position.exits
    if exits.touch is None:
        return
    above, below = touches(position)
    sides = [
        *(f"{position.symbol} at {above:.2f} or above" for _ in range(above == above)),  # noqa: PLR0124
        *(f"{position.symbol} at {below:.2f} or below" for _ in range(below == below)),  # noqa: PLR0124
    ]
    last = None if worth is None else worth.underlying
    away = _percent(float(exits.touch)) if exits.touch_is_fraction else str(exits.touch)
    yield Need("touch", away, _UNKNOWN if last is None else f"{last:.2f}", ", or ".join(sides))


def _by_clock(position: Position, due: Deadlines, session: Session) -> Iterator[Need]:
    exits = position.exits
    minutes, days = exits.expiration_min, exits.expiration_days
    expires = position.expires_on
    if expires is not None and minutes is not None:
        first = _first(expires, timedelta(minutes=minutes))
        yield Need("expiration", f"{minutes} minutes", f"expires {expires}", _from(first, due))
    if expires is not None and days is not None:
        first = _first(expires - timedelta(days=days), BY_DAYS)
        yield Need("expiration", f"{days} days", f"expires {expires}", _from(first, due))
    if exits.avoid:
        names = ", ".join(name.replace("_", " ") for name in exits.avoid)
        yield Need("events", names, "", _when(due.events, due, session))
    if exits.earnings_days is not None:
        yield Need("earnings", f"{exits.earnings_days} days", "", _when(due.earnings, due, session))


def _first(by: date, before: timedelta) -> datetime | None:
    """Give the instant on the last session that is on or before a day; None beyond the calendar."""
    try:
        session = session_on(by) or previous_session(by)
    except BadInput:
        return None
    return session.closes_at - before


def _from(first: datetime | None, due: Deadlines) -> str:
    at = due.expiration or first
    return "a day the calendar does not reach" if at is None else _clock(at)


def _when(at: datetime | None, due: Deadlines, session: Session) -> str:
    if at is not None:
        return _clock(at)
    if due.unknown:
        return f"a calendar that tells {', '.join(due.unknown)}"
    return f"nothing to come right after {session.day}"


def _clock(at: datetime) -> str:
    return f"{wall(at):%Y-%m-%d %H:%M} Eastern"


def _by_odds(exits: Exits, worth: Valuation | None) -> Iterator[Need]:
    odds = None if worth is None else worth.odds
    if exits.alpha_min is not None:
        level = _percent(float(exits.alpha_min))
        now = _percent(None if odds is None else odds.alpha)
        yield Need("value", f"alpha {level}", now, f"{level} or less")
    if exits.value_min is not None:
        now = _UNKNOWN if odds is None else f"${odds.expected_value:,.2f}"
        yield Need("value", str(exits.value_min), now, f"{exits.value_min} or less")


def _guards(exits: Exits, worth: Valuation | None, due: Deadlines) -> Iterator[Need]:
    if exits.spread_max is not None:
        now = _UNKNOWN if worth is None else _at(worth.ask - worth.bid)
        most = f"a market no wider than {_at(exits.spread_max)}"
        yield Need("guard", _at(exits.spread_max), now, f"all of them: {most}")
    if exits.waits_a_day:
        now = "opened today" if due.is_held_back else "opened before"
        yield Need("guard", "not on its first day", now, "all of them: another session")


def _or_better(entry: Decimal, gain: Decimal) -> str:
    """Word a price as its owner thinks of it: what is owed had better be less, what is had more."""
    return _level(entry, entry + gain, "less" if entry < 0 else "more")


def _or_worse(entry: Decimal, loss: Decimal) -> str:
    return _level(entry, entry - loss, "more" if entry < 0 else "less")


def _level(entry: Decimal, price: Decimal, side: str) -> str:
    shown = (-price if entry < 0 else price) + 0  # nothing has no sign
    return f"a price of {shown:.2f} or {side}"


def _at(price: Decimal) -> str:
    return f"{price:.2f}"


def _money(amount: Decimal) -> Money:
    return Money(round(amount * 100))


def _percent(fraction: float | None) -> str:
    return _UNKNOWN if fraction is None else share(fraction)
