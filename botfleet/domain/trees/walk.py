"""Walk a tree over what is known: reach its actions, or say what is missing.

The walk performs no I/O. Where a fact is missing it returns `Lacking`; the caller gathers the
answers and walks again from the root. Same tree, same facts, same verdict: a stored tree and its
facts replay any decision a bot ever took.
"""

from dataclasses import dataclass

from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.trades.opportunities import LOOP_SYMBOL, NoTrade, Opportunity, TradeSpec
from botfleet.domain.trees.conditions import judge
from botfleet.domain.trees.facts import (
    BOOK,
    UNBOUND,
    Binding,
    Book,
    Facts,
    Lacking,
    NoData,
    OpportunityOf,
    Question,
    ValueOf,
)
from botfleet.domain.trees.nodes import Action, Close, Decision, Loop, LoopOver, Node, Open


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where one walk ended: at `action`, or at a node whose answer is missing for good.

    `path` is the place of the last node reached. An `Open` carries its `opportunity`, or why there
    is none: a `NoTrade`, or the limit that refused it before anything was asked of the chain (S61).
    """

    path: str
    binding: Binding
    action: Action | None = None
    missing: NoData | None = None
    opportunity: Opportunity | NoTrade | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every end the walk reached: one, or one a loop item, in the order of the items."""

    outcomes: tuple[Outcome, ...]


def bind(spec: TradeSpec, binding: Binding) -> TradeSpec:
    """Put the loop's symbol in the place that stands for it."""
    if spec.symbol != LOOP_SYMBOL or binding.symbol is None:
        return spec
    return TradeSpec(binding.symbol, spec.structure, spec.expiration, spec.strikes)


def walk(root: Node, facts: Facts) -> Verdict | Lacking:
    """Walk from `root` as far as `facts` allow; items of a loop are judged side by side."""
    outcomes: list[Outcome] = []
    lacking: set[Question] = set()
    _descend(root, facts, UNBOUND, "", outcomes, lacking)
    return Lacking(frozenset(lacking)) if lacking else Verdict(tuple(outcomes))


def _descend(
    node: Node,
    facts: Facts,
    binding: Binding,
    path: str,
    outcomes: list[Outcome],
    lacking: set[Question],
) -> None:
    while isinstance(node, Decision):
        answer = judge(node.condition, facts, binding)
        if isinstance(answer, Lacking):
            lacking |= answer.questions
            return
        if isinstance(answer, NoData):
            outcomes.append(Outcome(path, binding, missing=answer))
            return
        path += "y" if answer else "n"
        node = node.yes if answer else node.no
    if isinstance(node, Loop):
        for item in _items(node, facts, binding, lacking):
            _descend(node.body, facts, item, path + "b", outcomes, lacking)
        return
    end = _end(node, facts, binding, path)
    if isinstance(end, Lacking):
        lacking |= end.questions
    else:
        outcomes.append(end)


def _items(loop: Loop, facts: Facts, outer: Binding, lacking: set[Question]) -> list[Binding]:
    if loop.over is not LoopOver.POSITIONS:
        return [Binding(symbol, outer.position) for symbol in loop.symbols]
    book = facts.get(BOOK)
    if not isinstance(book, Book):
        lacking.add(BOOK)
        return []
    wanted = outer.symbol if loop.symbol == LOOP_SYMBOL else loop.symbol
    return [
        Binding(outer.symbol, position)
        for position in book.positions
        if _is_wanted(position, loop, wanted)
    ]


def _is_wanted(position: Position, loop: Loop, symbol: str | None) -> bool:
    return (
        position.state is PositionState.OPEN
        and symbol in {None, position.symbol}
        and loop.structure in {None, position.structure}
    )


def _end(action: Action, facts: Facts, binding: Binding, path: str) -> Outcome | Lacking:
    if isinstance(action, Open):
        return _end_open(action, facts, binding, path)
    if isinstance(action, Close) and binding.position is not None:
        question = ValueOf(binding.position.position_id)
        if question not in facts:
            return Lacking(frozenset({question}))
        answer = facts[question]
        if isinstance(answer, NoData):
            return Outcome(path, binding, missing=answer)
    return Outcome(path, binding, action)


def _end_open(action: Open, facts: Facts, binding: Binding, path: str) -> Outcome | Lacking:
    book = facts.get(BOOK)
    if not isinstance(book, Book):
        return Lacking(frozenset({BOOK}))
    if book.refusal:
        return Outcome(path, binding, action, refusal=book.refusal)
    question = OpportunityOf(bind(action.spec, binding))
    if question not in facts:
        return Lacking(frozenset({question}))
    answer = facts[question]
    if isinstance(answer, NoData):
        return Outcome(path, binding, missing=answer)
    if isinstance(answer, Opportunity | NoTrade):
        return Outcome(path, binding, action, opportunity=answer)
    return Outcome(path, binding, missing=NoData(str(question), "not an opportunity"))
