"""Decide: walk many trees together, gather what they lack once for all, and walk on."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from botfleet.application.gather import Gatherer
from botfleet.domain.bots.bot import Automation
from botfleet.domain.bots.state import BotState
from botfleet.domain.bots.symbols import Ration, Rationed
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId, PositionId, RunId
from botfleet.domain.positions.position import Position
from botfleet.domain.trees.facts import (
    BOOK,
    HISTORY,
    MEMORY,
    OWN,
    UNBOUND,
    Binding,
    Lacking,
    NoData,
    Question,
)
from botfleet.domain.trees.history import History, Last
from botfleet.domain.trees.memory import Change, Memory, Streaks, after
from botfleet.domain.trees.nodes import NODES_MAX
from botfleet.domain.trees.walk import Verdict, walk
from botfleet.errors import InvariantBroken

#: Asks the store for what belongs to bots alone (see `ports.batches.Batches.recall`).
Recall = Callable[
    [Sequence[BotId], Collection[Question], date], Mapping[BotId, Mapping[Question, object]]
]
_FORGOTTEN = NoData("memory", "the store does not know the bot")


@dataclass(frozen=True, slots=True)
class Entry:
    """One automation of one bot, to be walked in this round; `given` is what came with it."""

    run_id: RunId
    index: int
    automation: Automation
    state: BotState
    symbols_n: int = 0
    given: Binding = UNBOUND
    ration: Ration | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """An entry's verdict, and what of the bot's own the tree may have looked into."""

    entry: Entry
    verdict: Verdict
    own: Mapping[Question, object]


@dataclass(slots=True)
class Snapshot:
    """The market as one batch sees it: every question is asked once (R17)."""

    gatherer: Gatherer
    now: datetime
    recall: Recall
    facts: dict[Question, object] = field(default_factory=dict)
    _recalled: dict[BotId, dict[Question, object]] = field(default_factory=dict)
    _made: dict[BotId, list[Change | Streaks]] = field(default_factory=dict)
    _opened: dict[BotId, list[Last]] = field(default_factory=dict)

    def decide(self, entries: Collection[Entry]) -> list[Decided]:
        """Reach a verdict for each entry, in order.

        Raises:
            MarketUnavailable: the feed is down; nothing was decided.
        """
        positions = _positions(entries)
        done: dict[RunId, Decided] = {}
        waiting = list(entries)
        for _ in range(NODES_MAX):
            lacking: set[Question] = set()
            for entry in waiting:
                step = self._walk(entry)
                if isinstance(step, Lacking):
                    lacking |= step.questions
                else:
                    done[entry.run_id] = step
            if not lacking:
                return [done[entry.run_id] for entry in entries]
            waiting = [entry for entry in waiting if entry.run_id not in done]
            if lacking & OWN:
                self._remind([entry.state.bot_id for entry in waiting], lacking & OWN)
            if lacking - OWN:
                self.facts |= self.gatherer.gather(lacking - OWN, positions, self.now)
        raise InvariantBroken("a tree asked more often than it has nodes")

    def _walk(self, entry: Entry) -> Decided | Lacking:
        """Walk without the bot's own first: that tells whether the tree looks into it."""
        seen = self.facts if entry.ration is None else Rationed(self.facts, entry.ration)
        step = walk(entry.automation.tree, seen, entry.given)
        if isinstance(step, Verdict):
            return Decided(entry, step, {})
        if not step.questions & OWN:
            return step
        own = self._own(entry)
        self.facts |= own
        step = walk(entry.automation.tree, seen, entry.given)
        for question in own:
            del self.facts[question]
        return Decided(entry, step, own) if isinstance(step, Verdict) else step

    def _own(self, entry: Entry) -> dict[Question, object]:
        book = entry.state.book(day_of(self.now), entry.symbols_n)
        return {BOOK: book} | self._recalled.get(entry.state.bot_id, {})

    def _remind(
        self, bots: Sequence[BotId], questions: frozenset[Question] | set[Question]
    ) -> None:
        """Recall what bots asked for, as it is after what this batch has done so far."""
        found = self.recall(bots, questions, day_of(self.now))
        for bot in bots:
            known = dict.fromkeys(questions, _FORGOTTEN) | dict(found.get(bot, {}))
            self._recalled[bot] = self._recalled.get(bot, {}) | known
            self._catch_up(bot, self._made.get(bot, ()), self._opened.get(bot, ()))

    def remember(self, bot: BotId, change: Change | Streaks) -> None:
        """Let later rounds see what an action of this one changed."""
        self._made.setdefault(bot, []).append(change)
        self._catch_up(bot, (change,), ())

    def note_opened(self, bot: BotId, position: Position) -> None:
        """Let later rounds see in the bot's history what it has just opened."""
        last = [
            Last(position.symbol, tag, position.opened_at, None) for tag in position.tags or ("",)
        ]
        self._opened.setdefault(bot, []).extend(last)
        self._catch_up(bot, (), last)

    def _catch_up(
        self, bot: BotId, changes: Sequence[Change | Streaks], opened: Sequence[Last]
    ) -> None:
        own = self._recalled.get(bot, {})
        memory, history = own.get(MEMORY), own.get(HISTORY)
        if isinstance(memory, Memory) and changes:
            own[MEMORY] = after(memory, changes)
        if isinstance(history, History) and opened:
            own[HISTORY] = replace(history, lasts=history.lasts + tuple(opened))


def _positions(entries: Collection[Entry]) -> Mapping[PositionId, Position]:
    carried = [one for entry in entries for one in (entry.given.opened, entry.given.closed)]
    held = [position for entry in entries for position in entry.state.positions]
    return {one.position_id: one for one in (*carried, *held) if one is not None}
