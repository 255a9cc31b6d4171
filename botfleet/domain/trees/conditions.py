"""Grouped conditions: AND, OR, recipes, and what must hold for a while. There is no NOT (S77).

The No branch is the negation. A missing answer (R2) decides nothing: a false member still decides
its AND group without it, and a true one its OR group; otherwise the whole condition is `NoData`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from botfleet.domain.ids import derive
from botfleet.domain.positions.position import Position
from botfleet.domain.trades.opportunities import LOOP_SYMBOL, TradeSpec
from botfleet.domain.trees.facts import (
    MEMORY,
    NOW,
    UNBOUND,
    Binding,
    Facts,
    Lacking,
    MarketTime,
    NoData,
    Question,
)
from botfleet.domain.trees.memory import Mark, Memory, Remembered
from botfleet.domain.trees.operands import find

Arguments = Mapping[str, Any]
Asks = Callable[[Arguments, Binding], tuple[Question, ...]]
#: Gives the questions that can only be asked once others are answered.
Further = Callable[[Arguments, Binding, Sequence[Any]], tuple[Question, ...]]
Answer = bool | NoData | Lacking


@dataclass(frozen=True, slots=True)
class Recipe:
    """A curated criterion (S76): data, and the functions of its family.

    `sentence` is a format string over its parameters; `parameters` maps each name to its kind;
    `asks` gives the questions a criterion needs, in the order in which `holds` takes its answers.
    `more` gives those that can only be asked once these are answered; their answers follow.
    `serves` names the lines of the specification's catalogue that the recipe stands for.
    """

    recipe_id: str
    category: str
    sentence: str
    parameters: Mapping[str, str]
    asks: Asks
    holds: Callable[[Arguments, Binding, Sequence[Any]], bool | NoData]
    serves: tuple[str, ...] = field(default=(), kw_only=True)
    more: Further | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One recipe with its arguments, all of them present and of their kind.

    `fixed` are the questions of a criterion that asks the same whatever a loop binds; `operands`
    the names of its parameters that say which position it is about.
    """

    recipe: Recipe
    arguments: Arguments
    fixed: tuple[Question, ...] | None = field(init=False, compare=False, repr=False)
    operands: tuple[str, ...] = field(init=False, compare=False, repr=False)
    holds: ClassVar[tuple["Held", ...]] = ()

    def __post_init__(self) -> None:
        kinds = self.recipe.parameters.items()
        about = tuple(name for name, kind in kinds if kind == "position")
        given = tuple(name for name in about if self.arguments.get(name) or name == "other")
        free = not about and not any(map(_is_bound, self.arguments.values()))
        object.__setattr__(self, "operands", given)
        fixed = self.recipe.asks(self.arguments, UNBOUND) if free else None
        object.__setattr__(self, "fixed", fixed)


def _is_bound(argument: object) -> bool:
    """Say whether a loop may bind something in an argument: its symbol, a trade's position."""
    if isinstance(argument, str):
        return argument == LOOP_SYMBOL
    return isinstance(argument, TradeSpec) or getattr(argument, "symbol", None) == LOOP_SYMBOL


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Condition", ...]
    holds: tuple["Held", ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "holds", tuple(h for part in self.parts for h in part.holds))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Condition", ...]
    holds: tuple["Held", ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "holds", tuple(h for part in self.parts for h in part.holds))


@dataclass(frozen=True, slots=True)
class Held:
    """`part` has been true in consecutive runs for at least `minutes` (R7).

    The clock starts with the first run that finds it true and stops with one that finds it false,
    or does not come to it. A run that cannot tell is neither: it answers no data, and the clock
    goes on. `key` names the streak: equal parts of one automation share theirs, for in one run
    they are true together.
    """

    part: "Condition"
    minutes: int
    key: str

    @property
    def holds(self) -> tuple["Held", ...]:
        """Give itself: what is held is no group."""
        return (self,)


Condition = Criterion | AllOf | AnyOf | Held


def held(part: Condition, minutes: int, *, owner: str) -> Held:
    """Make a held condition of the automation called `owner`."""
    return Held(part, minutes, str(derive("streak", owner, minutes, _content(part))))


def _content(part: Condition) -> object:
    if isinstance(part, Criterion):
        return (part.recipe.recipe_id, sorted((k, repr(v)) for k, v in part.arguments.items()))
    if isinstance(part, Held):
        return (part.minutes, _content(part.part))
    return (type(part).__name__, [_content(one) for one in part.parts])


