"""Groups judge as mathematics does, and a missing answer decides nothing (S77, S78, R2)."""

from collections.abc import Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.trees.conditions import AllOf, AnyOf, Condition, Criterion, Recipe, judge
from botfleet.domain.trees.facts import UNBOUND, Lacking, NoData, Question, QuoteOf
from tests.domain.trees.sample import answer

LETTERS = "ABCDE"


def letter(name: str) -> Criterion:
    """Ask for the quote of a letter, whose answer here is already true or false."""
    question: Question = QuoteOf(name)

    def holds(_: object, __: object, answers: Sequence[object]) -> bool:
        return answers[0] is True

    return Criterion(Recipe(name, "stock", name, {}, lambda *_: (question,), holds), {})


A, B, C, D, E = map(letter, LETTERS)
GOLDEN = AllOf((A, B, AnyOf((C, D)), E))
MISSING = NoData("quote", "not known")


def conditions() -> st.SearchStrategy[Condition]:
    leaves: st.SearchStrategy[Condition] = st.sampled_from((A, B, C, D, E))
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            lambda kind, parts: kind(tuple(parts)),
            st.sampled_from((AllOf, AnyOf)),
            st.lists(inner, min_size=1, max_size=4),
        ),
    )


def test_a_and_b_and_c_or_d_and_e_holds_as_python_has_it() -> None:
    """S78: all 32 assignments."""
    for a, b, c, d, e in product((False, True), repeat=5):
        facts = {QuoteOf(name): v for name, v in zip(LETTERS, (a, b, c, d, e), strict=True)}
        expected = a and b and (c or d) and e
        assert answer(GOLDEN, facts) == ("yes" if expected else "no")


def test_a_false_member_decides_its_and_group_without_the_missing_one() -> None:
    facts = {QuoteOf("A"): False, QuoteOf("B"): MISSING}
    assert answer(AllOf((A, B)), facts) == "no"
    assert answer(AllOf((B, A)), facts) == "no"


def test_a_true_member_decides_its_or_group_without_the_missing_one() -> None:
    facts = {QuoteOf("A"): True, QuoteOf("B"): MISSING}
    assert answer(AnyOf((B, A)), facts) == "yes"


def test_a_missing_answer_is_neither_yes_nor_no() -> None:
    facts = {QuoteOf("A"): True, QuoteOf("B"): MISSING}
    assert answer(AllOf((A, B)), facts) == "no_data"
    assert answer(AnyOf((B,)), facts) == "no_data"


def test_what_is_not_yet_asked_is_asked_all_at_once() -> None:
    result = judge(GOLDEN, {QuoteOf("A"): True}, UNBOUND)
    assert isinstance(result, Lacking)
    assert result.questions == {QuoteOf(name) for name in "BCDE"}


answers = st.sampled_from((True, False, MISSING))


@given(conditions(), st.lists(answers, min_size=5, max_size=5), st.sets(st.sampled_from(LETTERS)))
def test_a_judgement_on_part_of_the_facts_is_never_overturned(
    condition: Condition, values: list[object], known: set[str]
) -> None:
    """More facts can only turn `Lacking` into an answer, and no data into no other answer."""
    every: dict[Question, object] = {
        QuoteOf(name): value for name, value in zip(LETTERS, values, strict=True)
    }
    part = {question: every[question] for question in every if str(question)[16] in known}
    early, late = answer(condition, part), answer(condition, every)
    assert late != "lacking"
    assert early in {"lacking", late}
