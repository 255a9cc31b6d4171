"""Covered calls from mark to settlement over the real stores; the broker's own book is the judge.

SPY trades at 100.00, its 105 call at 4.00, ten cents wide. Nothing here believes what the fleet
says of itself: the sandbox keeps its book, and refuses a naked call, whoever asks.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from botfleet.adapters.brokers.sandbox import SandboxDesk
from botfleet.adapters.postgres.ledgers import PostgresLedgers
from botfleet.application.audit import audit
from botfleet.application.ports.brokers import BrokerAccount
from botfleet.domain.ids import AccountId, BotId
from botfleet.domain.market.instruments import Right, occ
from tests.application.bots import bot, closer
from tests.application.house import House
from tests.sandbox.fakes import PaperMarket, option
from tests.sandbox.running import ADMIN, Sandbox, sandbox

D = Decimal
MARK = datetime(2026, 3, 10, 13, 45, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
LAST_MARK = datetime(2026, 3, 20, 13, 45, tzinfo=UTC)
SETTLED = datetime(2026, 3, 20, 20, 15, tzinfo=UTC)
CALL = occ(option(105, Right.CALL))
STRIKE = "strikes: {short_call: {offset: 5}}, expiration: {at_least: 5}"
COVERED = f"{{symbol: SPY, structure: covered_call, {STRIKE}, size: {{contracts: 2}}}}"
SHARES = "{symbol: SPY, structure: long_equity, size: {shares: 250}}"
ON_SHARES = f"{{symbol: SPY, structure: call_on_shares, {STRIKE}, size: {{same_as: position}}}}"


def opener(opened: str, name: str, lane: str = "scanner") -> str:
    return f"\n  - name: {name}\n    lane: {lane}\n    tree:\n      open: {opened}\n"


WRITER = f"""
  - name: Write
    lane: monitor
    tree:
      loop: {{positions: {{structure: long_equity}}}}
      do:
        if: {{recipe: bot_count, status: open, relation: fewer, count: 1,
             structure: call_on_shares}}
        "yes": {{open: {ON_SHARES}}}
        "no": nothing
"""


class Wire:
    """The sandbox's one account, over HTTP."""

    def __init__(self, account: BrokerAccount) -> None:
        self._account = account

    def account(self, _: AccountId) -> BrokerAccount:
        return self._account


class Street:
    """A house whose market and broker are the sandbox's."""

    def __init__(self, house: House, broker: Sandbox) -> None:
        self.house, self.broker = house, broker
        house.clock.at = MARK
        house.market = PaperMarket(house.clock)  # type: ignore[assignment, arg-type]
        self.connection = broker.connected()
        account = broker.brokers().account(self.connection.account)
        house.broker = Wire(account)  # type: ignore[assignment]
        sql = f"UPDATE accounts SET number = '{self.connection.number}' RETURNING 1"
        house.all(sql)
        self.desk = SandboxDesk(broker.url, ADMIN)

    def price(self, spot: str, call: str) -> None:
        """Move the market, the sandbox's and the fleet's."""
        for market in (self.house.market, self.broker.market):
            assert isinstance(market, PaperMarket)
            market.spot, middle = D(spot), D(call)
            sides = (max(middle - D("0.05"), D("0.00")), middle + D("0.05"))
            market.sides[option(105, Right.CALL)] = sides

    def do(self, at: datetime) -> None:
        """Work all that is due, send its orders, and follow them to their end."""
        self.broker.clock.at = at
        self.house.run(at)
        self.house.send()
        for _ in range(6):
            self.house.look(after_s=30)
            self.broker.clock.at = self.house.clock.at

    def holdings(self) -> dict[str, int]:
        return {one.symbol: one.quantity for one in self.desk.book().holdings}

    def broken(self, bot: BotId) -> list[str]:
        """What an auditor of both books finds wrong, money and slots included."""
        self.house.tally(bot)
        ledger = PostgresLedgers(self.house.database).ledger()
        return [f"{one.code}: {one}" for one in audit(self.desk.book(), ledger) if not one.ok]


@pytest.fixture
def street(house: House, tmp_path: Path) -> Iterator[Street]:
    with sandbox(tmp_path / "book.sqlite") as broker:
        broker.clock.at = MARK
        yield Street(house, broker)


def states(house: House) -> list[tuple[object, ...]]:
    return house.all("SELECT structure, state, quantity, entry FROM positions ORDER BY opened_at")


