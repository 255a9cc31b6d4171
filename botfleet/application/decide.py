"""Decide: walk many trees together, gather what they lack once for all, and walk on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from botfleet.application.gather import Gatherer
from botfleet.domain.bots.bot import Automation
from botfleet.domain.bots.state import BotState
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import PositionId, RunId
from botfleet.domain.positions.position import Position
from botfleet.domain.trees.facts import BOOK, Book, Lacking, Question
from botfleet.domain.trees.nodes import NODES_MAX
from botfleet.domain.trees.walk import Verdict, walk
from botfleet.errors import InvariantBroken


@dataclass(frozen=True, slots=True)
class Entry:
    """One automation of one bot, to be walked in this round."""

    run_id: RunId
    index: int
    automation: Automation
    state: BotState


@dataclass(frozen=True, slots=True)
class Decided:
    """An entry's verdict, and the bot's book if the tree looked into it."""

    entry: Entry
    verdict: Verdict
    book: Book | None


@dataclass(slots=True)
class Snapshot:
    """The market as one batch sees it: every question is asked once (R17)."""

    gatherer: Gatherer
    now: datetime
    facts: dict[Question, object] = field(default_factory=dict)

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
            self.facts |= self.gatherer.gather(lacking, positions, self.now)
        raise InvariantBroken("a tree asked more often than it has nodes")

    def _walk(self, entry: Entry) -> Decided | Lacking:
        """Walk without the bot's own book first: that tells whether the tree looks into it."""
        step = walk(entry.automation.tree, self.facts)
        if isinstance(step, Verdict):
            return Decided(entry, step, None)
        if BOOK not in step.questions:
            return step
        book = entry.state.book(day_of(self.now))
        self.facts[BOOK] = book
        step = walk(entry.automation.tree, self.facts)
        del self.facts[BOOK]
        return Decided(entry, step, book) if isinstance(step, Verdict) else step


def _positions(entries: Collection[Entry]) -> Mapping[PositionId, Position]:
    return {
        position.position_id: position for entry in entries for position in entry.state.positions
    }
