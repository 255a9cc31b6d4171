"""Why a run decided as it did: node by node, what was asked, what was seen, what was answered.

A stored tree, its facts (see `traces`) and an outcome are all it takes; nothing is asked again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.conditions import Condition, Criterion, Held, asked, judge
from botfleet.domain.trees.facts import Binding, Facts, Lacking, NoData
from botfleet.domain.trees.grammar import render, render_condition, said_like, say_symbol
from botfleet.domain.trees.nodes import Conditional, Decision, Node, children
from botfleet.domain.trees.recipes.comparison import Compared
from botfleet.domain.trees.sightings import Sighting, sight
from botfleet.domain.trees.walk import Outcome


@dataclass(frozen=True, slots=True)
class Heard:
    """One criterion of a condition: its sentence, its own answer and the number it measured.

    `numbers` are the answers it looked at, each with the instant it is of; they follow from the
    sentence and the facts, and so do not tell two of them apart.
    """

    sentence: str
    answer: str
    seen: str = ""
    numbers: tuple[Sighting, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One decision on the way: its place in the tree, its sentence, its answer and its parts.

    An answer is `yes`, `no`, `no_data`, or `not_asked` for a part another one made needless.
    """

    place: str
    sentence: str
    answer: str
    parts: tuple[Heard, ...]


def explain(root: Node, facts: Facts, outcome: Outcome) -> tuple[Step, ...]:
    """Tell the decisions that led from `root` to `outcome`, in order."""
    return tuple(
        _step(place, node.condition, facts, outcome.binding)
        for place, node in _on_the_way(root, outcome.path)
        if isinstance(node, Decision | Conditional)
    )


def _on_the_way(root: Node, path: str) -> Iterator[tuple[str, Node]]:
    node = root
    yield "", node
    for at, letter in enumerate(path, start=1):
        node = dict(children(node))[letter]
        yield path[:at], node


def _step(place: str, condition: Condition, facts: Facts, binding: Binding) -> Step:
    answer = judge(condition, facts, binding)
    parts = tuple(_heard(one, facts, binding) for one in _criteria(condition))
    sentence = of_item(render_condition(condition), binding)
    return Step(place, sentence, _word(answer), parts)


def _criteria(condition: Condition) -> Iterator[Criterion]:
    if isinstance(condition, Criterion):
        yield condition
        return
    if isinstance(condition, Held):
        yield from _criteria(condition.part)
        return
    for part in condition.parts:
        yield from _criteria(part)


def _heard(one: Criterion, facts: Facts, binding: Binding) -> Heard:
    answer = judge(one, facts, binding)
    seen = answer.why if isinstance(answer, NoData) else _measured(one, facts, binding)
    return Heard(of_item(render(one), binding), _word(answer), seen, _numbers(one, facts, binding))


def _numbers(one: Criterion, facts: Facts, binding: Binding) -> tuple[Sighting, ...]:
    _, questions = asked(one, facts, binding)
    return tuple(sight(question, facts[question]) for question in questions if question in facts)


def _word(answer: bool | NoData | Lacking) -> str:  # noqa: FBT001  an answer is a value
    if isinstance(answer, NoData):
        return "no_data"
    if isinstance(answer, Lacking):
        return "not_asked"
    return "yes" if answer else "no"


def _measured(one: Criterion, facts: Facts, binding: Binding) -> str:
    """Show the number a comparing criterion measured (S80); nothing for the others."""
    bound, questions = asked(one, facts, binding)
    if not isinstance(one.recipe, Compared) or any(one not in facts for one in questions):
        return ""
    answers = [facts[question] for question in questions]
    seen: object = one.recipe.measures(one.arguments, bound, answers)
    if not isinstance(seen, float | Decimal):
        return str(seen)
    return said_like(one.recipe.parameters.get(one.recipe.against, ""), one.arguments, seen)


def of_item(text: str, binding: Binding) -> str:
    """Name the symbol that a loop stood at, where a sentence says the loop's."""
    return text if binding.symbol is None else of_symbol(text, binding.symbol)


def of_symbol(text: str, symbol: str) -> str:
    """Name a symbol, where a sentence says the loop's."""
    spoken = say_symbol(LOOP_SYMBOL)
    return text.replace(spoken, symbol).replace(spoken.capitalize(), symbol)
