"""Exits over the one pass over all positions: each kind at its edge, and what keeps them still."""

from dataclasses import replace
from datetime import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.ids import BotId, derive
from botfleet.domain.market.instruments import Option, Right
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.money import dollars
from botfleet.domain.positions.deadlines import Deadlines
from botfleet.domain.positions.exits import REASONS, ExitRules, Exits
from botfleet.domain.positions.watchlist import Tended, Watchlist, reason, touches
from botfleet.domain.trades.structures import Structure
from tests.domain.positions.watched import (
    BOT,
    CREDIT,
    DAY,
    OPENED,
    OPTIONS,
    SESSION,
    USER,
    D,
    Market,
    judge,
    of,
    position,
)


@pytest.mark.parametrize(
    ("exits", "middle", "fires"),
    [
        (Exits(profit=D("0.5")), "0.25", "profit"),
        (Exits(profit=D("0.5")), "0.255", ""),
        (Exits(profit=D("0.1")), "0.45", "profit"),  # exactly at it, whatever floats make of 0.1
        (Exits(profit_amount=dollars(50)), "0.25", "profit"),  # two units, 25 dollars each
        (Exits(profit_amount=dollars("50.01")), "0.25", ""),
        (Exits(price=D("0.20")), "0.20", "price"),
        (Exits(price=D("0.20")), "0.21", ""),
        (Exits(price=D("0.80")), "0.80", "price"),  # a price on the losing side is reached upward
        (Exits(price=D("0.80")), "0.79", ""),
        (Exits(price=D("0.50")), "0.50", "price"),  # what was received is reached from above
        (Exits(price=D("0.50")), "0.49", "price"),
        (Exits(price=D("0.50")), "0.51", ""),
        (Exits(stop=D(1)), "1.00", "stop"),
        (Exits(stop=D(1)), "0.99", ""),
        (Exits(stop_amount=dollars(100)), "1.00", "stop"),
        (Exits(stop_amount=dollars(100)), "0.995", ""),
        (Exits(profit=D("0.5"), price=D("0.25")), "0.20", "profit"),  # the first one is named
        (Exits(profit=D("0.5"), spread_max=D("0.02")), "0.25", "profit"),
        (Exits(profit=D("0.5"), spread_max=D("0.01")), "0.25", ""),
    ],
)
def test_profit_price_and_stop_of_a_credit(exits: Exits, middle: str, fires: str) -> None:
    assert judge([position(CREDIT, "-0.50", exits, 2)], of(middle))[0] == [fires]


def test_what_was_opened_for_nothing_has_no_return_and_its_dollars_count_all_the_same() -> None:
    """A return of nothing is none; 20 cents of two units are 40 dollars."""
    panels = (
        Exits(profit=D("0.01"), stop=D("0.01")),
        Exits(stop_amount=dollars(40)),
        Exits(stop_amount=dollars("40.01")),
        Exits(price=D("0.20")),
    )
    held = [position(CREDIT, "0", exits, 2) for exits in panels]
    fired, judged = judge(held, of("0.20"))
    assert fired == ["", "stop", "", ""]
    assert judged.is_valued.all()
    assert judged.gain.tolist() == [0.0] * 4


TRAIL = Exits(trail_from=D("0.2"), trail=D("0.1"))
LEAST = replace(TRAIL, trail_return_min=D("0.15"))
MOST = replace(TRAIL, trail_pullback_max=D("0.2"))


@pytest.mark.parametrize(
    ("exits", "high", "middle", "fires"),
    [
        (TRAIL, 0.3, "0.40", "trail"),  # at 20 %, 10 points under the high of 30 %
        (TRAIL, 0.3, "0.395", ""),  # at 21 %
        (TRAIL, 0.19, "0.50", ""),  # never reached 20 %
        (TRAIL, 0.2, "0.45", "trail"),
        (TRAIL, 0.3, "0.60", "trail"),  # fell right through: at a loss of 20 %
        (LEAST, 0.3, "0.40", "trail"),
        (LEAST, 0.3, "0.45", ""),  # at 10 %, below the least return
        (MOST, 0.4, "0.40", "trail"),
        (MOST, 0.4, "0.45", ""),  # 30 points were given back, more than 20
        (TRAIL, 0.0, "0.35", ""),  # this very look makes the high
    ],
)
def test_the_trailing_stop(exits: Exits, high: float, middle: str, fires: str) -> None:
    assert judge([position(CREDIT, "-0.50", exits, high_gain=high)], of(middle))[0] == [fires]


