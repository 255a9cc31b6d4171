"""Whether exits may act: what switches them off, holds them back, or bounds their tries."""

from datetime import timedelta

import pytest

from tests.application.house import MARK, House
from tests.application.watched import gains, minutes, opened, set_, state, worth


@pytest.mark.parametrize(
    "off",
    [
        "UPDATE bots SET exits_on = false",
        "UPDATE positions SET exits_on = false",
        "UPDATE fleet SET exits_on = false",
    ],
)
def test_exits_that_are_off_act_not_while_gains_are_kept(house: House, off: str) -> None:
    opened(house, "{profit: 50%}")
    set_(house, off)
    worth(house, "0.60")
    house.run(minutes(1))
    assert state(house) == ("open", "")
    assert gains(house)[1] == 0.8
    set_(house, off.replace("false", "true"))
    house.run(minutes(2))
    assert state(house) == ("closing", "profit")


def test_exits_act_while_the_bots_automations_are_off(house: House) -> None:
    named = opened(house, "{profit: 50%}")
    house.roster.switch(named, is_on=False, now=MARK)
    worth(house, "0.60")
    house.run(minutes(1))
    assert state(house) == ("closing", "profit")


def test_a_day_has_only_so_many_attempts_and_a_restart_does_not_reset_them(house: House) -> None:
    opened(house, "{profit: 50%}")
    set_(house, "UPDATE accounts SET exit_attempts_max = 2")
    worth(house, "0.70")
    for n in (1, 2, 3, 4):
        house.run(minutes(n))
        house.send()
        for named in set(house.broker.reports) - {"1"}:
            house.broker.cancel(named)
        house.look()
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (2,)
    assert state(house) == ("open", "")


def test_an_account_says_from_when_until_when_exits_act(house: House) -> None:
    opened(house, "{profit: 50%}")
    set_(house, "UPDATE accounts SET exits_begin = '09:50', exits_end_min = 30")
    worth(house, "0.70")
    house.run(minutes(4))
    assert state(house) == ("open", "")
    house.run(minutes(5))
    assert state(house) == ("closing", "profit")


def test_no_exit_on_the_day_it_opened_where_its_owner_waits(house: House) -> None:
    opened(house, "{profit: 50%, no_day_trade: true}")
    worth(house, "0.60")
    house.run(minutes(1))
    assert state(house) == ("open", "")
    house.run(minutes(1) + timedelta(days=1))
    assert state(house) == ("closing", "profit")
