"""The last day: what goes before the close, at which price, or to its owner."""

from datetime import timedelta
from decimal import Decimal

import pytest

from botfleet.domain.schedules.agenda import Kind
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.market import OPEN
from tests.application.watched import CLOSE, opened, opening, set_, state, worth

D = Decimal


def in_the_money(house: House, exits: str = "{}", wish: str = "close") -> None:
    opened(house, exits, days=0)
    set_(house, f"UPDATE accounts SET at_expiration = '{wish}'")
    house.market.last = D(489)


def closing_orders(house: House) -> int:
    return int(str(house.one("SELECT count(*) FROM orders WHERE effect = 'close'")[0]))


def test_a_close_that_failed_is_tried_again_at_each_check_bots_off(house: House) -> None:
    in_the_money(house)
    house.roster.switch(house.roster.bots()[0].bot_id, is_on=False, now=MARK)
    for n, early in enumerate((10, 5, 1), start=1):
        house.run(CLOSE - timedelta(minutes=early))
        assert state(house) == ("closing", "expiration")
        house.send()
        house.broker.cancel(str(n + 1))
        house.look()
        assert state(house) == ("open", "")
    assert closing_orders(house) == 3


@pytest.mark.parametrize("wish", ["close", "market"])
@pytest.mark.parametrize("first", [Kind.EXPIRE, Kind.WATCH])
def test_an_exit_ten_minutes_before_and_the_expiration_check_make_one_close(
    house: House, wish: str, first: Kind
) -> None:
    in_the_money(house, "{expiration: 10 minutes}", wish)
    pointers = house.route(CLOSE - timedelta(minutes=10))
    kinds = {row[0]: row[1] for row in house.all("SELECT work_id, kind FROM work")}
    for pointer in sorted(pointers, key=lambda one: kinds[one.work_id] != first):
        house.instance.do(pointer.work_id)
    assert state(house) == ("closing", "expiration")
    assert closing_orders(house) == 1


def test_at_any_price_means_to_the_width_and_no_further(house: House) -> None:
    in_the_money(house, wish="market")
    house.run(CLOSE - timedelta(minutes=10))
    (order,) = house.all("SELECT rungs FROM orders WHERE effect = 'close'")
    assert D(order[0][0][0]) == 5  # type: ignore[index]


def test_at_any_price_what_was_bought_is_sold_down_to_a_cent(house: House) -> None:
    put = spread().replace("short_put_spread", "long_put").replace("exactly: 3", "exactly: 0")
    put = put.replace(
        "{short_put: {offset: -10}, long_put: {width: -5, of: short_put}}",
        "{long_put: {offset: -10}}",
    )
    house.add(bot(scanner(put)))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "1.00")
    house.look()
    set_(house, "UPDATE accounts SET at_expiration = 'market'")
    house.market.last = D(489)
    house.run(CLOSE - timedelta(minutes=10))
    (order,) = house.all("SELECT rungs FROM orders WHERE effect = 'close'")
    assert [D(limit) for limit, _ in order[0]] == [D("-0.01")]  # type: ignore[attr-defined]


def test_what_is_to_be_released_goes_to_its_owner_and_gives_slot_and_capital_back(
    house: House,
) -> None:
    in_the_money(house, wish="release")
    named = house.roster.bots()[0].bot_id
    house.run(CLOSE - timedelta(minutes=10))
    assert state(house) == ("overridden", "override")
    assert closing_orders(house) == 0
    assert house.tally(named) == (0, 0)
    assert house.one("SELECT open_n FROM pools") == (0,)
    assert house.one("SELECT count(*) FROM notices WHERE code = 'released'") == (1,)
    for at in (CLOSE - timedelta(minutes=5), CLOSE + timedelta(minutes=15)):
        house.run(at)
    assert state(house) == ("overridden", "override")


def test_out_of_the_money_nothing_is_released_or_closed(house: House) -> None:
    in_the_money(house, wish="release")
    house.market.last = D(490)
    house.run(CLOSE - timedelta(minutes=10))
    assert state(house) == ("open", "")
    assert house.clock.at > OPEN


def test_a_last_price_that_is_no_number_leaves_a_position_to_the_next_check(house: House) -> None:
    """R2: the whole row is judged all the same, and the check after it finds the price again."""
    in_the_money(house)
    house.market.last = D("NaN")
    house.run(CLOSE - timedelta(minutes=10))
    assert state(house) == ("open", "")
    assert house.one("SELECT state FROM work WHERE kind = 'expire'") == ("done",)
    house.market.last = D(489)
    house.run(CLOSE - timedelta(minutes=5))
    assert state(house) == ("closing", "expiration")


def test_what_expires_another_day_stays_though_its_bot_has_something_that_goes(
    house: House,
) -> None:
    """Both are in the money; one has three days left."""
    opening(house, "{}", days=0, limits="10000, 2, 3")
    house.broker.fill("1", 1, "-0.50")
    house.look()
    set_(house, "UPDATE positions SET expires_on = expires_on + 3")
    house.run(MARK + timedelta(minutes=15))
    house.send()
    house.broker.fill("2", 1, "-0.50")
    house.look()
    house.market.last = D(489)
    house.run(CLOSE - timedelta(minutes=10))
    ends = house.all("SELECT state, closed_by FROM positions ORDER BY expires_on")
    assert ends == [("closing", "expiration"), ("open", "")]


def test_a_close_under_way_is_moved_not_released(house: House) -> None:
    """What is leaving already is no more its owner's to close."""
    in_the_money(house, "{stop: 50%}", wish="release")
    worth(house, "1.30")
    house.run(CLOSE - timedelta(minutes=11))
    house.send()
    assert state(house) == ("closing", "stop")
    house.run(CLOSE - timedelta(minutes=10))
    assert state(house) == ("closing", "stop")
    assert closing_orders(house) == 1
    assert house.all("SELECT * FROM notices WHERE code = 'released'") == []