def test_shares_and_call_are_bought_as_one_order_and_leave_the_shares_behind(
    street: Street,
) -> None:
    """Middle 100.00 - 4.00 = 96.00, natural 100.01 - 3.95 = 96.06: 9,606 a unit at most."""
    house = street.house
    named = house.add(bot(opener(COVERED, "Buy and write"), limits="20000, 1, 2"))
    street.do(MARK)
    (order,) = house.all("SELECT quantity, filled, paid / filled FROM orders")
    price = D(str(order[2]))
    assert order[:2] == (2, 2)
    assert D(96) <= price <= D("96.06")
    assert street.holdings() == {"SPY": 200, CALL: -2}
    assert house.tally(named) == (round(price * 100) * 200, 0)
    assert street.broken(named) == []
    street.price("103", "0.05")
    street.do(LAST_MARK)
    street.do(SETTLED)
    assert states(house) == [("long_equity", "open", 200, price)]
    assert street.holdings() == {"SPY": 200}
    assert house.tally(named) == (round(price * 100) * 200, 0)
    assert street.broken(named) == []


def test_a_covered_call_in_the_money_goes_whole_before_it_expires(street: Street) -> None:
    """R35: shares at 110.00 and the call at 5.05 are sold together for about 104.95 a share."""
    house = street.house
    named = house.add(bot(opener(COVERED, "Buy and write"), limits="20000, 1, 2"))
    street.do(MARK)
    street.price("110", "5.05")
    for minutes in (375, 380):
        street.do(LAST_MARK - QUARTER + timedelta(minutes=minutes + 5))
    assert states(house)[0][:2] == ("covered_call", "closed")
    assert street.holdings() == {}
    gain = house.one("SELECT gains FROM pools")[0]
    assert isinstance(gain, int)
    assert 2 * 88_000 <= gain <= 2 * 90_000  # 104.85 to 104.95, less 96.00 to 96.06
    assert street.broken(named) == []


def test_calls_are_sold_on_shares_held_and_draw_nothing(street: Street) -> None:
    """250 shares cover two calls: these draw no capital, and the shares stay while they live."""
    house = street.house
    house.add(bot(opener(SHARES, "Buy"), WRITER, limits="25100, 2, 3"))
    named = BotId(house.one("SELECT bot_id FROM bots")[0])  # type: ignore[arg-type]
    street.do(MARK)
    before = house.tally(named)
    street.do(MARK + QUARTER)
    assert street.holdings() == {"SPY": 250, CALL: -2}
    assert house.tally(named) == before
    assert house.all("SELECT quantity, promised FROM positions ORDER BY opened_at") == [
        (250, 200),
        (2, 0),
    ]
    assert street.broken(named) == []
    street.price("103", "0.05")
    street.do(LAST_MARK)
    street.do(SETTLED)
    assert [state[:2] for state in states(house)] == [
        ("long_equity", "open"),
        ("call_on_shares", "expired"),
    ]
    assert house.all("SELECT promised FROM positions") == [(0,), (0,)]
    assert street.holdings() == {"SPY": 250}
    realised = house.one("SELECT realised FROM positions WHERE structure = 'call_on_shares'")[0]
    assert isinstance(realised, int)
    assert 2 * 39_500 <= realised <= 2 * 40_000  # the whole premium, 3.95 to 4.00 a share
    assert street.broken(named) == []


def test_shares_under_a_call_are_not_closed_before_it(street: Street) -> None:
    house = street.house
    close_shares = closer("Close shares").replace(
        "loop: positions", "loop: {positions: {structure: long_equity}}"
    )
    named = house.add(bot(opener(SHARES, "Buy"), WRITER, close_shares, limits="25100, 2, 3"))
    street.do(MARK)
    assert house.one("SELECT state FROM positions") == ("open",)
    street.do(MARK + QUARTER)
    assert street.holdings() == {"SPY": 250, CALL: -2}
    told = house.all("SELECT code FROM notices")
    assert ("covering",) in told
    assert street.broken(named) == []


def test_an_exit_leaves_shares_alone_while_they_stand_behind_a_call(street: Street) -> None:
    """Bought at 100, told to go at 2 % more; at 103 they stay until the call has ended."""
    house = street.house
    exits = "{symbol: SPY, structure: long_equity, size: {shares: 250}, exits: {profit: 2%}}"
    named = house.add(bot(opener(exits, "Buy"), WRITER, limits="25100, 2, 3"))
    street.do(MARK)
    street.do(MARK + QUARTER)
    assert street.holdings() == {"SPY": 250, CALL: -2}
    street.price("103", "0.05")
    street.do(MARK + 2 * QUARTER)
    assert street.holdings() == {"SPY": 250, CALL: -2}
    assert house.all("SELECT * FROM orders WHERE effect = 'close'") == []
    street.do(SETTLED)
    street.do(SETTLED.replace(day=23, hour=14))
    assert street.holdings() == {}
    assert house.all("SELECT why FROM orders WHERE effect = 'close'") == [("profit",)]
    assert street.broken(named) == []
