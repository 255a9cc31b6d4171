"""Sizes that lean on the bot's own: settled on the run's facts, to the unit."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.capital.pool import units_max
from botfleet.domain.capital.sizing import (
    UNITS_MAX,
    Amount,
    Base,
    On,
    Percent,
    Progressive,
    Size,
    Units,
    check_base,
)
from botfleet.domain.money import dollars
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.facts import (
    BOOK,
    HISTORY,
    UNBOUND,
    Binding,
    Lacking,
    NoData,
    OpportunityOf,
    Question,
)
from botfleet.domain.trees.history import History, Streak
from botfleet.domain.trees.nodes import Open
from botfleet.domain.trees.operands import Lookup
from botfleet.domain.trees.sizes import SameAs, settled
from botfleet.domain.trees.walk import TOO_FEW, Verdict, walk
from botfleet.errors import Refusal
from tests.domain.trees.sample import SPEC, book, opportunity, position

SPREAD = Structure.SHORT_PUT_SPREAD
#: Seven wins and four losses, the last three of them in a row.
PAST = History(wins=7, losses=4, streak=Streak(-3, -10_000, "stop"))


@pytest.mark.parametrize(
    ("size", "units"),
    [
        (Progressive(1, 20, 2, On.WINS), 15),  # 1 + 7 x 2
        (Progressive(1, 10, 2, On.WINS), 10),  # 15, at most 10
        (Progressive(1, 20, 1, On.LOSSES), 5),  # 1 + 4
        (Progressive(2, 20, 3, On.CONSECUTIVE_LOSSES), 11),  # 2 + 3 x 3
        (Progressive(2, 20, None, On.CONSECUTIVE_LOSSES), 16),  # 2 x 2 x 2 x 2
        (Progressive(2, 12, None, On.CONSECUTIVE_LOSSES), 12),  # 16, at most 12
        (Progressive(3, 20, 5, On.CONSECUTIVE_WINS), 3),  # the last one lost: from the start
    ],
)
def test_a_progressive_size_counts_the_results_so_far(size: Progressive, units: int) -> None:
    assert settled(size, SPREAD, {HISTORY: PAST}, UNBOUND) == Units(units)


def test_before_the_first_result_it_is_the_start() -> None:
    for on in On:
        assert settled(Progressive(2, 9, 4, on), SPREAD, {HISTORY: History()}, UNBOUND) == Units(2)


@given(
    st.integers(1, UNITS_MAX),
    st.integers(0, UNITS_MAX),
    st.none() | st.integers(1, UNITS_MAX),
    st.integers(0, 10**6),
)
def test_it_never_leaves_its_bounds_and_never_shrinks(
    start: int, more: int, increment: int | None, count: int
) -> None:
    size = Progressive(start, start + more, increment, On.WINS)
    assert start <= size.after(count).count <= size.after(count + 1).count <= start + more


def test_as_many_as_a_position_has() -> None:
    held = replace(position(1), quantity=7, tags=("core",))
    assert settled(SameAs(), SPREAD, {}, Binding(position=held)) == Units(7)
    assert settled(SameAs(Lookup(tags=("core",))), SPREAD, {BOOK: book(held)}, UNBOUND) == Units(7)
    assert settled(SameAs(), SPREAD, {}, UNBOUND) == NoData(
        "position", "no loop bound a position here"
    )


@pytest.mark.parametrize(("shares", "contracts"), [(700, 7), (799, 7), (99, 0)])
def test_a_hundred_shares_are_one_contract(shares: int, contracts: int) -> None:
    held = replace(position(1), structure=Structure.LONG_EQUITY, quantity=shares)
    assert settled(SameAs(), SPREAD, {}, Binding(position=held)) == Units(contracts)
    options = Binding(position=replace(position(1), quantity=contracts))
    assert settled(SameAs(), Structure.LONG_EQUITY, {}, options) == Units(contracts * 100)


def test_less_than_one_opens_nothing() -> None:
    """actions-and-exits 3.5: "Unable to calculate quantity" is an error of the open."""
    held = replace(position(1), structure=Structure.LONG_EQUITY, quantity=99)
    facts: dict[Question, object] = {BOOK: book(held), OpportunityOf(SPEC): opportunity()}
    verdict = walk(Open(SPEC, SameAs()), facts, Binding(position=held))
    assert isinstance(verdict, Verdict)
    assert verdict.outcomes[0].opportunity == TOO_FEW
    assert verdict.outcomes[0].size is None


def test_an_open_asks_for_the_history_only_where_its_size_counts_it() -> None:
    facts: dict[Question, object] = {BOOK: book(), OpportunityOf(SPEC): opportunity()}
    growing = Open(SPEC, Progressive(1, 5, 1, On.LOSSES))
    assert walk(growing, facts) == Lacking(frozenset({HISTORY}))
    verdict = walk(growing, {**facts, HISTORY: PAST})
    assert isinstance(verdict, Verdict)
    assert verdict.outcomes[0].size == Units(5)


def test_an_unknown_size_opens_nothing() -> None:
    """R2: no history, no order."""
    facts: dict[Question, object] = {
        BOOK: book(),
        OpportunityOf(SPEC): opportunity(),
        HISTORY: NoData("history", "gone"),
    }
    verdict = walk(Open(SPEC, Progressive(1, 5, 1, On.LOSSES)), facts)
    assert isinstance(verdict, Verdict)
    assert verdict.outcomes[0].missing == NoData("history", "gone")


@pytest.mark.parametrize(
    ("size", "most"),
    [
        (Units(4), 4),
        (Amount(dollars(5000)), UNITS_MAX),
        (Amount(dollars(5000), 3), 3),
        (Percent(1_000, Base.AVAILABLE, 2), 2),
    ],
)
def test_the_pool_is_told_the_most_units(size: Size, most: int) -> None:
    assert units_max(size) == most


@pytest.mark.parametrize(("worth", "is_refused"), [(1, False), (0, True), (-5, True)])
def test_a_share_of_nothing_is_refused(worth: int, *, is_refused: bool) -> None:
    """Of the allocation, or an amount, a bot that lost everything may still take."""
    for other in (Units(1), Percent(100, Base.ALLOCATION)):
        check_base(other, worth)
    refused = pytest.raises(Refusal) if is_refused else nullcontext()
    with refused:
        check_base(Percent(100, Base.NET_LIQUIDATION), worth)
