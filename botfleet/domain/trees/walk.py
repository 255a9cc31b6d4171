"""Walk a tree over what is known: reach its actions, or say what is missing.

The walk performs no I/O and changes nothing. Where a fact is missing it returns `Lacking`; the
caller gathers the answers and walks again from the root. Same tree, same facts, same verdict: a
stored tree and its facts replay any decision a bot ever took.

1. A decision goes one way. A conditional that holds walks its inside and comes back.
2. A node whose answer is missing for good ends the whole way it is on (R2): what a conditional held
   back is not taken up again. A loop's items are ways of their own, and the loop's `then` another.
3. Every node sees one snapshot: what an action changes, the next run sees.
"""

from dataclasses import dataclass, replace

from botfleet.domain.capital.sizing import Size, Units
from botfleet.domain.ids import PositionId
from botfleet.domain.positions.cover import cover
from botfleet.domain.positions.position import Position
from botfleet.domain.trades.opportunities import (
    LOOP_SYMBOL,
    NoTrade,
    Opportunity,
    TradeSpec,
    bound_to,
)
from botfleet.domain.trades.structures import ON_SHARES
from botfleet.domain.trees.conditions import judge, streaks
from botfleet.domain.trees.facts import (
    BOOK,
    NO_CAPITAL,
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
from botfleet.domain.trees.gates import before_looking, of_trade
from botfleet.domain.trees.memory import Remembered
from botfleet.domain.trees.nodes import (
    Action,
    Close,
    Conditional,
    Count,
    Decision,
    Loop,
    LoopOver,
    Node,
    Open,
    Scope,
    Step,
    Switch,
    Tagging,
    UpdateExits,
)
from botfleet.domain.trees.operands import Lookup, find, wanted
from botfleet.domain.trees.sizes import settled

TOO_FEW = NoTrade("E3", "Unable to calculate quantity: it comes to less than one")
UNCOVERED = NoTrade("W1", "Not covered: the bot has no open shares that are free for so many calls")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where one walk ended: at `action`, or at a node whose answer is missing for good.

    `path` is the place of the last node reached. An `Open` carries its `opportunity`, or why there
    is none: a `NoTrade`, or the limit that refused it before anything was asked of the chain (S61);
    and the `size` the pool is to be asked for. `cover` names the shares a call is sold against.
    """

    path: str
    binding: Binding
    action: Action | None = None
    missing: NoData | None = None
    opportunity: Opportunity | NoTrade | None = None
    refusal: str = ""
    size: Size | None = None
    cover: PositionId | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every end the walk reached, in the order it came to them, and what is to be remembered.

    `streaks` are those of the held conditions it came to, still true or not to be told.
    """

    outcomes: tuple[Outcome, ...]
    streaks: tuple[Remembered, ...] = ()


def bind(spec: TradeSpec, binding: Binding) -> TradeSpec:
    """Put the loop's symbol and position in the places that stand for them."""
    legs = binding.position.legs if binding.position else ()
    return bound_to(spec, binding.symbol, legs)


def walk(root: Node, facts: Facts, given: Binding = UNBOUND) -> Verdict | Lacking:
    """Walk from `root` as far as `facts` allow; items of a loop are judged side by side.

    `given` carries what the run's trigger came with: an opened or a closed position.
    """
    way = _Way(facts)
    way.go(root, given, "")
    if way.lacking:
        return Lacking(frozenset(way.lacking))
    return Verdict(tuple(way.outcomes), tuple(dict.fromkeys(way.streaks)))


class _Way:
    """One walk on its way. `go` says whether the way it took may be gone on with."""

    __slots__ = ("facts", "lacking", "outcomes", "streaks")

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.outcomes: list[Outcome] = []
        self.lacking: set[Question] = set()
        self.streaks: list[Remembered] = []

    def go(self, node: Node, binding: Binding, path: str) -> bool:
        while True:
            if type(node) is Decision:
                if node.condition.holds:
                    self._hold(node, binding)
                answer = judge(node.condition, self.facts, binding)
                if answer is True:
                    node, path = node.yes, path + "y"
                elif answer is False:
                    node, path = node.no, path + "n"
                else:
                    return self._stop(answer, binding, path)
                continue
            if not isinstance(node, Conditional | Step | Loop):
                return not isinstance(node, Decision) and self._end(node, binding, path)
            after = self._aside(node, binding, path)
            if after is None:
                return False
            node, path = after, path + "t"

    def _aside(self, node: Conditional | Step | Loop, binding: Binding, path: str) -> Node | None:
        """Take the side way of a node; give what follows it, None where nothing may."""
        if isinstance(node, Step):
            return node.then if self._end(node.action, binding, path) else None
        if isinstance(node, Loop):
            for item in self._items(node, binding):
                self.go(node.body, item, path + "b")
            return node.then
        if node.condition.holds:
            self._hold(node, binding)
        answer = judge(node.condition, self.facts, binding)
        if isinstance(answer, bool):
            is_free = self.go(node.inside, binding, path + "i") if answer else True
            return node.then if is_free else None
        self._stop(answer, binding, path)
        return None

    def _hold(self, node: Decision | Conditional, binding: Binding) -> None:
        left = streaks(node.condition, self.facts, binding)
        if isinstance(left, Lacking):
            self.lacking |= left.questions
        else:
            self.streaks += left

    def _stop(self, answer: NoData | Lacking | bool, binding: Binding, path: str) -> bool:  # noqa: FBT001
        if isinstance(answer, Lacking):
            self.lacking |= answer.questions
        elif isinstance(answer, NoData):
            self.outcomes.append(Outcome(path, binding, missing=answer))
        return False

    def _items(self, loop: Loop, outer: Binding) -> list[Binding]:
        if loop.over is not LoopOver.POSITIONS:
            return [replace(outer, symbol=symbol) for symbol in loop.symbols]
        book = self.facts.get(BOOK)
        if not isinstance(book, Book):
            self.lacking.add(BOOK)
            return []
        lookup = Lookup(loop.symbol, loop.structure, loop.tags)
        if loop.symbol == LOOP_SYMBOL and outer.symbol is None:
            return []
        return [
            replace(outer, position=position)
            for position in wanted(book.positions, lookup, outer.symbol)
        ]

    def _end(self, action: Action, binding: Binding, path: str) -> bool:
        end = _end(action, self.facts, binding, path)
        if isinstance(end, Lacking):
            self.lacking |= end.questions
            return False
        self.outcomes.append(end)
        return end.missing is None


def _end(action: Action, facts: Facts, binding: Binding, path: str) -> Outcome | Lacking:
    if isinstance(action, Open):
        return _end_open(action, facts, binding, path)
    if _is_about_a_position(action):
        return _end_position(action, facts, binding, path)
    if isinstance(action, Tagging) and action.symbol == LOOP_SYMBOL and binding.symbol is None:
        missing = NoData(LOOP_SYMBOL, "no loop bound a symbol here")
        return Outcome(path, binding, missing=missing)
    return Outcome(path, binding, action)


def _is_about_a_position(action: Action) -> bool:
    if isinstance(action, Close | UpdateExits):
        return True
    return isinstance(action, Tagging | Switch | Count) and action.scope is Scope.POSITION


def _end_position(action: Action, facts: Facts, binding: Binding, path: str) -> Outcome | Lacking:
    """End at an action on a position, which the outcome's binding names."""
    found = find(getattr(action, "position", None), facts, binding)
    if isinstance(found, Lacking):
        return found
    if isinstance(found, NoData):
        return Outcome(path, binding, missing=found)
    bound = binding if found is binding.position else replace(binding, position=found)
    if isinstance(action, Close):
        return _end_close(action, facts, bound, path, found)
    return Outcome(path, bound, action)


def _end_close(
    action: Close, facts: Facts, binding: Binding, path: str, position: Position
) -> Outcome | Lacking:
    question = ValueOf(position.position_id)
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
    is_on_shares = action.spec.structure in ON_SHARES
    if book.refusal and not (is_on_shares and book.refusal == NO_CAPITAL):
        return Outcome(path, binding, action, refusal=book.refusal)
    spec = bind(action.spec, binding)
    gate = before_looking(action.gates, spec.symbol, book, facts)
    if gate is not None:
        return _shut(gate, action, binding, path)
    question = OpportunityOf(spec)
    if question not in facts:
        return Lacking(frozenset({question}))
    answer = facts[question]
    if isinstance(answer, NoData):
        return Outcome(path, binding, missing=answer)
    if isinstance(answer, Opportunity):
        return _end_found(action, answer, book, facts, binding, path)
    if isinstance(answer, NoTrade):
        return Outcome(path, binding, action, opportunity=answer)
    return Outcome(path, binding, missing=NoData(str(question), "not an opportunity"))


def _end_found(
    action: Open, trade: Opportunity, book: Book, facts: Facts, binding: Binding, path: str
) -> Outcome | Lacking:
    """End at a trade that passes its gates, and whose size the pool understands."""
    gate = of_trade(action.gates, trade, book, facts)
    if gate is not None:
        return _shut(gate, action, binding, path)
    size = settled(action.size, trade.structure, facts, binding)
    if isinstance(size, Lacking):
        return size
    if isinstance(size, NoData):
        return Outcome(path, binding, missing=size)
    if size == Units(0):
        return Outcome(path, binding, action, opportunity=TOO_FEW)
    if trade.structure not in ON_SHARES or not isinstance(size, Units):
        return Outcome(path, binding, action, opportunity=trade, size=size)
    shares = cover(trade.symbol, size.count, book.positions)
    if shares is None:
        return Outcome(path, binding, action, opportunity=UNCOVERED)
    return Outcome(path, binding, action, opportunity=trade, size=size, cover=shares)


def _shut(
    gate: Lacking | NoData | NoTrade, action: Open, binding: Binding, path: str
) -> Outcome | Lacking:
    """End where a gate did not let pass, or ask what it needs."""
    if isinstance(gate, Lacking):
        return gate
    if isinstance(gate, NoData):
        return Outcome(path, binding, missing=gate)
    return Outcome(path, binding, action, opportunity=gate)
