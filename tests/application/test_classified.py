"""Each warning and error of the reference's list (spec 5.3), brought about from outside: what its
owner is told, whether it counts toward the ten (R37), and what becomes of order and position.

E4 has `test_symbols`, E13 `test_events`; the brokers' own words are in `domain/orders`.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from botfleet.adapters.postgres.database import execute
from botfleet.domain.bots.mishaps import MISHAPS
from tests.application.bots import bot, button, closer, monitor, scanner, spread
from tests.application.house import MARK, House
from tests.application.test_press import press

D = Decimal
QUARTER = timedelta(minutes=15)


def errors(house: House) -> int:
    return sum(int(str(n)) for (n,) in house.all("SELECT errors FROM mishaps"))


def told(house: House) -> list[tuple[object, ...]]:
    return house.all("SELECT level, code FROM notices WHERE level IN ('warning', 'error')")


def wanting(trade: str, **given: str) -> Callable[[House], None]:
    def run(house: House) -> None:
        house.add(bot(scanner(trade), **given))
        house.run(MARK)

    return run


def twice(limits: str) -> Callable[[House], None]:
    def run(house: House) -> None:
        house.add(bot(monitor(spread()), monitor(spread()).replace("opens", "too"), limits=limits))
        house.run(MARK)

    return run


def inverted(house: House) -> None:
    house.market.spread_is = D("0.50"), D("1.00")
    wanting(spread())(house)


def unreadable(house: House) -> None:
    """A bot that was written for a fleet of other recipes, beside one that is fine."""
    house.add(bot(scanner(spread()), name="Old"))
    with house.database.transaction() as connection:
        sql = "UPDATE definitions SET body = replace(body, 'stock_price', 'stock_aura')"
        execute(connection, sql)
    house.add(bot(scanner(spread()), name="Fine"))
    house.run(MARK)
    assert house.all("SELECT outcome FROM runs") == [("opening",)]


def poor(house: House) -> None:
    """A bot that has lost more than it was given."""
    named = house.add(bot(scanner(spread(size="{percent: 10%, of: net_liquidation}"))))
    with house.database.transaction() as connection:
        execute(connection, f"UPDATE pools SET gains = -1000000 WHERE bot_id = '{named}'")
    house.run(MARK)


def refused_open(words: str) -> Callable[[House], None]:
    def run(house: House) -> None:
        house.broker.mood = [f"refuse: {words}"]
        wanting(spread())(house)
        house.send()
        assert house.all("SELECT state FROM positions") == [("error",)]
        assert house.one("SELECT pending + committed FROM pools") == (0,)

    return run


def refused_close(words: str) -> Callable[[House], None]:
    def run(house: House) -> None:
        house.add(bot(scanner(spread()), closer(), limits="10000, 1, 1"))
        house.run(MARK)
        house.send()
        house.broker.fill("1", 1, "-0.50")
        house.look()
        house.broker.mood = [f"refuse: {words}"]
        house.run(MARK + QUARTER)
        house.send()
        assert house.all("SELECT state FROM positions") == [("open",)]
        assert len(house.broker.tickets) == 1

    return run


def gone(house: House) -> None:
    """What was closed elsewhere; twice seen is believed."""
    house.add(bot(scanner(spread()), limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    house.broker.elsewhere = {"SPY260313P00490000": 1, "SPY260313P00485000": -1}
    for _ in range(2):
        house.compare(after_s=1)
    assert house.all("SELECT state FROM positions") == [("missing",)]


BELOW = spread().replace("{width: -5, of: short_put}", "{strike: 495, mode: exactly}")
NOWHERE = spread().replace("{offset: -10}", "{strike: 999, mode: exactly}")
TOO_DEAR = spread() + "            price: {fixed: 6}\n"
WARNINGS = {
    "W1": (wanting(spread(size="{contracts: 90}")), "refused:no_capital"),
    "W1 too small": (wanting(spread(size="{amount: 100}")), "refused:no_capital"),
    "W2": (inverted, "no_trade:W2"),
    "W3": (twice("10000, 1, 3"), "refused:daily_positions"),
    "W4": (twice("10000, 3, 1"), "refused:open_positions"),
    "W5": (wanting(spread().replace("{exactly: 3}", "{exactly: 99}")), "no_trade:W5"),
}
ERRORS = {
    "E1": (wanting(BELOW), "no_trade:E1"),
    "E2": (wanting(NOWHERE), "no_trade:E2"),
    "E3": (wanting(TOO_DEAR), "no_trade:E3"),
    "E3 of nothing": (poor, "no_trade:E3"),
    "E5": (unreadable, "refused:input"),
    "E6": (refused_open("You cannot sell to open against a long position."), "rejected:overlap"),
    "E7": (
        refused_close("You already have a closing order for SPY."),
        "close_rejected:duplicate_close",
    ),
    "E8": (refused_open("DayTraderPatternRestriction"), "rejected:day_trading"),
    "E8 close": (refused_close("EC501: day trading margin"), "close_rejected:day_trading"),
    "E9": (
        refused_close("The limit price exceeds the strike difference"),
        "close_rejected:price",
    ),
    "E10": (refused_open("Account is set to closing only."), "rejected:approval"),
    "E11": (refused_open("Invalid Authorization"), "rejected:authorization"),
    "E12": (gone, "missing"),
    "E12 at the close": (
        refused_close("Unexpected SellShortOrder"),
        "close_rejected:not_held",
    ),
}


@pytest.mark.parametrize(("happens", "code"), WARNINGS.values(), ids=WARNINGS)
def test_a_warning_is_told_and_not_counted(
    house: House, happens: Callable[[House], None], code: str
) -> None:
    happens(house)
    assert told(house) == [("warning", code)]
    assert errors(house) == 0


@pytest.mark.parametrize(("happens", "code"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_told_and_counted_once(
    house: House, happens: Callable[[House], None], code: str
) -> None:
    happens(house)
    assert told(house) == [("error", code)]
    assert errors(house) == 1


def test_every_number_of_the_list_is_brought_about_somewhere() -> None:
    sources = {one.source for one in MISHAPS.values()} - {""}
    here = {name.partition(" ")[0] for name in WARNINGS | ERRORS}
    assert sources - here == {"E4", "E13"}
    assert {code for _, code in (WARNINGS | ERRORS).values()} <= MISHAPS.keys()


def test_a_size_that_allows_no_whole_unit_says_what_one_costs(house: House) -> None:
    WARNINGS["W1 too small"][0](house)
    words = "SPY: the size allows no whole unit; one may cost $452.00, $10,000.00 is free."
    assert house.one("SELECT message FROM notices") == (words,)


def test_one_bots_impossible_price_stops_no_other_bot_of_its_batch(house: House) -> None:
    house.add(bot(scanner(TOO_DEAR), name="Greedy"))
    house.add(bot(scanner(spread()), name="Modest"))
    house.run(MARK)
    outcomes = house.all("SELECT outcome FROM runs ORDER BY outcome")
    assert outcomes == [("no_trade:E3",), ("opening",)]
    assert house.one("SELECT state FROM work WHERE kind = 'mark' AND state <> 'skipped'") == (
        "done",
    )


def test_what_was_clicked_before_its_bot_was_changed_is_not_run_as_something_else(
    house: House,
) -> None:
    house.add(bot(button("go", spread()), button("flat", spread())))
    house.clock.at = MARK
    run_id = press(house, "flat")
    house.add(bot(button("other", spread()), button("go", spread())))
    (pointer,) = house.messages.pointers
    house.instance.do(pointer.work_id)
    assert house.all("SELECT run_id, outcome FROM runs") == [(run_id, "skipped:changed")]
    assert told(house) == [("warning", "missed")]
    assert house.all("SELECT * FROM orders") == []
