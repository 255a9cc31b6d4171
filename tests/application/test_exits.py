"""Exits over real stores: what makes a position go, and what makes none go."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botfleet.domain.market.quotes import Quote
from tests.application.bots import bot, scanner, spread
from tests.application.house import House
from tests.application.watched import CLOSE, gains, minutes, opened, set_, state, worth

D = Decimal


def test_an_exits_order_lives_two_minutes_and_no_second_one_beside_it(house: House) -> None:
    opened(house, "{stop: 50%}")
    worth(house, "1.30")
    house.run(minutes(1))
    house.send()
    (order,) = house.all("SELECT rungs FROM orders WHERE effect = 'close'")
    rungs: list[list[object]] = order[0]  # type: ignore[assignment]
    # From the middle of 0.80 to the far side of 0.82: the worst that is accepted.
    assert [limit for limit, _ in rungs] == ["0.80", "0.81", "0.82"]
    assert sum(int(str(hold)) for _, hold in rungs) == 120
    house.look(after_s=121)
    house.look()
    assert state(house) == ("open", "")
    house.run(minutes(4))
    assert state(house) == ("closing", "stop")


def test_a_profit_is_never_taken_at_less_than_its_price(house: House) -> None:
    opened(house, "{profit: 50%}")
    worth(house, "0.75")  # exactly half; its far side of 0.27 would be less
    house.run(minutes(1))
    (order,) = house.all("SELECT rungs FROM orders WHERE effect = 'close'")
    rungs: list[list[str]] = order[0]  # type: ignore[assignment]
    assert {limit for limit, _ in rungs} == {"0.25"}


def test_without_a_quote_nothing_is_left_and_nothing_is_kept(house: House) -> None:
    opened(house, "{stop: 10%, touch: 100, expiration: 3 days}")
    house.market.is_blind = True
    for at in (minutes(1), CLOSE - timedelta(minutes=20)):
        house.run(at)
    assert state(house) == ("open", "")
    assert gains(house) == [0.0, 0.0, 0.0]


def test_a_quote_that_is_too_old_leaves_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(house, "{stop: 10%, touch: 100}")
    shown, age = house.market.quotes, timedelta(seconds=6)

    def aged(symbols: Collection[str]) -> Mapping[str, Quote]:
        return {name: replace(one, at=one.at - age) for name, one in shown(symbols).items()}

    monkeypatch.setattr(house.market, "quotes", aged)
    worth(house, "2.00")
    house.run(minutes(1))
    assert (state(house), gains(house)) == (("open", ""), [0.0, 0.0, 0.0])
    age = timedelta(seconds=4)
    house.run(minutes(2))
    assert state(house) == ("closing", "stop")


def test_a_touch_is_judged_on_the_underlying(house: House) -> None:
    opened(house, "{touch: -1}")
    for last, then in (("490", "open"), ("489.01", "open"), ("489.00", "closing")):
        house.market.last = D(last)
        house.run(house.clock.at + timedelta(minutes=1))
        assert state(house)[0] == then
    assert state(house) == ("closing", "touch")


def test_three_days_before_it_expires_a_position_is_left_at_1529(house: House) -> None:
    opened(house, "{expiration: 3 days}")
    house.run(CLOSE - timedelta(minutes=32))
    assert state(house) == ("open", "")
    house.run(CLOSE - timedelta(minutes=31))
    assert state(house) == ("closing", "expiration")


def test_an_exit_before_earnings_without_a_calendar_is_said_once_a_day(house: House) -> None:
    opened(house, "{earnings: 3, avoid: {events: [cpi]}}")
    for n in (1, 2, 3):
        house.run(minutes(n))
    told = house.all("SELECT message FROM notices WHERE code = 'exit_unknown' ORDER BY 1")
    assert told == [
        ("An exit of SPY cannot be judged: no calendar tells cpi.",),
        ("An exit of SPY cannot be judged: no calendar tells earnings of SPY.",),
    ]


def test_what_is_not_worth_holding_is_left_by_its_odds(house: House) -> None:
    opened(house, "{value_min: -1000}")
    house.run(minutes(1))
    assert state(house) == ("open", "")  # it expects to lose less than that
    set_(house, """UPDATE positions SET exits = '{"value_min": 1000000}'""")
    house.run(minutes(2))
    assert state(house) == ("closing", "value")


@pytest.mark.parametrize(
    ("floor", "ends"), [("-100%", ("open", "")), ("100%", ("closing", "value"))]
)
def test_an_alpha_below_its_floor_is_left(house: House, floor: str, ends: tuple[str, str]) -> None:
    """What is expected lies between all the risk lost and as much again gained."""
    opened(house, f"{{alpha_min: {floor}}}")
    house.run(minutes(1))
    assert state(house) == ends


def test_a_position_keeps_the_exits_it_opened_with_whatever_its_bot_becomes(house: House) -> None:
    opened(house, "{profit: 50%}")
    later = bot(scanner(spread(exits="{stop: 300%}")), limits="10000, 1, 3")
    house.add(later)  # the bot of this name, written anew
    worth(house, "0.60")
    house.run(minutes(1))
    assert state(house) == ("closing", "profit")


@pytest.mark.parametrize(
    ("exits", "price", "prices"),
    [
        ("{profit: 20%, stop: 50%, speed: patient}", "0.70", 5),
        ("{profit: 20%, stop: 50%, speed: patient}", "1.30", 3),
        ("{price: 0.25, stop: 50%, speed: patient}", "0.70", 5),
    ],
)
def test_a_profit_may_be_taken_with_patience_and_a_stop_never_is(
    house: House, exits: str, price: str, prices: int
) -> None:
    """Patient climbs five prices; what stops a loss goes through three, five seconds each."""
    opened(house, exits)
    worth(house, price)
    house.run(minutes(1))
    (order,) = house.all("SELECT rungs FROM orders WHERE effect = 'close'")
    rungs: list[list[object]] = order[0]  # type: ignore[assignment]
    assert len(rungs) == prices
    assert sum(int(str(hold)) for _, hold in rungs) == 120
