"""Grouped conditions: AND, OR and recipes. There is no NOT (S77); the No branch is the negation.

A missing answer (R2) decides nothing: a false member still decides its AND group without it, and a
true one its OR group; otherwise the whole condition is `NoData`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botfleet.domain.trees.facts import Binding, Facts, Lacking, NoData, Question

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A curated criterion (S76): data, and the functions of its family.

    `sentence` is a format string over its parameters; `parameters` maps each name to its kind;
    `asks` gives the questions a criterion needs, in the order in which `holds` takes its answers.
    """

    recipe_id: str
    category: str
    sentence: str
    parameters: Mapping[str, str]
    asks: Callable[[Arguments, Binding], tuple[Question, ...]]
    holds: Callable[[Arguments, Binding, Sequence[Any]], bool | NoData]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One recipe with its arguments, all of them present and of their kind."""

    recipe: Recipe
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Condition", ...]


Condition = Criterion | AllOf | AnyOf


def judge(condition: Condition, facts: Facts, binding: Binding) -> bool | NoData | Lacking:
    """Say whether `condition` holds, or what is missing for good, or what to ask first.

    A part that decides its group decides it while others are still open.
    """
    if isinstance(condition, Criterion):
        return _judge_criterion(condition, facts, binding)
    decisive = isinstance(condition, AnyOf)
    lacking: set[Question] = set()
    missing: NoData | None = None
    for part in condition.parts:
        answer = judge(part, facts, binding)
        if answer is decisive:
            return decisive
        if isinstance(answer, Lacking):
            lacking |= answer.questions
        elif isinstance(answer, NoData):
            missing = missing or answer
    if lacking:
        return Lacking(frozenset(lacking))
    return missing if missing is not None else not decisive


def _judge_criterion(one: Criterion, facts: Facts, binding: Binding) -> bool | NoData | Lacking:
    questions = one.recipe.asks(one.arguments, binding)
    open_questions = [question for question in questions if question not in facts]
    if open_questions:
        return Lacking(frozenset(open_questions))
    answers = [facts[question] for question in questions]
    for answer in answers:
        if isinstance(answer, NoData):
            return answer
    return one.recipe.holds(one.arguments, binding, answers)
