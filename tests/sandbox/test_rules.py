"""What the sandbox's broker refuses: no call is naked, and shares that cover one are not sold."""

from dataclasses import replace

import pytest

from botfleet.domain.market.instruments import Right, occ
from botfleet.sandbox.book import BookLeg, BookOrder
from botfleet.sandbox.matching import Sides
from botfleet.sandbox.rules import objection
from tests.sandbox.fakes import NOON, option

LOW, HIGH = occ(option(105, Right.CALL)), occ(option(110, Right.CALL))
HIGHER, HIGHEST = occ(option(115, Right.CALL)), occ(option(120, Right.CALL))
MARKET = dict.fromkeys(("SPY", LOW, HIGH, HIGHER, HIGHEST), Sides(None, None))
SELL, BUY = BookLeg(LOW, "sell_to_open", 1), BookLeg(HIGH, "buy_to_open", 1)
SHARES = BookLeg("SPY", "buy", 100)


def order(*legs: BookLeg, kind: str = "option") -> BookOrder:
    times = (NOON, NOON, NOON)
    return BookOrder(1, "a", "", kind, "SPY", "credit", None, 1, legs, "open", *times)


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ({"SPY": 100}, order(SELL)),
        ({}, order(SHARES, SELL, kind="combo")),
        ({}, order(SELL, BUY, kind="multileg")),
        ({HIGH: 1}, order(SELL)),
        ({"SPY": 200, LOW: -1}, order(BookLeg("SPY", "sell", 100), kind="equity")),
        ({"SPY": 100, LOW: -1}, order(BookLeg(LOW, "buy_to_close", 1))),
    ],
)
def test_what_is_covered_is_taken(held: dict[str, int], wanted: BookOrder) -> None:
    assert objection(wanted, held, [], MARKET) == ""


@pytest.mark.parametrize(
    ("held", "live"),
    [
        # a spread that works brings its own cover, whenever it fills
        ({}, [order(SELL, BUY, kind="multileg")]),
        ({}, [order(SHARES, SELL, kind="combo")]),
        # one that is being left takes as much away as it covers
        (
            {LOW: -1, HIGH: 1},
            [
                order(
                    BookLeg(LOW, "buy_to_close", 1),
                    BookLeg(HIGH, "sell_to_close", 1),
                    kind="multileg",
                )
            ],
        ),
    ],
)
def test_a_spread_beside_a_working_one_is_taken(
    held: dict[str, int], live: list[BookOrder]
) -> None:
    higher = order(
        BookLeg(HIGHER, "sell_to_open", 1), BookLeg(HIGHEST, "buy_to_open", 1), kind="multileg"
    )
    assert objection(replace(higher, id=2), held, live, MARKET) == ""


@pytest.mark.parametrize(
    ("held", "live", "wanted"),
    [
        ({}, [], order(SELL)),
        ({"SPY": 99}, [], order(SELL)),
        ({"SPY": 100, LOW: -1}, [], order(SELL)),
        # another order that is not yet filled wants the same shares
        ({"SPY": 100}, [order(SELL)], order(SELL)),
        # shares that are only being bought cover nothing yet
        ({}, [order(SHARES, kind="equity")], order(SELL)),
        ({"SPY": 100, LOW: -1}, [], order(BookLeg("SPY", "sell", 100), kind="equity")),
        ({HIGH: 1, LOW: -1}, [], order(BookLeg(HIGH, "sell_to_close", 1))),
    ],
)
def test_what_would_leave_a_call_naked_is_refused(
    held: dict[str, int], live: list[BookOrder], wanted: BookOrder
) -> None:
    assert objection(wanted, held, live, MARKET).startswith("NakedCall:")


def test_leaving_a_naked_call_is_never_refused() -> None:
    """However it came to stand so: what makes it better goes through."""
    back = replace(order(BookLeg(LOW, "buy_to_close", 1)), id=2)
    assert objection(back, {LOW: -2}, [], MARKET) == ""
