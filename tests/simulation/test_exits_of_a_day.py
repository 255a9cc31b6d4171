"""The exits of a replayed day, against the same exits computed apart from the minute quotes.

Bots open positions of many kinds with many panels at 09:45; the fleet's verbs watch them minute by
minute over real stores. Beside it the same day is gone through plainly, position by position, on
prices read from the recorded files by hand (or from the simulated market, one contract at a time).
Who was left, when, and why must be the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
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
from tests.simulation.plain_exits import MINUTE, Held, Sides, leaves, length_of
from tests.simulation.tape import Tape

D = Decimal
RECORDING = Path(__file__).parents[3] / "shared/market"
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
    while resolve(house.clock.at, book=house.orders, brokers=house.broker, noter=house.noter):
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
