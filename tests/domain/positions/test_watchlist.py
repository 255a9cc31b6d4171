"""The one pass over all positions, against each position judged by hand with exact decimals."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.eastern import instant
from botfleet.domain.ids import BotId, PositionId, UserId, derive
from botfleet.domain.market.calendar import session_on
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.money import dollars
from botfleet.domain.positions.deadlines import Deadlines, deadlines
from botfleet.domain.positions.exits import REASONS, ExitRules, Exits
from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.positions.watchlist import Judged, Tended, Watchlist, reason, touches
from botfleet.domain.trades.structures import ROLES, Structure, multiplier

D = Decimal
DAY = date(2026, 3, 10)
SESSION = session_on(DAY)
assert SESSION is not None
OPENED = instant(DAY, time(9, 45))
USER, BOT = UserId(derive("user", 1)), BotId(derive("bot", 1))
NONE, USUAL = Exits(), ExitRules()
Market = dict[Option, tuple[Decimal | None, Decimal | None]]


def legs(structure: Structure, *strikes: int) -> tuple[Leg, ...]:
    roles = zip(ROLES[structure], strikes, strict=True)
    found = (Leg(Option("SPY", DAY, role.right, D(strike)), role.ratio) for role, strike in roles)
    return tuple(found) or (Leg(None, 1),)


LEGS = {
    Structure.SHORT_PUT_SPREAD: legs(Structure.SHORT_PUT_SPREAD, 490, 495),
    Structure.LONG_CALL: legs(Structure.LONG_CALL, 500),
    Structure.IRON_CONDOR: legs(Structure.IRON_CONDOR, 485, 490, 510, 515),
    Structure.LONG_EQUITY: legs(Structure.LONG_EQUITY),
}
OPTIONS = {leg.option for each in LEGS.values() for leg in each if leg.option is not None}


def position(
    structure: Structure, entry: str, exits: Exits = NONE, quantity: int = 1, **more: Any
) -> Position:
    return Position(
        PositionId(derive("position", structure, entry, quantity, str(exits), str(more))),
        "SPY",
        structure,
        LEGS[structure],
        quantity,
        D(entry),
        PositionState.OPEN,
        OPENED,
        None if structure is Structure.LONG_EQUITY else DAY,
        exits,
        **more,
    )


def judge(
    held: Sequence[Position],
    market: Market,
    spot: str | None = "500",
    minute: int = 60,
    rules: ExitRules = USUAL,
) -> tuple[list[str], Judged]:
    """Judge positions together; give what fired for each, and all that was found."""
    assert SESSION is not None
    watchlist = Watchlist(SESSION)
    tended = [Tended(USER, BOT, one, rules) for one in held]
    watchlist.take(tended, [deadlines(one, SESSION) for one in held])
    at = OPENED + timedelta(minutes=1)
    last = None if spot is None else D(spot)
    bid, ask = (None, None) if last is None else (last - D("0.01"), last + D("0.01"))
    quotes = {"SPY": Quote("SPY", at, bid, ask, last)}
    options = {one: OptionQuote(one, at, *two) for one, two in market.items()}
    rows = watchlist.rows([BOT])
    judged = watchlist.judge(rows, watchlist.prices(quotes, options), minute)
    ids, _ = watchlist.named(rows)
    fired = dict(zip(ids, judged.fired.tolist(), strict=True))
    return [
        reason(fired[one.position_id]) if fired[one.position_id] else "" for one in held
    ], judged


def of(middle: str, width: str = "0.02") -> Market:
    """Make a put spread of 495 and 490 cost `middle`, `width` from side to side."""
    half = D(width) / 2
    short, long = Option("SPY", DAY, Right.PUT, D(495)), Option("SPY", DAY, Right.PUT, D(490))
    return {short: (D(middle) + 1 - half, D(middle) + 1 + half), long: (D(1), D(1))}


CREDIT = Structure.SHORT_PUT_SPREAD


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


@pytest.mark.parametrize(
    "market", [{}, of("0.20") | {Option("SPY", DAY, Right.PUT, D(495)): (D(1), None)}]
)
def test_without_data_nothing_fires_and_nothing_is_kept(market: Market) -> None:
    exits = Exits(profit=D("-0.1"), expiration_min=360, touch=D(20))
    held = position(CREDIT, "-0.50", exits, high_gain=0.4, low_gain=-0.2, gain=0.1)
    fired, judged = judge([held], market, minute=380)
    assert fired == [""]
    kept = (judged.gain.tolist(), judged.high.tolist(), judged.low.tolist())
    assert kept == ([0.1], [0.4], [-0.2])


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


def by_hand(one: Position, market: Market, spot: Decimal, minute: int) -> str:
    """Judge one position plainly: what is said of each exit, in the order of the panel."""
    bid = ask = D(0)
    for leg in one.legs:
        low, high = market[leg.option] if leg.option else (spot - D("0.01"), spot + D("0.01"))
        if high is None:
            return ""
        low = low or D(0)
        bid += leg.ratio * (low if leg.ratio > 0 else high)
        ask += leg.ratio * (high if leg.ratio > 0 else low)
    widest = one.exits.spread_max
    if widest is not None and ask - bid > widest:
        return ""
    worth = (bid + ask) / 2
    checks = (
        ("profit", profits(one, worth)),
        ("price", reaches(one, worth)),
        ("stop", stops(one, worth)),
        ("trail", trails(one, worth)),
        ("touch", touched(one, spot)),
        ("expiration", one.expires_on is not None and last_minutes(one) <= minute),
    )
    return next((name for name, fires in checks if fires), "")


def last_minutes(one: Position) -> int:
    return 390 - (one.exits.expiration_min or 0)


def returned(one: Position, worth: Decimal) -> tuple[Decimal, Decimal]:
    made = worth - one.entry
    return made / abs(one.entry), made * one.quantity * multiplier(one.structure)


def profits(one: Position, worth: Decimal) -> bool:
    gain, made = returned(one, worth)
    share, amount = one.exits.profit, one.exits.profit_amount
    return (share is not None and gain >= share) or (amount is not None and made >= amount.dollars)


def reaches(one: Position, worth: Decimal) -> bool:
    if one.exits.price is None:
        return False
    target = one.exits.price if one.entry > 0 else -one.exits.price
    return worth >= target if target >= one.entry else worth <= target


def stops(one: Position, worth: Decimal) -> bool:
    gain, made = returned(one, worth)
    share, amount = one.exits.stop, one.exits.stop_amount
    return (share is not None and gain <= -share) or (
        amount is not None and made <= -amount.dollars
    )


def trails(one: Position, worth: Decimal) -> bool:
    exits, (gain, _) = one.exits, returned(one, worth)
    if exits.trail is None or exits.trail_from is None:
        return False
    high = max(D(repr(one.high_gain)), gain)
    has_floor = exits.trail_return_min is None or gain >= exits.trail_return_min
    has_roof = exits.trail_pullback_max is None or high - gain <= exits.trail_pullback_max
    return high >= exits.trail_from and high - gain >= exits.trail and has_floor and has_roof


def touched(one: Position, spot: Decimal) -> bool:
    for leg in one.legs if one.exits.touch is not None else ():
        if leg.option is not None and (leg.ratio < 0) is (one.entry < 0):
            away = spot - leg.option.strike
            before = -away if leg.option.right is Right.CALL else away
            if one.exits.touch is not None and before <= one.exits.touch:
                return True
    return False


percents = st.none() | st.decimals("0.01", 2, places=2)
cents = st.none() | st.integers(1, 30_000).map(lambda n: dollars(D(n) / 100))
panels = st.builds(
    lambda trails, **rest: Exits(**rest, **trails),
    st.just({})
    | st.fixed_dictionaries(
        {
            "trail_from": st.decimals("0.01", 1, places=2),
            "trail": st.decimals("0.01", 1, places=2),
            "trail_return_min": st.none() | st.decimals(-1, 1, places=2),
            "trail_pullback_max": percents,
        }
    ),
    profit=percents,
    stop=percents,
    profit_amount=cents,
    stop_amount=cents,
    price=st.none() | st.decimals("0.01", 5, places=2),
    touch=st.none() | st.decimals(-5, 5, places=2),
    expiration_min=st.none() | st.integers(5, 360),
    spread_max=st.none() | st.decimals("0.01", 1, places=2),
)
held_ones = st.builds(
    position,
    st.sampled_from(list(LEGS)),
    st.decimals("0.01", 5, places=2).map(str),
    panels,
    st.integers(1, 20),
    high_gain=st.decimals(0, 2, places=2).map(float),
).map(
    lambda one: (
        replace(one, entry=-one.entry) if one.structure in {CREDIT, Structure.IRON_CONDOR} else one
    )
)
sides = st.tuples(st.none() | st.decimals(0, 5, places=2), st.none() | st.decimals(0, 5, places=2))


@given(
    held=st.lists(held_ones, min_size=1, max_size=8, unique_by=lambda one: one.position_id),
    market=st.fixed_dictionaries(dict.fromkeys(sorted(OPTIONS), sides)),
    spot=st.decimals(480, 520, places=2),
    minute=st.integers(1, 389),
)
def test_all_together_fire_as_each_does_by_hand(
    held: list[Position], market: Market, spot: Decimal, minute: int
) -> None:
    fired, _ = judge(held, market, str(spot), minute)
    assert fired == [by_hand(one, market, spot, minute) for one in held]


@given(st.lists(st.decimals("0.01", 2, places=2), min_size=1, max_size=12))
def test_a_high_never_falls_and_a_low_never_rises(middles: list[Decimal]) -> None:
    assert SESSION is not None
    watchlist = Watchlist(SESSION)
    one = position(CREDIT, "-0.50")
    watchlist.take([Tended(USER, BOT, one)], [Deadlines()])
    rows, seen = watchlist.rows([BOT]), [0.0]
    for middle in middles:
        market = {name: OptionQuote(name, OPENED, *two) for name, two in of(str(middle)).items()}
        judged = watchlist.judge(rows, watchlist.prices({}, market), 5)
        watchlist.keep(judged)
        seen.append(float((D("0.5") - middle) / D("0.5")))
        assert judged.high.tolist() == [pytest.approx(max(seen))]
        assert judged.low.tolist() == [pytest.approx(min(seen))]


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
