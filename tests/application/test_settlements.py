"""The end of a contract: what is left before it, and what it comes to."""

from datetime import datetime, timedelta
from decimal import Decimal

from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.market import DAY, OPEN

D = Decimal


def test_what_expires_in_the_money_is_closed_before_the_close_and_the_rest_is_booked(
    house: House,
) -> None:
    today = spread().replace("exactly: 3", "exactly: 0")
    house.add(bot(scanner(today)))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    close = MARK.replace(hour=20, minute=0)
    house.market.last = D(490)  # exactly at the short strike: not beyond it
    house.run(close - timedelta(minutes=10))
    assert house.one("SELECT state FROM positions") == ("open",)
    house.market.last = D(489)
    house.run(close - timedelta(minutes=5))
    assert house.one("SELECT state, closed_by FROM positions") == ("closing", "expiration")
    house.send()
    house.broker.cancel("2")
    house.look()
    assert house.one("SELECT state FROM positions") == ("open",)
    house.run(close + timedelta(minutes=15))
    # Settled at 489: the spread owes 1.00, of which 0.50 was received.
    assert house.one("SELECT state, realised FROM positions") == ("expired", -5_000)
    assert house.one("SELECT committed, open_n, gains FROM pools") == (0, 0, -5_000)


def sold_for_today(house: House, at: datetime) -> None:
    """Sell the 490 put of the day, and have it filled."""
    house.run(at)
    house.send()
    house.broker.fill(str(len(house.broker.tickets)), 1, "-0.50")
    house.look()


def test_a_settlement_that_comes_late_books_the_close_of_the_day_it_is_of(house: House) -> None:
    """SPY closed at 489 on Tuesday; the fleet came back on Wednesday, when it stood at 520."""
    house.add(bot(scanner(spread().replace("exactly: 3", "exactly: 0")), limits="10000, 1, 3"))
    sold_for_today(house, MARK)
    house.market.closes = {DAY: D(489)}
    house.market.last = D(520)
    house.run(MARK + timedelta(days=1))
    # The spread owed 1.00 at 489, of which 0.50 was received; at 520 it would have owed nothing.
    assert house.one("SELECT state, realised FROM positions") == ("expired", -5_000)


def test_a_settlement_that_comes_late_leaves_what_expires_later_alone(house: House) -> None:
    """Tuesday's is worked on Wednesday morning, beside what is sold for Wednesday."""
    today, later = spread().replace("exactly: 3", "exactly: 0"), spread("QQQ")
    house.add(bot(scanner(today, "Today"), scanner(later, "Later"), limits="10000, 2, 3"))
    house.run(MARK)
    house.send()
    for named in ("1", "2"):
        house.broker.fill(named, 1, "-0.50")
    house.look()
    house.all(
        """UPDATE positions SET legs = replace(legs::text, '260313', '260311')::jsonb,
           expires_on = '2026-03-11' WHERE symbol = 'QQQ' RETURNING 1"""
    )
    house.run(MARK + timedelta(days=1))
    states = house.all("SELECT symbol, state FROM positions ORDER BY symbol")
    assert states == [("QQQ", "open"), ("SPY", "expired")]


def test_without_a_close_nothing_is_booked_and_its_owner_is_told(house: House) -> None:
    house.add(bot(scanner(spread().replace("exactly: 3", "exactly: 0")), limits="10000, 1, 3"))
    sold_for_today(house, MARK)
    house.run(MARK.replace(hour=20, minute=0))
    house.market.silent.add("SPY")
    house.run(MARK.replace(hour=20, minute=15))
    assert house.one("SELECT state FROM positions") == ("open",)
    (told,) = house.one("SELECT message FROM notices WHERE code = 'unsettled'")
    assert told == "SPY expired, and its close is not known yet: it is booked as soon as it is."
    house.market.silent.clear()
    house.market.closes = {DAY: D(489)}
    house.run(MARK.replace(hour=20, minute=15) + timedelta(days=1))
    assert house.one("SELECT state, realised FROM positions") == ("expired", -5_000)


def test_a_close_that_works_already_is_moved_at_the_expiration_check_not_doubled(
    house: House,
) -> None:
    today = spread(exits="{profit: 50%}").replace("exactly: 3", "exactly: 0")
    house.add(bot(scanner(today), limits="10000, 1, 3"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    close = MARK.replace(hour=20, minute=0)
    house.market.spread_is = (D("0.30"), D("0.15"))
    house.run(close - timedelta(minutes=11))
    house.send()
    house.look()
    assert house.broker.limits["2"] == [D("0.15")]
    house.market.last, house.market.spread_is = D(489), (D("1.00"), D("0.50"))
    house.run(close - timedelta(minutes=10))
    house.look()
    # 0.50 in the middle, half a spread beyond the far side of 0.52 is 0.54.
    assert house.broker.limits["2"] == [D("0.15"), D("0.54")]
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (1,)


def test_an_expiration_is_left_on_its_first_day_all_the_same(house: House) -> None:
    today = spread().replace("{exactly: 3}", "{exactly: 0}")
    text = bot(scanner(today), limits="10000, 1, 1")
    house.add(text.replace("interval: 15", "interval: 15\nday_trading: blocked"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    house.market.last = D(488)
    house.run(OPEN + timedelta(hours=6, minutes=20))
    assert house.one("SELECT state, closed_by FROM positions") == ("closing", "expiration")
