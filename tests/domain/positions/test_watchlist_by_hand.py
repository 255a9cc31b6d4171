"""The one pass over all positions, against each position judged by hand with exact decimals."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.market.instruments import Right
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.money import dollars
from botfleet.domain.positions.deadlines import Deadlines
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import Position
from botfleet.domain.positions.watchlist import Tended, Watchlist
from botfleet.domain.trades.structures import Structure, multiplier
from tests.domain.positions.watched import (
    BOT,
    CREDIT,
    LEGS,
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


def by_hand(one: Position, market: Market, spot: Decimal, minute: int) -> str:
    """Judge one position plainly: what is said of each exit, in the order of the panel."""
    bid = ask = D(0)
    for leg in one.legs:
        low, high = market[leg.option] if leg.option else (spot - D("0.01"), spot + D("0.01"))
        low = low or D(0)
        if high is None or low > high:
            return ""
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
prices = st.decimals(0, 5, places=2)
sides = st.tuples(prices, prices).map(sorted).map(tuple) | st.tuples(
    st.none() | prices, st.none() | prices
)


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
