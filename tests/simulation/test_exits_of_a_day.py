"""The exits of a replayed day, against the same exits computed apart from the minute quotes.

Bots open positions of many kinds with many panels at 09:45; the fleet's verbs watch them minute by
minute over real stores. Beside it the same day is gone through plainly, position by position, on
prices read from the recorded files by hand (or from the simulated market, one contract at a time).
Who was left, when, and why must be the same.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from botfleet.adapters.botfile.exits import ExitsModel, exited
from botfleet.adapters.market.recording import RecordingMarket
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.shapes import write_exits
from botfleet.application.resolve import resolve
from botfleet.domain.market.calendar import Session, session_on
from botfleet.domain.market.instruments import occ, parse_occ
from tests.application.house import House

D = Decimal
RECORDING = Path(__file__).parents[3] / "shared/market"
MINUTE = timedelta(minutes=1)
Sides = tuple[Decimal | None, Decimal | None]

PANELS: tuple[dict[str, Any], ...] = (
    {"profit": "20%", "stop": "30%"},
    {"profit_amount": 15, "stop_amount": 25},
    {"trail_from": "5%", "trail": "3%"},
    {"trail_from": "2%", "trail": "5%", "trail_return_min": "-4%", "trail_pullback_max": "12%"},
    {"price": 1, "stop": "60%"},
    {"touch": "0.2%"},
    {"touch": -0.5, "profit": "60%"},
    {"expiration": "40 minutes"},
    {"expiration": "8 days"},
    {"profit": "8%", "spread_max": 0.5},
    {"profit": "10%", "no_day_trade": True},
    {},
)
#: Each with its strikes, as distances from the price.
KINDS: tuple[tuple[str, dict[str, str]], ...] = (
    ("short_put_spread", {"short_put": "{offset: -1%}", "long_put": "{width: -5, of: short_put}"}),
    (
        "short_call_spread",
        {"short_call": "{offset: 1%}", "long_call": "{width: 5, of: short_call}"},
    ),
    ("long_call", {"long_call": "{offset: 0%}"}),
    ("long_put", {"long_put": "{offset: 0%}"}),
    ("long_equity", {}),
)


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
        if high is None:
            return None
        low = low or D(0)
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


class Tape:
    """A recorded day, read by hand: the last row of each side that had ended by a minute."""

    def __init__(self, root: Path, symbol: str, session: Session) -> None:
        self._session, name = session, symbol.lower()
        stem = f"{session.day:%Y%m%d}"
        self._options = zipfile.ZipFile(
            root / f"option/usa/minute/{name}/{stem}_quote_american.zip"
        )
        self._equity = zipfile.ZipFile(root / f"equity/usa/minute/{name}/{stem}_quote.zip")
        self._trades = zipfile.ZipFile(root / f"equity/usa/minute/{name}/{stem}_trade.zip")
        self._stem = f"{stem}_{name}_minute"
        self._known: dict[str, list[Sides]] = {}

    def sides(self, name: str, minute: int) -> Sides:
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name][minute]

    def spot(self, minute: int) -> Decimal | None:
        last = None
        for row in self._rows(self._trades, f"{self._stem.replace('_quote', '')}_trade.csv"):
            if self._place(row) < minute:
                last = D(row[4]) / 10_000
        return last

    def _read(self, name: str) -> list[Sides]:
        if name[-1].isdigit():
            day, right, strike = contract(name)
            kind = "call" if right == "C" else "put"
            member = f"{self._stem}_quote_american_{kind}_{int(strike * 10_000)}_{day:%Y%m%d}.csv"
            rows = self._rows(self._options, member)
        else:
            rows = self._rows(self._equity, f"{self._stem}_quote.csv")
        told = {self._place(row): (row[4], row[9]) for row in rows}
        bid = ask = None
        found: list[Sides] = [(None, None)]
        for minute in range(391):
            low, high = told.get(minute, ("", ""))
            bid, ask = D(low) / 10_000 if low else bid, D(high) / 10_000 if high else ask
            found.append((bid, ask))
        return found

    def _place(self, row: list[str]) -> int:
        return (int(row[0]) // 1000 - (9 * 60 + 30) * 60) // 60

    def _rows(self, archive: zipfile.ZipFile, member: str) -> Iterator[list[str]]:
        with archive.open(member) as file:
            for row in csv.reader(io.TextIOWrapper(file)):
                if (
                    0
                    <= self._place(row)
                    < int((self._session.closes_at - self._session.opens_at) / MINUTE)
                ):
                    yield row


def written(symbol: str, kind: str, strikes: Mapping[str, str], n: int) -> str:
    legs = "".join(f"\n            {name}: {rule}" for name, rule in strikes.items())
    trade = (
        f"expiration: {{at_least: {0 if n % 2 else 5}}}\n          strikes:{legs}"
        if legs
        else "tags: [shares]"
    )
    size = "{contracts: 2}" if legs else "{shares: 100}"
    return f"""
botfleet: 1
name: {kind} {symbol} {n}
limits: {{allocation: 1000000, daily_positions: 1, open_positions: 1}}
automations:
  - name: Open
    lane: scanner
    tree:
      if: {{recipe: stock_price, symbol: {symbol}, relation: above, value: 1}}
      "yes":
        open:
          symbol: {symbol}
          structure: {kind}
          {trade}
          size: {size}
      "no": nothing
