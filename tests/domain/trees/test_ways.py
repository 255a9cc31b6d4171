"""Conditionals, steps, loops that go on, lookups, and what a run leaves to be remembered."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import PositionState
from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.changes import change
from botfleet.domain.trees.conditions import AllOf, AnyOf, Held, held, judge
from botfleet.domain.trees.facts import (
    BOOK,
    HISTORY,
    MEMORY,
    NOW,
    UNBOUND,
    Binding,
    Lacking,
    NoData,
    Question,
    QuoteOf,
    ValueOf,
)
from botfleet.domain.trees.history import Attempts, History, Last, Streak
from botfleet.domain.trees.memory import (
    BOT,
    Change,
    Mark,
    Memory,
    Remembered,
    Streaks,
    Verb,
    after,
    of_position,
    of_symbol,
    quantified,
    tagged,
)
from botfleet.domain.trees.nodes import (
    Close,
    Conditional,
    Count,
    Decision,
    Loop,
    LoopOver,
    Node,
    Nothing,
    Notify,
    Scope,
    Step,
    Switch,
    Tagging,
    UpdateExits,
    held_keys,
)
from botfleet.domain.trees.operands import Carried, Lookup
from botfleet.domain.trees.traces import decode_own, encode_own
from botfleet.domain.trees.walk import Verdict, walk
from tests.domain.trees.sample import (
    AT,
    TIME,
    book,
    criterion,
    position,
    position_id,
    price,
    quote,
    valuation,
)

SYMBOLS = ("AA", "BB", "CC")
MISSING = NoData("quote", "not known")


def ends(tree: Node, facts: Mapping[Any, object], given_: Binding = UNBOUND) -> list[str]:
    """Walk; say each end as its message, or `?` where an answer was missing."""
    verdict = walk(tree, facts, given_)
    assert isinstance(verdict, Verdict)
    return [
        end.action.message if isinstance(end.action, Notify) else "?" if end.missing else "."
        for end in verdict.outcomes
    ]


def above(symbol: str) -> Any:
    return price(symbol, "above", "100")


def seen(answer: bool | None) -> object:  # noqa: FBT001  an answer is a value
    return MISSING if answer is None else quote("X", "101" if answer else "99")


answers = st.fixed_dictionaries(dict.fromkeys(SYMBOLS, st.sampled_from((True, False, None))))


@given(answers)
def test_a_conditional_walks_its_inside_and_comes_back(told: dict[str, bool | None]) -> None:
    """True: inside, then on. False: on. Missing: neither, and nothing after it (R2)."""
    tree: Node = Notify("end")
    for symbol in reversed(SYMBOLS):
        tree = Conditional(above(symbol), Notify(symbol), tree)
    facts = {QuoteOf(symbol): seen(answer) for symbol, answer in told.items()}
    expected: list[str] = []
    for symbol in SYMBOLS:
        if told[symbol] is None:
            assert ends(tree, facts) == [*expected, "?"]
            return
        expected += [symbol] if told[symbol] else []
    assert ends(tree, facts) == [*expected, "end"]


@given(answers)
def test_a_conditional_is_a_decision_whose_branches_both_go_on(
    told: dict[str, bool | None],
) -> None:
    facts = {QuoteOf(symbol): seen(answer) for symbol, answer in told.items()}
    rest: Node = Decision(above("BB"), Notify("yes"), Notify("no"))
    conditional = Conditional(above("AA"), Notify("in"), rest)
    decision = Decision(above("AA"), Step(Notify("in"), rest), rest)
    assert ends(conditional, facts) == ends(decision, facts)


def test_what_is_missing_inside_a_conditional_holds_back_what_follows() -> None:
    inside = Decision(above("BB"), Notify("b"), Notify("not b"))
    tree = Conditional(above("AA"), inside, Notify("end"))
    assert ends(tree, {QuoteOf("AA"): seen(answer=True), QuoteOf("BB"): MISSING}) == ["?"]


def test_a_loop_goes_on_whatever_came_of_its_items() -> None:
    body = Decision(price(LOOP_SYMBOL, "above", "100"), Notify("up"), Notify("down"))
    loop = Loop(LoopOver.SYMBOLS, body, SYMBOLS, then=Notify("end"))
    told = {QuoteOf("AA"): seen(answer=True), QuoteOf("BB"): MISSING, QuoteOf("CC"): seen(False)}
    assert ends(loop, told) == ["up", "?", "down", "end"]


def test_the_places_of_side_ways_are_letters_of_their_own() -> None:
    loop = Loop(LoopOver.SYMBOLS, Notify("each"), ("AA",), then=Notify("end"))
    tree = Step(Notify("first"), Conditional(above("AA"), loop, Nothing()))
    verdict = walk(tree, {QuoteOf("AA"): seen(answer=True)})
    assert isinstance(verdict, Verdict)
    assert [end.path for end in verdict.outcomes] == ["", "tib", "tit", "tt"]


def test_a_lookup_is_the_first_open_position_that_fits_all_of_its_filter() -> None:
    closing = replace(position(1), tags=("a", "b"), state=PositionState.CLOSING)
    second, third = replace(position(2), tags=("a", "b")), replace(position(3), tags=("a", "b"))
    facts: dict[Question, object] = {
        BOOK: book(closing, replace(position(4), tags=("a",)), second, third),
        ValueOf(position_id(2)): valuation(2, "-0.5", "-0.4"),
    }
    verdict = walk(Close(position=Lookup("SPY", None, ("a", "b"))), facts)
    assert isinstance(verdict, Verdict)
    assert verdict.outcomes[0].binding.position == second
    asked = criterion("position_symbol", position=Lookup("QQQ"), ticker="QQQ")
    assert isinstance(judge(asked, facts, Binding()), NoData)
    assert judge(asked, {}, Binding()) == Lacking(frozenset({BOOK}))


@pytest.mark.parametrize("ref", Carried)
def test_a_trigger_carries_the_position_it_is_about(ref: Carried) -> None:
    carried = replace(position(5), symbol="TLT")
    asked = criterion("position_symbol", position=ref, ticker="TLT")
    tree = Decision(asked, Notify("tlt"), Notify("other"))
    given_ = Binding(opened=carried) if ref is Carried.OPENED else Binding(closed=carried)
    assert ends(tree, {}, given_) == ["tlt"]
    assert ends(tree, {}) == ["?"]


def streak(memory: Memory, answer: bool | None, minutes: int, at: int) -> Verdict:  # noqa: FBT001
    one = held(above("AA"), minutes, owner="Scanner")
    now = replace(TIME, at=AT + timedelta(minutes=at))
    facts: dict[Question, object] = {MEMORY: memory, NOW: now, QuoteOf("AA"): seen(answer)}
    verdict = walk(Decision(one, Notify("held"), Notify("not yet")), facts)
    assert isinstance(verdict, Verdict)
    return verdict


@given(st.lists(st.sampled_from((True, False, None)), max_size=12), st.integers(1, 30))
def test_a_condition_holds_once_it_was_true_in_every_run_for_that_long(
    told: list[bool | None], minutes: int
) -> None:
    """Runs 5 minutes apart: against the plain reckoning of when the row of Yeses began."""
    memory, began = Memory(), None
    key = held(above("AA"), minutes, owner="Scanner").key
    for i, answer in enumerate(told):
        verdict = streak(memory, answer, minutes, at=5 * i)
        if answer is False:
            began = None
        elif answer is True and began is None:
            began = 5 * i
        end = verdict.outcomes[0]
        if answer is None:
            assert end.missing is not None
        else:
            is_held = began is not None and 5 * i - began >= minutes
            assert end.path == ("y" if is_held else "n")
        memory = after(memory, [Streaks(frozenset({key}), verdict.streaks)])


def test_a_run_that_does_not_come_to_a_held_condition_ends_its_streak() -> None:
    one = held(above("AA"), 10, owner="Scanner")
    tree = Decision(above("BB"), Decision(one, Nothing(), Nothing()), Nothing())
    memory = Memory((Remembered(Mark.STREAK, "", one.key, since=AT),))
    verdict = walk(tree, {QuoteOf("BB"): seen(False)})
    assert isinstance(verdict, Verdict)
    assert held_keys(tree) == {one.key}
    assert after(memory, [Streaks(held_keys(tree), verdict.streaks)]) == Memory()


def test_a_held_part_keeps_its_clock_though_a_sibling_decides() -> None:
    one = held(above("AA"), 10, owner="Scanner")
    facts: dict[Question, object] = {QuoteOf("AA"): seen(True), QuoteOf("BB"): seen(False)}
    facts |= {NOW: TIME, MEMORY: Memory()}
    for group in (AllOf((above("BB"), one)), AnyOf((price("BB", "below", "100"), one))):
        verdict = walk(Decision(group, Nothing(), Nothing()), facts)
        assert isinstance(verdict, Verdict)
        assert [left.name for left in verdict.streaks] == [one.key]


def test_held_conditions_of_two_automations_have_streaks_of_their_own() -> None:
    one: Held = held(above("AA"), 10, owner="Scanner")
    assert one.key == held(above("AA"), 10, owner="Scanner").key
    assert one.key not in {
        held(above("AA"), 10, owner="Monitor").key,
        held(above("BB"), 10, owner="Scanner").key,
    }


HERE = Binding(symbol="AA", position=position(1))
CHANGES = [
    (Tagging(Verb.TAG, Scope.BOT, ("a",)), Change(Mark.TAG, BOT, Verb.TAG, ("a",))),
    (
        Tagging(Verb.UNTAG, Scope.SYMBOL, ("a",), LOOP_SYMBOL),
        Change(Mark.TAG, of_symbol("AA"), Verb.UNTAG, ("a",)),
    ),
    (
        Tagging(Verb.RESET, Scope.POSITION, ()),
        Change(Mark.TAG, of_position(position_id(1)), Verb.RESET, ()),
    ),
    (Switch("on", is_on=True), Change(Mark.SWITCH, BOT, Verb.SET, ("on",), 1)),
    (Count("n", Verb.ADD, -2), Change(Mark.COUNTER, BOT, Verb.ADD, ("n",), -2)),
    (UpdateExits(Exits()), None),
]


@pytest.mark.parametrize(("action", "expected"), CHANGES)
def test_an_action_says_what_is_to_be_remembered(action: Any, expected: Change | None) -> None:
    assert change(action, HERE) == expected


def test_an_action_on_what_is_not_there_is_no_data() -> None:
    for action in (
        Tagging(Verb.TAG, Scope.SYMBOL, ("a",), LOOP_SYMBOL),
        Tagging(Verb.TAG, Scope.POSITION, ("a",)),
        Switch("on", is_on=True, scope=Scope.POSITION),
        UpdateExits(Exits()),
        Close(),
    ):
        assert ends(action, {}) == ["?"]


@given(st.lists(st.tuples(st.sampled_from(list(Verb)[:3]), st.sets(st.sampled_from("abc")))))
def test_tags_follow_the_algebra_of_sets(steps: list[tuple[Verb, set[str]]]) -> None:
    memory, tags, plain = Memory(), tuple[str, ...](), set[str]()
    for verb, names in steps:
        made = Change(Mark.TAG, BOT, verb, tuple(sorted(names)))
        memory, tags = after(memory, [made]), tagged(tags, made)
        plain = (
            names if verb is Verb.RESET else plain - names if verb is Verb.UNTAG else plain | names
        )
    assert memory.tags(BOT) == plain == set(tags)
    assert len(tags) == len(plain)


@given(st.sets(st.sampled_from("abc"), min_size=1), st.sets(st.sampled_from("abcd")))
def test_any_all_and_none_of_tags(wanted: set[str], tags: set[str]) -> None:
    assert quantified("any", wanted, tags) == any(tag in tags for tag in wanted)
    assert quantified("all", wanted, tags) == all(tag in tags for tag in wanted)
    assert quantified("none", wanted, tags) != quantified("any", wanted, tags)


@given(st.lists(st.tuples(st.sampled_from((Verb.SET, Verb.ADD)), st.integers(-9, 9))))
def test_counters_are_set_and_added_to(steps: list[tuple[Verb, int]]) -> None:
    total = 0
    for verb, number in steps:
        total = number if verb is Verb.SET else total + number
    made = [Change(Mark.COUNTER, BOT, verb, ("n",), number) for verb, number in steps]
    assert after(Memory(), made).number(Mark.COUNTER, BOT, "n") == total


def test_what_a_bot_remembers_and_has_done_comes_back_exactly() -> None:
    own: dict[Question, object] = {
        MEMORY: Memory((Remembered(Mark.STREAK, "AA", "k", since=AT),)),
        HISTORY: History(
            (Last("AA", "", AT, None),),
            streak=Streak(-2, -50, "stop"),
            attempts=(Attempts(position_id(1), "profit", 2),),
        ),
    }
    assert decode_own(encode_own(own)) == own