def judge(condition: Condition, facts: Facts, binding: Binding) -> Answer:
    """Say whether `condition` holds, or what is missing for good, or what to ask first.

    A part that decides its group decides it while others are still open.
    """
    if type(condition) is Criterion:
        return _judge_criterion(condition, facts, binding)
    if isinstance(condition, Held):
        return _judge_held(condition, facts, binding)
    return _judge_group(condition, facts, binding)  # type: ignore[arg-type]  # mypy: no narrowing


def _judge_group(group: AllOf | AnyOf, facts: Facts, binding: Binding) -> Answer:
    decisive = type(group) is AnyOf
    lacking: set[Question] = set()
    missing: NoData | None = None
    for part in group.parts:
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


def _judge_criterion(one: Criterion, facts: Facts, binding: Binding) -> Answer:
    if one.operands:
        bound = bound_to(one, facts, binding)
        if not isinstance(bound, Binding):
            return bound
        binding = bound
    questions, recipe = one.fixed, one.recipe
    if questions is None:
        questions = recipe.asks(one.arguments, binding)
    answers = []
    missing = None
    for question in questions:
        answer = facts.get(question)
        if answer is None:
            return Lacking(frozenset(question for question in questions if question not in facts))
        if type(answer) is NoData:
            missing = missing or answer
        answers.append(answer)
    if missing is not None:
        return missing
    if recipe.more is not None:
        return _judge_further(one, facts, binding, answers)
    return recipe.holds(one.arguments, binding, answers)


def _judge_further(one: Criterion, facts: Facts, binding: Binding, answers: list[object]) -> Answer:
    further = one.recipe.more(one.arguments, binding, answers) if one.recipe.more else ()
    if any(question not in facts for question in further):
        return Lacking(frozenset(question for question in further if question not in facts))
    for question in further:
        answer = facts[question]
        if isinstance(answer, NoData):
            return answer
        answers.append(answer)
    return one.recipe.holds(one.arguments, binding, answers)


def bound_to(one: Criterion, facts: Facts, binding: Binding) -> Binding | NoData | Lacking:
    """Bind the positions that a criterion names, in the place of the loop's."""
    found: dict[str, Any] = {}
    for name in one.operands:
        position = find(one.arguments.get(name), facts, binding)
        if not isinstance(position, Position):
            return position
        found[name] = position
    return replace(binding, **found)


def asked(one: Criterion, facts: Facts, binding: Binding) -> tuple[Binding, tuple[Question, ...]]:
    """Give what a criterion is bound to and all it asks, as far as `facts` tell."""
    bound = bound_to(one, facts, binding) if one.operands else binding
    if not isinstance(bound, Binding):
        return binding, ()
    questions = one.recipe.asks(one.arguments, bound)
    answers = [facts.get(question) for question in questions]
    is_open = any(answer is None or type(answer) is NoData for answer in answers)
    if one.recipe.more is None or is_open:
        return bound, questions
    return bound, questions + one.recipe.more(one.arguments, bound, answers)


def _judge_held(one: Held, facts: Facts, binding: Binding) -> Answer:
    answer = judge(one.part, facts, binding)
    memory, now = facts.get(MEMORY), facts.get(NOW)
    unasked = {question for question in (MEMORY, NOW) if question not in facts}
    if isinstance(answer, Lacking) or unasked:
        asked_too = answer.questions if isinstance(answer, Lacking) else frozenset()
        return Lacking(asked_too | unasked)
    if answer is not True:
        return answer
    if not isinstance(memory, Memory) or not isinstance(now, MarketTime):
        return memory if isinstance(memory, NoData) else NoData("market time", "no session today")
    since = memory.since(one.key, binding.item) or now.at
    return now.at - since >= timedelta(minutes=one.minutes)


def streaks(
    condition: Condition, facts: Facts, binding: Binding
) -> tuple[Remembered, ...] | Lacking:
    """Give the streaks that a run which came to `condition` leaves: those of its held parts.

    All of them are judged, also those that a sibling made needless.
    """
    lacking: set[Question] = set()
    left: list[Remembered] = []
    for one in condition.holds:
        answer = judge(one, facts, binding)
        if isinstance(answer, Lacking):
            lacking |= answer.questions
        elif (since := _since(one, facts, binding)) is not None:
            left.append(Remembered(Mark.STREAK, binding.item, one.key, since=since))
    return Lacking(frozenset(lacking)) if lacking else tuple(left)


def _since(one: Held, facts: Facts, binding: Binding) -> datetime | None:
    memory, now = facts.get(MEMORY), facts.get(NOW)
    inner = judge(one.part, facts, binding)
    if inner is False or not isinstance(memory, Memory):
        return None
    before = memory.since(one.key, binding.item)
    is_new = inner is True and isinstance(now, MarketTime)
    return before or (now.at if is_new and isinstance(now, MarketTime) else None)
