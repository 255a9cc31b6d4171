"""What an owner reads that an exit needs is what it fires at: held against the watch."""

import pytest

from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.money import dollars
from botfleet.domain.positions.deadlines import Deadlines, deadlines
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.needs import Need, needs
from botfleet.domain.positions.position import Position, Valuation
from botfleet.domain.positions.valuation import value
from botfleet.domain.trades.structures import Structure
from tests.domain.positions.watched import (
    CREDIT,
    LEGS,
    OPENED,
    SESSION,
    D,
    Market,
    judge,
    of,
    position,
)

CALL = Structure.LONG_CALL
NO_DEADLINE = Deadlines()


def wide(middle: str) -> Market:
    (leg,) = LEGS[CALL]
    assert leg.option is not None
    return {leg.option: (D(middle), D(middle))}


def told(
    held: Position, worth: Valuation | None = None, due: Deadlines = NO_DEADLINE
) -> list[Need]:
    assert SESSION is not None
    return list(needs(held, worth, due, SESSION))


@pytest.mark.parametrize(
    ("structure", "entry", "exits", "words"),
    [
        (CREDIT, "-0.50", Exits(profit=D("0.5")), "a price of 0.25 or less"),
        (CREDIT, "-0.50", Exits(profit=D(1)), "a price of 0.00 or less"),
        (CREDIT, "-0.50", Exits(profit_amount=dollars(20)), "a price of 0.40 or less"),
        (CREDIT, "-0.50", Exits(stop=D(1)), "a price of 1.00 or more"),
        (CREDIT, "-0.50", Exits(stop_amount=dollars(20)), "a price of 0.60 or more"),
        (CALL, "2.00", Exits(profit=D("0.5")), "a price of 3.00 or more"),
        (CALL, "2.00", Exits(profit_amount=dollars(20)), "a price of 2.10 or more"),
        (CALL, "2.00", Exits(stop=D("0.5")), "a price of 1.00 or less"),
        (CALL, "2.00", Exits(stop=D(1)), "a price of 0.00 or less"),
        (CALL, "2.00", Exits(stop_amount=dollars(400)), "a price of 0.00 or less"),
    ],
)
def test_a_level_is_where_the_watch_fires_and_a_cent_short_of_it_is_not(
    structure: Structure, entry: str, exits: Exits, words: str
) -> None:
    """Two units each. At zero there is nothing beyond: a price is never below nothing."""
    held = position(structure, entry, exits, 2)
    (need,) = told(held)
    assert need.needs == words
    level, side = words.removeprefix("a price of ").split(" or ")
    short = D(level) + (D("0.01") if side == "less" else D("-0.01"))
    shown = of if structure is CREDIT else wide
    fired = [judge([held], shown(f"{at}"))[0] for at in (D(level), short)]
    assert fired == [[need.exit], [""]]


def test_a_stop_no_price_can_reach_says_so_in_a_price_that_none_is() -> None:
    """Half as much again as was paid cannot be lost."""
    (need,) = told(position(CALL, "2.00", Exits(stop=D("1.5"))))
    assert need.needs == "a price of -1.00 or less"


@pytest.mark.parametrize(
    ("exits", "high", "words"),
    [
        (Exits(trail_from=D("0.2"), trail=D("0.1")), 0.1, "a return of 20% first"),
        (Exits(trail_from=D("0.2"), trail=D("0.1")), 0.2, "a return of 10% or less"),
        (
            Exits(trail_from=D("0.2"), trail=D("0.1"), trail_return_min=D("0.05")),
            0.3,
            "a return of 20% or less, but no less than 5%",
        ),
        (
            Exits(trail_from=D("0.2"), trail=D("0.1"), trail_pullback_max=D("0.25")),
            0.3,
            "a return of 20% or less, with at most 25% given back",
        ),
    ],
)
def test_a_trailing_stop_tells_what_comes_next(exits: Exits, high: float, words: str) -> None:
    (need,) = told(position(CREDIT, "-0.50", exits, high_gain=high))
    assert need.needs == words


@pytest.mark.parametrize(
    ("structure", "touch", "words"),
    [
        (CREDIT, "2", "SPY at 497.00 or below"),
        (CALL, "-2", "SPY at 502.00 or above"),
        (Structure.IRON_CONDOR, "1", "SPY at 509.00 or above, or SPY at 491.00 or below"),
    ],
)
def test_a_touch_names_its_prices(structure: Structure, touch: str, words: str) -> None:
    (need,) = told(position(structure, "-0.50", Exits(touch=D(touch))))
    assert (need.needs, need.now) == (words, "not quoted")


def valued(held: Position, market: Market) -> Valuation:
    options = {one: OptionQuote(one, OPENED, *sides) for one, sides in market.items()}
    worth = value(held, options, Quote("SPY", OPENED, D(499), D(501), D(500)))
    assert worth is not None
    return worth


def test_how_things_stand_is_told_beside() -> None:
    """Sold twice at 0.50, worth 0.30 now: 40 % and 40 dollars gained."""
    panel = Exits(
        profit=D("0.5"),
        profit_amount=dollars(50),
        price=D("0.20"),
        touch=D(0),
        spread_max=D("0.10"),
        waits_a_day=True,
    )
    held = position(CREDIT, "-0.50", panel, 2)
    found = told(held, valued(held, of("0.30")), Deadlines(is_held_back=True))
    assert [(one.exit, one.now) for one in found] == [
        ("profit", "40%"),
        ("profit", "$40.00"),
        ("price", "-0.30"),
        ("touch", "500.00"),
        ("guard", "0.02"),
        ("guard", "opened today"),
    ]


@pytest.mark.parametrize(
    ("exits", "words"),
    [
        (Exits(expiration_min=30), "2026-03-10 15:30 Eastern"),
        (Exits(expiration_days=1), "2026-03-10 15:29 Eastern"),
        (Exits(earnings_days=1), "a calendar that tells earnings of SPY"),
        (Exits(avoid=("end_of_month",)), "nothing to come right after 2026-03-10"),
    ],
)
def test_what_goes_by_the_clock_names_its_instant(exits: Exits, words: str) -> None:
    assert SESSION is not None
    held = position(CREDIT, "-0.50", exits)
    (need,) = told(held, due=deadlines(held, SESSION))
    assert need.needs == words


def test_a_deadline_of_another_day_is_that_of_the_last_session_in_time() -> None:
    """What expires on Tuesday goes a day before, on Monday, or on its day, at 15:30."""
    assert SESSION is not None
    for exits, words in (
        (Exits(expiration_days=1), "2026-03-09 15:29 Eastern"),
        (Exits(expiration_min=30), "2026-03-10 15:30 Eastern"),
    ):
        (need,) = told(position(CREDIT, "-0.50", exits))
        assert need.needs == words