@pytest.mark.parametrize(
    ("structure", "touch", "spot", "fires"),
    [
        # Sold put of 495: in the money below it.
        (CREDIT, "0", "495.00", True),
        (CREDIT, "0", "495.01", False),
        (CREDIT, "2", "497.00", True),  # before it
        (CREDIT, "2", "497.01", False),
        (CREDIT, "-2", "493.00", True),  # inside the money
        (CREDIT, "-2", "493.01", False),
        # Bought call of 500: in the money above it.
        (Structure.LONG_CALL, "0", "500.00", True),
        (Structure.LONG_CALL, "0", "499.99", False),
        (Structure.LONG_CALL, "2", "498.00", True),
        (Structure.LONG_CALL, "-2", "501.99", False),
        (Structure.LONG_CALL, "-2", "502.00", True),
        # A condor is touched on either side: sold put of 490, sold call of 510.
        (Structure.IRON_CONDOR, "0", "490.00", True),
        (Structure.IRON_CONDOR, "0", "500.00", False),
        (Structure.IRON_CONDOR, "0", "510.00", True),
        (Structure.IRON_CONDOR, "1", "509.00", True),
        (Structure.IRON_CONDOR, "1", "491.00", True),
    ],
)
def test_a_touch_counts_from_the_deciding_strike(
    structure: Structure,
    touch: str,
    spot: str,
    fires: bool,  # noqa: FBT001
) -> None:
    flat: Market = {one: (D(1), D("1.02")) for one in OPTIONS}
    entry = "1.01" if structure is Structure.LONG_CALL else "-0.01"
    held = position(structure, entry, Exits(touch=D(touch)))
    assert judge([held], flat, spot)[0] == ["touch" if fires else ""]


def test_a_touch_by_percentage_is_of_the_strike() -> None:
    exits = Exits(touch=D("0.01"), touch_is_fraction=True)
    found = touches(position(Structure.IRON_CONDOR, "-1", exits))
    assert found == pytest.approx((510 * 0.99, 490 * 1.01))


@given(st.decimals(-20, 20, places=2), st.decimals(470, 530, places=2), st.decimals(0, 5, places=2))
def test_a_touch_further_before_the_strike_never_fires_later(
    touch: Decimal, spot: Decimal, further: Decimal
) -> None:
    flat: Market = {one: (D(1), D("1.02")) for one in OPTIONS}
    near, far = (position(CREDIT, "-0.01", Exits(touch=each)) for each in (touch, touch + further))
    fired, _ = judge([near, far], flat, str(spot))
    assert fired[1] == "touch" or fired[0] == ""


@pytest.mark.parametrize(
    ("rules", "minute", "fires"),
    [
        (ExitRules(), 1, True),
        (ExitRules(), 0, False),
        (ExitRules(), 389, True),
        (ExitRules(), 390, False),
        (ExitRules(begins=time(9, 40)), 9, False),
        (ExitRules(begins=time(9, 40)), 10, True),
        (ExitRules(ends_min=15), 375, True),
        (ExitRules(ends_min=15), 376, False),
    ],
)
def test_exits_act_inside_the_accounts_window_and_gains_are_kept_outside(
    rules: ExitRules,
    minute: int,
    fires: bool,  # noqa: FBT001
) -> None:
    held = position(CREDIT, "-0.50", Exits(profit=D("0.5")))
    fired, judged = judge([held], of("0.20"), minute=minute, rules=rules)
    assert fired == ["profit" if fires else ""]
    assert judged.high.tolist() == [pytest.approx(0.6)]


def test_the_clock_fires_from_its_minute_on() -> None:
    held = position(CREDIT, "-0.50", Exits(expiration_min=30))
    fired = [judge([held], of("0.50"), minute=minute)[0][0] for minute in (359, 360, 389)]
    assert fired == ["", "expiration", "expiration"]


SOLD = Option("SPY", DAY, Right.PUT, D(495))


@pytest.mark.parametrize(
    "market",
    [
        {},
        of("0.20") | {SOLD: (D(1), None)},
        of("0.20") | {SOLD: (D("1.21"), D("1.20"))},  # crossed: one of its sides is wrong
        of("0.20") | {SOLD: (D("NaN"), D("1.20"))},
        of("0.20") | {SOLD: (D("1.20"), D("NaN"))},
    ],
)
def test_without_data_nothing_fires_and_nothing_is_kept(market: Market) -> None:
    exits = Exits(profit=D("-0.1"), expiration_min=360, touch=D(20))
    held = position(CREDIT, "-0.50", exits, high_gain=0.4, low_gain=-0.2, gain=0.1)
    fired, judged = judge([held], market, minute=380)
    assert fired == [""]
    kept = (judged.gain.tolist(), judged.high.tolist(), judged.low.tolist())
    assert kept == ([0.1], [0.4], [-0.2])


