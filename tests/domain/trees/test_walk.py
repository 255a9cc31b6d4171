"""A walk reaches its ends, or says what it lacks; it never acts on a missing answer."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.capital.sizing import Units
from botfleet.domain.positions.position import PositionState
from botfleet.domain.trades.opportunities import LOOP_SYMBOL, NoTrade
from botfleet.domain.trees.facts import (
    BOOK,
    Lacking,
    NoData,
    OpportunityOf,
    Question,
    QuoteOf,
    ValueOf,
)
from botfleet.domain.trees.nodes import Close, Decision, Loop, LoopOver, Node, Nothing, Notify, Open
from botfleet.domain.trees.walk import Verdict, walk
from tests.domain.trees.sample import (
    SPEC,
    book,
    criterion,
    opportunity,
    position,
    position_id,
    price,
    quote,
    valuation,
)

OPEN = Open(SPEC, Units(1))
LOOPED = Open(replace(SPEC, symbol=LOOP_SYMBOL), Units(1))
MISSING = NoData("quote of SPY", "not known")
UP = QuoteOf("SPY")
STRONG = price("SPY", "above", "100")


def ends(tree: Node, facts: Mapping[Any, object]) -> tuple[tuple[str, str], ...]:
    verdict = walk(tree, facts)
    assert isinstance(verdict, Verdict)
    return tuple((outcome.binding.item, outcome.path) for outcome in verdict.outcomes)


def test_yes_goes_left_and_no_goes_right() -> None:
    tree = Decision(STRONG, Notify("up"), Nothing())
    assert ends(tree, {UP: quote("SPY", "101")}) == (("", "y"),)
    assert ends(tree, {UP: quote("SPY", "100")}) == (("", "n"),)


def test_a_missing_answer_stops_the_walk_before_either_branch() -> None:
    """R2: neither branch, however deep, is reached."""
    verdict = walk(Decision(STRONG, OPEN, OPEN), {UP: MISSING})
    assert isinstance(verdict, Verdict)
    assert [(end.path, end.action, end.missing) for end in verdict.outcomes] == [
        ("", None, MISSING)
    ]


def test_an_open_asks_its_limits_before_any_chain() -> None:
    """S61: the book first, the opportunity only while there is room."""
    assert walk(OPEN, {}) == Lacking(frozenset({BOOK}))
    refused = walk(OPEN, {BOOK: book(refusal="open_positions")})
    assert isinstance(refused, Verdict)
    assert refused.outcomes[0].refusal == "open_positions"
    assert walk(OPEN, {BOOK: book()}) == Lacking(frozenset({OpportunityOf(SPEC)}))


def test_an_open_carries_its_opportunity_or_why_there_is_none() -> None:
    for found in (opportunity(), NoTrade("W5", "No expiration available")):
        verdict = walk(OPEN, {BOOK: book(), OpportunityOf(SPEC): found})
        assert isinstance(verdict, Verdict)
        assert verdict.outcomes[0].opportunity == found


def test_a_symbol_loop_judges_every_item_on_the_same_facts() -> None:
    loop = Loop(LoopOver.SYMBOLS, Decision(price(LOOP_SYMBOL, "above", "100"), LOOPED, Nothing()))
    loop = replace(loop, symbols=("SPY", "QQQ", "TLT"))
    asked = walk(loop, {})
    assert asked == Lacking(frozenset(map(QuoteOf, ("SPY", "QQQ", "TLT"))))
    facts: dict[Question, object] = {
        QuoteOf("SPY"): quote("SPY", "101"),
        QuoteOf("QQQ"): MISSING,
        QuoteOf("TLT"): quote("TLT", "99"),
        BOOK: book(),
        OpportunityOf(SPEC): opportunity(),
    }
    assert ends(loop, facts) == (("SPY", "by"), ("QQQ", "b"), ("TLT", "bn"))


def test_a_positions_loop_takes_open_positions_of_the_wanted_kind() -> None:
    loop = Loop(LoopOver.POSITIONS, Close(), symbol="SPY")
    others = (
        replace(position(2), state=PositionState.CLOSING),
        replace(position(3), symbol="QQQ"),
    )
    facts = {
        BOOK: book(position(1), *others),
        ValueOf(position_id(1)): valuation(1, "-0.5", "-0.4"),
    }
    assert ends(loop, facts) == ((str(position_id(1)), "b"),)


def test_loops_nest_and_the_inner_one_follows_the_outer_symbol() -> None:
    inner = Loop(LoopOver.POSITIONS, Notify("held"), symbol=LOOP_SYMBOL)
    outer = Loop(LoopOver.SYMBOLS, inner, symbols=("SPY", "QQQ"))
    assert ends(outer, {BOOK: book(position(1))}) == ((f"SPY/{position_id(1)}", "bb"),)


def test_the_same_tree_and_facts_give_the_same_verdict() -> None:
    facts: dict[Question, object] = {
        UP: quote("SPY", "101"),
        BOOK: book(),
        OpportunityOf(SPEC): opportunity(),
    }
    tree = Decision(STRONG, OPEN, Nothing())
    assert walk(tree, facts) == walk(tree, dict(reversed(facts.items())))


lasts = st.sampled_from(("99", "101", None))


@given(st.lists(lasts, min_size=3, max_size=3), st.sets(st.sampled_from(("SPY", "QQQ", "TLT"))))
def test_a_verdict_on_part_of_the_facts_is_never_overturned(
    values: list[str | None], known: set[str]
) -> None:
    """What a walk decides early is what it would decide with every answer in hand."""
    names = ("SPY", "QQQ", "TLT")
    every: dict[Question, object] = {
        QuoteOf(name): quote(name, last) for name, last in zip(names, values, strict=True)
    }
    second = Decision(price("QQQ", "below", "100"), Notify("b"), Nothing())
    third = Decision(price("TLT", "at_least", "101"), Notify("c"), second)
    tree = Decision(STRONG, third, second)
    early = walk(tree, {QuoteOf(name): every[QuoteOf(name)] for name in known})
    late = walk(tree, every)
    assert isinstance(late, Verdict)
    assert isinstance(early, Lacking) or early == late


def test_a_position_is_not_closed_at_a_worth_nobody_knows() -> None:
    loop = Loop(
        LoopOver.POSITIONS,
        Decision(
            criterion("position_return", relation="at_least", percent=Decimal("0.1")),
            Close(),
            Nothing(),
        ),
    )
    verdict = walk(loop, {BOOK: book(position(1)), ValueOf(position_id(1)): MISSING})
    assert isinstance(verdict, Verdict)
    assert verdict.outcomes[0].missing == MISSING