"""


def begin(house: House, session: Session, market: Any, symbols: tuple[str, ...]) -> list[Held]:
    """Open one position a bot at 09:45, and give each its panel as it fills."""
    house.market = market
    with house.database.transaction() as connection:
        execute(connection, "UPDATE fleet SET routed_at = %(at)s", at=session.opens_at)
    house.clock.at = session.opens_at
    for symbol in symbols:
        for kind, strikes in KINDS:
            for n in range(len(PANELS)):
                house.add(written(symbol, kind, strikes, n))
    with house.database.transaction() as connection:
        execute(connection, "UPDATE pools SET day = %(day)s", day=session.day)
    house.run(session.opens_at + timedelta(minutes=15))
    while house.send():
        pass
    for named, ticket in enumerate(list(house.broker.tickets), start=1):
        house.broker.fill(str(named), ticket.quantity, str(ticket.limit))
    while resolve(house.clock.at, book=house.orders, brokers=house.broker, pools=house.pools):
        pass
    return [_panelled(house, row) for row in house.all(_OPENED)]


_OPENED = """
SELECT p.position_id, b.name, p.symbol, p.legs, p.quantity, p.entry
FROM positions p JOIN bots b USING (bot_id)
WHERE p.state = 'open' ORDER BY b.name
"""


def _panelled(house: House, row: tuple[Any, ...]) -> Held:
    position, name, symbol, legs, quantity, entry = row
    is_shares = "long_equity" in name
    n = int(name.split()[-1])
    exits: dict[str, Any] = dict(PANELS[n])
    if is_shares:
        exits = {"profit_amount": 20 * n + 5, "stop_amount": 20 * n + 5}
    if "price" in exits:
        exits["price"] = float(round(abs(entry) * (D("0.9") if entry < 0 else D("1.1")), 2))
    panel = write_exits(exited(ExitsModel.model_validate(exits)))
    with house.database.transaction() as connection:
        sql = "UPDATE positions SET exits = %(exits)s::jsonb WHERE position_id = %(position)s"
        execute(connection, sql, exits=panel, position=position)
    units = quantity * (1 if is_shares else 100)
    return Held(str(position), symbol, tuple(map(tuple, legs)), units, entry, exits)


def play(house: House, session: Session) -> dict[str, tuple[int, str]]:
    """Let the fleet watch to the close; what is left stays in closing, for nothing fills it."""
    instance = house.instance
    at = session.opens_at + timedelta(minutes=16)
    while at < session.closes_at:
        for pointer in house.route(at):
            instance.do(pointer.work_id)
        at += MINUTE
    closes = house.all("SELECT position_id, created_at, why FROM orders WHERE effect = 'close'")
    return {str(name): (minute(session, at), str(why)) for name, at, why in closes}


def minute(session: Session, at: object) -> int:
    assert isinstance(at, datetime)
    return int((at - session.opens_at) / MINUTE)


def on(day: date) -> Session:
    session = session_on(day)
    assert session is not None
    return session


def test_the_exits_of_the_recorded_half_day(house: House) -> None:
    if not RECORDING.exists():
        pytest.skip(f"there is no recorded day at {RECORDING}")
    session = on(date(2015, 12, 24))
    held = begin(house, session, RecordingMarket(RECORDING, house.clock), ("GOOG",))
    tape = Tape(RECORDING, "GOOG", session)
    spots = {n: tape.spot(n) for n in range(16, 210)}
    apart = {one.name: leaves(one, tape.sides, spots.__getitem__, session) for one in held}
    assert play(house, session) == {name: end for name, end in apart.items() if end}
    assert len(held) > 40
    assert {why for end in apart.values() if end for _, why in [end]} >= {
        *("profit", "stop", "price", "trail", "touch", "expiration")
    }


def test_the_exits_of_a_simulated_day(house: House) -> None:
    session = on(date(2026, 3, 10))
    market = SimulatedMarket(11, house.clock)
    held = begin(house, session, market, ("SPY", "NVDA"))
    kept = snapshots(market, house, session, held)
    apart = {one.name: leaves(one, kept.sides, kept.spot_of(one), session) for one in held}
    assert play(house, session) == {name: end for name, end in apart.items() if end}
    assert len(held) > 80
    assert sum(end is not None for end in apart.values()) > 40


@dataclass
class Snapshots:
    quotes: dict[tuple[str, int], Sides]
    spots: dict[tuple[str, int], Decimal | None]

    def sides(self, name: str, minute: int) -> Sides:
        return self.quotes[name, minute]

    def spot_of(self, held: Held) -> Callable[[int], Decimal | None]:
        return lambda minute: self.spots[held.symbol, minute]


def snapshots(market: Any, house: House, session: Session, held: list[Held]) -> Snapshots:
    """Ask the simulated market for each contract, minute by minute, one at a time."""
    names = {name for one in held for name, _ in one.legs if name}
    options = [parse_occ(name) for name in sorted(names)]
    kept = Snapshots({}, {})
    before = house.clock.at
    for n in range(16, length_of(session)):
        house.clock.at = session.opens_at + n * MINUTE
        for option, quote in market.option_quotes(options).items():
            kept.quotes[occ(option), n] = (quote.bid, quote.ask)
        for symbol, shares in market.quotes({one.symbol for one in held}).items():
            kept.quotes[symbol, n] = (shares.bid, shares.ask)
            kept.spots[symbol, n] = shares.last
    house.clock.at = before
    return kept
