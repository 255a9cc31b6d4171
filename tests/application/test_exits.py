"""The minute watch over real stores: what it keeps, whom it leaves alone, what survives what."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.application.ports.batches import Committed, Results
from botfleet.application.ports.journal import Wanted
from botfleet.application.ports.work import Pointer, Work
from botfleet.application.work import Instance
from botfleet.domain.ids import BotId
from botfleet.domain.market.quotes import Quote
from botfleet.domain.schedules.agenda import Kind
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.market import OPEN

D = Decimal
CLOSE = MARK.replace(hour=20, minute=0)


def minutes(n: int, after: datetime = MARK) -> datetime:
    return after + timedelta(minutes=n)


def worth(house: House, short: str, long: str = "0.50") -> None:
    """Make the spread cost `short` less `long`."""
    house.market.spread_is = (D(short), D(long))


def opened(house: House, exits: str = "{}", *, days: int = 3, name: str = "Test") -> BotId:
    """Hold one put spread, sold at 0.50."""
    text = bot(scanner(spread(exits=exits)), name=name, limits="10000, 1, 3")
    named = house.add(text.replace("exactly: 3", f"exactly: {days}"))
    house.run(MARK)
    house.send()
    house.broker.fill(str(len(house.broker.tickets)), 1, "-0.50")
    house.look()
    return named


def set_(house: House, sql: str) -> None:
    with house.database.transaction() as connection:
        execute(connection, sql)


def state(house: House) -> tuple[object, ...]:
    return house.one("SELECT state, closed_by FROM positions")


def gains(house: House) -> list[float]:
    found = house.one("SELECT gain, high_gain, low_gain FROM positions")
    return [round(float(str(one)), 4) for one in found]


def watch(house: House, at: datetime, instance: Instance) -> None:
    for pointer in house.route(at):
        instance.do(pointer.work_id)


def watches(house: House, at: datetime) -> Iterator[Pointer]:
    """Route, and give the rows of the watch alone."""
    for pointer in house.route(at):
        kinds = {row[0]: row[1] for row in house.all("SELECT work_id, kind FROM work")}
        if kinds[pointer.work_id] == Kind.WATCH:
            yield pointer


def test_highs_and_lows_are_kept_with_their_minute_and_survive_a_restart(house: House) -> None:
    opened(house, "{trail_from: 40%, trail: 20%}")
    for n, short in enumerate(("0.90", "0.70", "1.10"), start=1):  # gains of 20, 60 and -20 %
        worth(house, short)
        house.run(minutes(n))  # by a fresh instance each
    assert gains(house) == [-0.2, 0.6, -0.2]
    assert house.one("SELECT high_at, low_at FROM positions") == (minutes(2), minutes(3))
    assert state(house) == ("closing", "trail")


def unrealised(house: House) -> int | None:
    (line,) = PostgresJournal(house.database).positions(Wanted(user=None)).lines
    return line.unrealised_cents


def test_an_owner_reads_the_gain_in_dollars_of_what_the_watch_saw_and_none_without_a_price(
    house: House,
) -> None:
    """Sold at 0.50: costing 0.40 now it has gained 10 dollars, costing 0.60 it has lost as many."""
    opened(house)
    instance, seen = house.instance, [unrealised(house)]
    for n, short in enumerate(("0.90", "1.10", "1.10", "1.10"), start=1):
        worth(house, short)
        house.market.is_blind = n == 3
        watch(house, minutes(n), instance)
        seen.append(unrealised(house))
    assert seen == [None, 1_000, -1_000, None, -1_000]
    house.market.is_blind = True
    watch(house, minutes(5), house.instance)  # after a restart
    assert unrealised(house) is None
    assert gains(house)[0] == -0.2  # what was seen last is not forgotten


def test_what_is_not_held_has_no_gain_that_may_still_change(house: House) -> None:
    opened(house, "{profit: 20%}")
    worth(house, "0.70")
    watch(house, minutes(1), house.instance)
    # 0.20 buys back what was sold for 0.50.
    assert (state(house)[0], unrealised(house)) == ("closing", 3_000)
    house.send()
    house.broker.fill("2", 1, "0.20")
    house.look()
    assert (state(house)[0], unrealised(house)) == ("closed", None)


def test_one_instance_keeps_its_watchlist_and_sees_what_others_change(house: House) -> None:
    opened(house, "{profit: 90%}")
    instance = house.instance
    worth(house, "0.80")
    watch(house, minutes(1), instance)
    assert gains(house) == [0.4, 0.4, 0.0]
    set_(house, """UPDATE positions SET exits = '{"profit": "0.3"}'""")
    watch(house, minutes(2), instance)
    assert state(house) == ("closing", "profit")


def test_highs_that_another_instance_kept_meanwhile_are_not_forgotten(house: House) -> None:
    opened(house, "{trail_from: 50%, trail: 20%}")
    mine, other = house.instance, house.instance
    watch(house, minutes(1), mine)
    worth(house, "0.70")
    watch(house, minutes(2), other)  # a high of 60 %, seen elsewhere
    worth(house, "0.80")
    watch(house, minutes(3), mine)  # at 40 %: 20 points given back
    assert state(house) == ("closing", "trail")


def test_a_position_that_came_back_from_a_close_is_watched_again(house: House) -> None:
    opened(house, "{profit: 50%}")
    instance = house.instance
    worth(house, "0.70")
    watch(house, minutes(1), instance)
    house.send()
    watch(house, minutes(2), instance)
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (1,)
    house.broker.cancel("2")
    house.look()
    assert state(house) == ("open", "")
    watch(house, minutes(3), instance)
    assert state(house) == ("closing", "profit")
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (2,)


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


# Twice, half, late


def test_a_watch_delivered_twice_closes_once(house: House) -> None:
    opened(house, "{profit: 50%}")
    worth(house, "0.60")
    (pointer,) = watches(house, minutes(1))
    for instance in (house.instance, house.instance):
        instance.do(pointer.work_id)
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (1,)


class Overtaken:
    """A store in which somebody else claims each row just before it is committed."""

    def __init__(self, house: House) -> None:
        self._house = house

    def __getattr__(self, name: str) -> Any:
        return getattr(self._house.batches, name)

    def commit(self, work: Work, at: datetime, results: Results) -> Committed | None:
        set_(self._house, "UPDATE work SET fence = fence + 1")
        return self._house.batches.commit(work, at, results)


def test_what_a_watch_saw_whose_commit_came_too_late_is_not_remembered(house: House) -> None:
    opened(house, "{trail_from: 50%, trail: 20%}")
    instance = house.instance
    worth(house, "0.60")
    watch(house, minutes(1), replace(instance, batches=Overtaken(house)))
    assert gains(house) == [0.0, 0.0, 0.0]
    worth(house, "0.80")
    watch(house, minutes(2), instance)
    assert gains(house) == [0.4, 0.4, 0.0]
    assert state(house) == ("open", "")


def test_late_watches_become_the_newest_one(house: House) -> None:
    opened(house, "{profit: 50%}")
    worth(house, "0.60")
    house.run(minutes(90))
    late = house.one("SELECT due_at FROM work WHERE kind = 'watch' AND state = 'done'")
    assert late == (minutes(90),)
    assert state(house) == ("closing", "profit")


# Expiration day


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


def test_a_position_keeps_the_exits_it_opened_with_whatever_its_bot_becomes(house: House) -> None:
    opened(house, "{profit: 50%}")
    later = bot(scanner(spread(exits="{stop: 300%}")), limits="10000, 1, 3")
    house.add(later)  # the bot of this name, written anew
    worth(house, "0.60")
    house.run(minutes(1))
    assert state(house) == ("closing", "profit")
