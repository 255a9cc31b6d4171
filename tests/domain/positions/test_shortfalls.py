"""What is gone from an account, and whose it was: no more of the bots' than is lacking."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.ids import PositionId
from botfleet.domain.market.instruments import Leg, Option, Right, occ
from botfleet.domain.positions.shortfalls import Held, expected, shortfalls

MORNING = datetime(2026, 3, 10, 14, tzinfo=UTC)
PUTS = [
    Option("SPY", date(2026, 3, 13), Right.PUT, Decimal(strike)) for strike in (480, 485, 490, 495)
]
LOW, MIDDLE, HIGH, _ = map(occ, PUTS)


def held(n: int, sold: int, bought: int, units: int = 1, *, may_go: bool = True) -> Held:
    """The n-th position by age: puts sold and bought, by their places in `PUTS`."""
    legs = (Leg(PUTS[bought], 1), Leg(PUTS[sold], -1))
    return Held(PositionId(UUID(int=n)), "SPY", legs, units, MORNING + timedelta(minutes=n), may_go)


def gone(book: list[Held], there: dict[str, int]) -> set[int]:
    return {one.int for short in shortfalls(book, there) for one in short.positions}


def test_of_equals_the_oldest_goes_and_the_rest_stays() -> None:
    book = [held(2, 2, 1), held(1, 2, 1), held(3, 2, 1)]
    assert gone(book, {HIGH: -2, MIDDLE: 2}) == {1}
    assert gone(book, {HIGH: -1, MIDDLE: 1}) == {1, 2}
    assert gone(book, {HIGH: -3, MIDDLE: 3}) == set()


def test_the_one_that_is_short_in_every_leg_goes_before_an_older_one() -> None:
    book = [held(1, 2, 1), held(2, 2, 0)]  # both sold the same put, and bought another each
    assert gone(book, {HIGH: -1, MIDDLE: 1}) == {2}
    assert gone(book, {HIGH: -1, LOW: 1}) == {1}


def test_an_assigned_leg_takes_one_position_along() -> None:
    book = [held(1, 2, 1), held(2, 2, 1)]
    assert gone(book, {HIGH: -1, MIDDLE: 2, "SPY": 100}) == {1}


def test_one_that_is_gone_in_part_goes_whole() -> None:
    assert gone([held(1, 2, 1, units=4), held(2, 2, 1)], {HIGH: -3, MIDDLE: 3}) == {1}


def test_the_one_that_is_not_needed_any_more_is_given_back() -> None:
    book = [held(1, 2, 1, units=1), held(2, 2, 1, units=5)]
    assert gone(book, {HIGH: -1, MIDDLE: 1}) == {
        2
    }  # five are lacking: the second alone explains it


def test_nothing_goes_for_what_an_order_under_way_may_tell_of() -> None:
    book = [held(1, 2, 1, may_go=False), held(2, 2, 1), held(3, 3, 0)]
    assert gone(book, {HIGH: -1, MIDDLE: 1}) == {3}


@st.composite
def accounts(draw: st.DrawFn) -> tuple[list[Held], dict[str, int]]:
    """Spreads on shared contracts, of which something was taken away elsewhere.

    None is bought by one and sold by another: such an order is refused here (R36).
    """
    pairs = st.sampled_from([(sold, bought) for sold in (2, 3) for bought in (0, 1)])
    book = [
        held(n, *draw(pairs), units=draw(st.integers(1, 4))) for n in range(draw(st.integers(1, 6)))
    ]
    there = {
        name: (1 if count > 0 else -1) * draw(st.integers(0, abs(count)))
        for name, count in expected(book).items()
    }
    return book, there


@given(accounts())
def test_what_stays_is_there_and_nothing_goes_that_could_stay(
    account: tuple[list[Held], dict[str, int]],
) -> None:
    book, there = account
    lacking = {one.instrument for one in shortfalls(book, there)}
    going = gone(book, there)
    stays = [one for one in book if one.position.int not in going]
    assert not lacking or going

    def fits(kept: list[Held]) -> bool:
        """Whether no contract that is lacking is still promised to more than there is of it."""
        sums = expected(kept)
        return all(
            abs(sums[name]) <= there.get(name, 0) * (1 if sums[name] > 0 else -1)
            for name in lacking & sums.keys()
        )

    assert fits(stays)
    for one in book:
        if one.position.int in going:
            assert not fits([*stays, one]), "it need not have gone"


def told(book: list[Held], there: dict[str, int]) -> dict[str, str]:
    return {one.instrument: one.words.rpartition(": ")[2] for one in shortfalls(book, there)}


def test_what_is_not_held_is_told_as_assigned_where_the_shares_say_so() -> None:
    """The 490 put sold, the 485 bought; of what was bought nobody is assigned."""
    book = [held(1, 2, 1)]
    assert told(book, {MIDDLE: 1, "SPY": 100}) == {HIGH: "assigned"}
    assert told(book, {MIDDLE: 1, "SPY": 99}) == {HIGH: "closed elsewhere"}
    assert told(book, {MIDDLE: 1, "SPY": -100}) == {HIGH: "closed elsewhere"}
    assert told(book, {HIGH: -1, "SPY": 100}) == {MIDDLE: "closed elsewhere"}
    (short,) = shortfalls(book, {MIDDLE: 1})
    assert (short.expected, short.there, short.is_assigned) == (-1, 0, False)


def test_shares_that_are_called_away_tell_of_an_assignment() -> None:
    """A call sold on shares: both are gone, and no shares are short."""
    call = Option("SPY", date(2026, 3, 13), Right.CALL, Decimal(500))
    covered = Held(PositionId(UUID(int=1)), "SPY", (Leg(call, -1), Leg(None, 100)), 1, MORNING)
    assert told([covered], {})[occ(call)] == "assigned"
    assert told([covered], {"SPY": 100}) == {occ(call): "closed elsewhere"}