def test_a_market_whose_sides_meet_is_one() -> None:
    held = position(CREDIT, "-0.50", Exits(profit=D("0.5")))
    locked_market = of("0.20") | {SOLD: (D("1.20"), D("1.20"))}
    assert judge([held], locked_market)[0] == ["profit"]


def test_no_price_of_the_underlying_is_no_touch_but_a_profit_all_the_same() -> None:
    held = [
        position(CREDIT, "-0.50", Exits(touch=D(100))),
        position(CREDIT, "-0.50", Exits(touch=D(100), profit=D("0.5"))),
    ]
    assert judge(held, of("0.20"), spot=None)[0] == ["", "profit"]


def test_while_the_market_is_too_wide_no_high_or_low_is_recorded() -> None:
    held = position(CREDIT, "-0.50", Exits(spread_max=D("0.10")), high_gain=0.1, low_gain=-0.1)
    _, wide = judge([held], of("0.20", width="0.30"))
    assert (wide.high.tolist(), wide.low.tolist()) == ([0.1], [-0.1])
    _, narrow = judge([held], of("0.20", width="0.10"))
    assert (narrow.high.tolist(), narrow.low.tolist()) == ([pytest.approx(0.6)], [-0.1])


def test_positions_come_and_go_and_only_what_moved_is_to_be_written() -> None:
    assert SESSION is not None
    watchlist = Watchlist(SESSION)
    one, two = position(CREDIT, "-0.50"), position(CREDIT, "-0.60")
    other = BotId(derive("bot", 2))
    watchlist.take([Tended(USER, BOT, one), Tended(USER, other, two)], [Deadlines()] * 2)
    market = {name: OptionQuote(name, OPENED, *sides) for name, sides in of("0.25").items()}
    every = watchlist.rows([BOT, other])
    prices = watchlist.prices({}, market)
    for moved in ([True, True], [False, False]):
        judged = watchlist.judge(every, prices, 5)
        assert judged.moved.tolist() == moved
        watchlist.keep(judged)
    changed = replace(one, quantity=3)
    watchlist.take([Tended(USER, BOT, changed)], [Deadlines()])
    assert len(watchlist) == 2
    watchlist.drop([two.position_id])
    assert watchlist.named(watchlist.rows([BOT, other])) == ([one.position_id], [BOT])
    watchlist.drop(bots=[BOT])
    assert len(watchlist) == 0


def test_a_position_takes_less_than_200_bytes() -> None:
    assert SESSION is not None
    watchlist = Watchlist(SESSION)
    held = [position(Structure.IRON_CONDOR, f"-{n}") for n in range(1, 1_001)]
    watchlist.take([Tended(USER, BOT, one) for one in held], [Deadlines()] * len(held))
    assert watchlist.nbytes / len(watchlist) < 200


def test_every_reason_has_its_place() -> None:
    assert [reason(code) for code in range(1, len(REASONS) + 1)] == list(REASONS)


@pytest.mark.parametrize(
    ("is_on", "is_held_back", "fires"),
    [(True, False, True), (False, False, False), (True, True, False), (False, True, False)],
)
def test_exits_act_only_where_they_are_on_and_nothing_holds_them_back(
    *, is_on: bool, is_held_back: bool, fires: bool
) -> None:
    """X11, and the switch of a position: its gains are kept all the same."""
    assert SESSION is not None
    watchlist = Watchlist(SESSION)
    held = position(CREDIT, "-0.50", Exits(profit=D("0.5")))
    rules = ExitRules(attempts_max=3)
    due = [Deadlines(is_held_back=is_held_back)]
    watchlist.take([Tended(USER, BOT, held, rules, is_on=is_on)], due)
    rows = watchlist.rows([BOT])
    options = {one: OptionQuote(one, OPENED, *sides) for one, sides in of("0.25").items()}
    judged = watchlist.judge(rows, watchlist.prices({}, options), 60)
    assert (bool(judged.fired[0]), judged.high[0]) == (fires, 0.5)
    assert watchlist.attempts_max(rows) == [3]


def test_the_odds_are_asked_of_those_alone_that_want_them_and_do_not_fire() -> None:
    by_odds = Exits(alpha_min=D("0.1"))
    both = replace(by_odds, profit=D("0.5"))
    held = [
        position(CREDIT, "-0.50", exits, n) for n, exits in enumerate((by_odds, both, Exits()), 1)
    ]
    _, judged = judge(held, of("0.25"))
    assert judged.open_to_odds.tolist() == [True, False, False]
