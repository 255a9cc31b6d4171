"""The engine's road, from mark to booked position, verb by verb over the real stores."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.application.bots import UNIT, bot, closer, looped, monitor, scanner, spread
from tests.application.house import MARK, House

D = Decimal
QUARTER = timedelta(minutes=15)


def outcomes(house: House) -> list[object]:
    return [row[0] for row in house.all("SELECT outcome FROM runs ORDER BY at, automation")]


def test_a_mark_opens_a_position_and_its_fill_books_it(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    assert outcomes(house) == ["opening"]
    assert house.tally(named) == (0, UNIT)
    assert house.send() == 1
    (ticket,) = house.broker.tickets
    assert (ticket.limit, ticket.quantity) == (D("-0.50"), 1)
    house.broker.fill("1", 1, "-0.49")
    house.look()
    # Filled at 0.49 instead of 0.48: (5.00 - 0.49) x 100 is committed, the rest is free again.
    assert house.tally(named) == (45_100, 0)
    assert house.one("SELECT state, entry, quantity FROM positions") == ("open", D("-0.49"), 1)


def test_an_index_that_trades_by_nickels_is_opened_and_closed_by_nickels(house: House) -> None:
    """Sold between 0.50 and 0.48: never below 0.50. Bought back between 0.50 and 0.52: 0.50."""
    house.add(bot(scanner(spread("SPX")), closer(), limits="10000, 1, 3"))
    house.run(MARK)
    house.send()
    for _ in range(4):
        house.look(after_s=10)
    house.broker.fill("1", 1, "-0.50")
    house.look(after_s=30)
    house.run(MARK + QUARTER)
    house.send()
    for _ in range(4):
        house.look(after_s=10)
    assert house.broker.limits == {"1": [D("-0.50")], "2": [D("0.50")]}


def test_the_founding_example_splits_45_45_and_what_is_left(house: House) -> None:
    named = house.add(bot(looped(spread("$symbol", "{percent: 45%, of: net_liquidation}"))))
    house.run(MARK)
    amounts = house.all("SELECT amount, units FROM draws ORDER BY seq")
    # 4,500 holds nine units of 452; of what is left, 1,864, four more fit.
    assert amounts == [(9 * UNIT, 9), (9 * UNIT, 9), (4 * UNIT, 4)]
    assert house.tally(named)[1] <= 1_000_000


@pytest.mark.parametrize(("base", "units"), [("allocation", [9, 9, 4]), ("available", [9, 5, 3])])
def test_a_share_is_of_the_base_it_names(house: House, base: str, units: list[int]) -> None:
    """45 % of 10,000 each time, as far as it goes; or of 10,000, then 5,932, then 3,672."""
    house.add(bot(looped(spread("$symbol", f"{{percent: 45%, of: {base}}}"))))
    house.run(MARK)
    assert [row[0] for row in house.all("SELECT units FROM draws ORDER BY seq")] == units


def test_a_day_runs_its_scanners_again_only_while_there_is_room(house: House) -> None:
    house.add(bot(scanner(spread()), limits="10000, 2, 9"))
    for n in range(4):
        house.run(MARK + n * QUARTER)
        if house.send():
            house.broker.fill(str(n + 1), 1, "-0.50")
            house.look()
    assert outcomes(house) == ["opening"] * 2 + ["skipped:daily_positions"] * 2


def test_a_new_day_has_its_whole_count_of_openings(house: House) -> None:
    """Two on Tuesday leave Wednesday its own two; the third of either day is not asked for."""
    house.add(bot(scanner(spread().replace("exactly: 3", "at_least: 1")), limits="10000, 2, 9"))
    for day in (timedelta(0), timedelta(days=1)):
        for n in range(3):
            house.run(MARK + day + n * QUARTER)
            if house.send():
                house.broker.fill(str(len(house.broker.tickets)), 1, "-0.50")
                house.look()
        assert house.one("SELECT day_n FROM pools") == (2,)
    assert outcomes(house) == [*["opening"] * 2, "skipped:daily_positions"] * 2


def test_of_two_scanners_for_one_slot_the_second_is_told_the_limit(house: House) -> None:
    house.add(
        bot(scanner(spread(), "First"), scanner(spread("QQQ"), "Second"), limits="10000, 5, 1")
    )
    house.run(MARK)
    assert outcomes(house) == ["opening", "skipped:open_positions"]


def test_a_monitor_at_the_limit_runs_and_its_open_is_refused_unasked(house: House) -> None:
    house.add(bot(scanner(spread()), monitor(spread("QQQ")), limits="10000, 9, 1"))
    house.run(MARK)
    house.run(MARK + QUARTER)
    assert outcomes(house)[2:] == ["skipped:open_positions", "refused:open_positions"]
    told = house.all("SELECT level, code FROM notices WHERE code = 'refused:open_positions'")
    assert ("warning", "refused:open_positions") in told


def test_a_missing_quote_takes_no_action(house: House) -> None:
    house.market.silent.add("SPY")
    house.add(bot(scanner(spread("QQQ"))))
    house.run(MARK)
    assert outcomes(house) == ["no_data"]
    assert house.all("SELECT * FROM orders") == []


def test_the_ladder_climbs_then_cancels_and_everything_is_free_again(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    house.look()
    for _ in range(3):
        house.look(after_s=10)
    assert house.broker.limits["1"] == [D("-0.50"), D("-0.49"), D("-0.48")]
    house.look(after_s=120)
    assert house.one("SELECT state FROM orders") == ("cancelled",)
    assert house.one("SELECT state FROM positions") == ("dropped",)
    assert house.tally(named) == (0, 0)
    assert house.one("SELECT open_n, pending_n, day_n FROM pools") == (0, 0, 0)


def test_a_partial_fill_posts_its_part(house: House) -> None:
    named = house.add(bot(scanner(spread(size="{contracts: 4}"))))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 3, "-0.50", ends=True)
    house.look()
    assert house.tally(named) == (3 * 45_000, 0)
    assert house.one("SELECT state, quantity FROM positions") == ("open", 3)


def test_a_refused_order_gives_everything_back_and_tells_its_owner(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["refuse"]
    house.run(MARK)
    house.send()
    assert house.one("SELECT state FROM positions") == ("error",)
    assert house.tally(named) == (0, 0)
    assert house.one("SELECT code, message FROM notices") == ("rejected", "The broker said no.")


def opened(house: House, exits: str = "{}", *more: str, daily: int = 1) -> None:
    house.add(bot(scanner(spread(exits=exits)), *more, limits=f"10000, {daily}, 3"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()


def test_a_monitor_closes_what_it_finds_and_the_gain_is_booked(house: House) -> None:
    opened(house, "{}", closer())
    house.run(MARK + QUARTER)
    house.send()
    assert house.one("SELECT state FROM positions WHERE closed_by = 'Close all'") == ("closing",)
    (ticket,) = house.broker.tickets[1:2]
    assert [leg.ratio for leg in ticket.legs] == [-1, 1]
    assert ticket.limit == D("0.50")
    house.broker.fill("2", 1, "0.20")
    house.look()
    # Sold at 0.50, bought back at 0.20: 30 dollars.
    assert house.one("SELECT realised FROM positions WHERE state = 'closed'") == (3_000,)
    assert house.one("SELECT gains, open_n FROM pools") == (3_000, 0)


def test_a_partial_close_leaves_the_rest_open(house: House) -> None:
    house.add(bot(scanner(spread(size="{contracts: 3}"), above=1), closer(), limits="10000, 1, 3"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 3, "-0.50")
    house.look()
    house.run(MARK + QUARTER)
    house.send()
    house.broker.fill("2", 2, "0.30", ends=True)
    house.look()
    assert house.one("SELECT state, quantity, realised FROM positions") == ("open", 1, 4_000)
    # Two sold at 0.50 and bought back at 0.30 have gained 40 dollars, whatever the third comes to.
    assert house.one("SELECT gains FROM pools") == (4_000,)
    house.clock.at += QUARTER
    house.run(MARK + 2 * QUARTER)
    house.send()
    house.broker.fill("3", 1, "0.60")
    house.look()
    assert house.one("SELECT state, realised FROM positions") == ("closed", 3_000)
    assert house.one("SELECT gains, committed FROM pools") == (3_000, 0)
    assert house.one("SELECT sum(amount)::bigint FROM entries WHERE kind = 'gain'") == (3_000,)


def test_the_watch_keeps_the_high_and_takes_the_profit(house: House) -> None:
    opened(house, "{profit: 50%}")
    house.run(MARK + timedelta(minutes=1))
    gain, high = house.one("SELECT gain, high_gain FROM positions")
    assert (gain, high) == (0.0, 0.0)
    house.market.last = D(510)
    house.market.spread_is = (D("0.30"), D("0.15"))
    house.run(MARK + timedelta(minutes=2))
    assert house.one("SELECT state, closed_by FROM positions") == ("closing", "profit")


def test_the_pool_is_rebuilt_from_the_ledger_after_a_flush(house: House) -> None:
    opened(house, daily=2)
    named = house.roster.bots()[0].bot_id
    house.redis.flushall()
    house.run(MARK + QUARTER)
    assert outcomes(house) == ["opening", "opening"]
    committed, pending = house.tally(named)
    assert (committed, pending) == (45_000, UNIT)
    assert house.one("SELECT epoch FROM pools") == (3,)


def test_an_action_waits_until_its_last_order_has_ended(house: House) -> None:
    text = bot(scanner(spread()), monitor(spread("QQQ")), limits="10000, 9, 9")
    named = house.add(text.replace("interval: 15", "interval: 1"))
    house.run(MARK)
    house.send()
    house.run(MARK + timedelta(minutes=1))
    assert outcomes(house) == ["opening", "opening", "refused:under_way", "refused:under_way"]
    assert house.one("SELECT count(*) FROM draws") == (2,)
    assert house.one("SELECT count(*) FROM notices WHERE level = 'error'") == (0,)
    house.broker.fill("1", 1, "-0.50")
    house.look()
    house.run(MARK + timedelta(minutes=2))
    assert sorted(map(str, outcomes(house)[4:])) == ["opening", "refused:under_way"]
    assert house.tally(named)[1] == 2 * UNIT


def test_where_day_trading_is_blocked_nothing_is_left_on_its_first_day(house: House) -> None:
    exits = spread(exits="{profit: 10%}")
    text = bot(scanner(exits), closer(), limits="10000, 1, 1")
    house.add(text.replace("interval: 15", "interval: 15\nday_trading: blocked"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.60")
    house.look()
    house.run(MARK + QUARTER)
    assert outcomes(house)[2:] == ["skipped:open_positions", "refused:day_trading"]
    assert house.one("SELECT count(*) FROM orders") == (1,)
    house.run(MARK + timedelta(days=1))
    assert house.one("SELECT state FROM positions") == ("closing",)


def test_one_tree_does_the_same_as_scanner_and_as_monitor(house: House) -> None:
    """S92: one tree on the same data in two lanes, side by side: the same orders but for ids."""
    house.add(bot(scanner(spread()), name="Scans", limits="10000, 3, 3"))
    minds = scanner(spread()).replace("lane: scanner", "lane: monitor")
    house.add(bot(minds, name="Minds", limits="10000, 3, 3"))
    house.run(MARK)
    assert house.all("SELECT DISTINCT outcome FROM runs") == [("opening",)]
    orders = house.all("SELECT symbol, effect, legs, quantity, rungs FROM orders ORDER BY order_id")
    assert len(orders) == 2
    assert orders[0] == orders[1]


def test_a_scanner_may_close_and_a_monitor_may_open(house: House) -> None:
    """S93: the lane says when it runs, never what it may do."""
    closing = closer("Scan and close").replace("lane: monitor", "lane: scanner")
    house.add(bot(closing, monitor(spread()), limits="10000, 2, 3"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    assert house.one("SELECT state FROM positions") == ("open",)
    house.run(MARK + QUARTER)
    assert house.one("SELECT state FROM positions WHERE closed_by = 'Scan and close'") == (
        "closing",
    )
