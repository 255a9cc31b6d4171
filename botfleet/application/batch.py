"""Batch: one batch of bots at work, and what came of them so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from botfleet.application.decide import Decided, Snapshot
from botfleet.application.ports.batches import AskIntent, CloseIntent, NewExits, Notice, OpenIntent
from botfleet.application.ports.work import Work
from botfleet.domain.bots.asks import ASK_LIFE
from botfleet.domain.bots.bot import Automation, Definition
from botfleet.domain.bots.state import BotState
from botfleet.domain.bots.symbols import SYMBOLS_MAX, Ration
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import AskId, BotId, DrawId, RunId, derive
from botfleet.domain.schedules.hours import Hours
from botfleet.domain.trees.facts import UNBOUND, Binding
from botfleet.domain.trees.memory import Change, Mark, Streaks
from botfleet.domain.trees.walk import Outcome


@dataclass(frozen=True, slots=True)
class Skipped:
    """A run that was not judged: `why` is the limit that forbade it, or what it lacked.

    `kind` is its automation's, as `Automation.kind` names it.
    """

    run_id: RunId
    index: int
    state: BotState
    why: str
    kind: str


@dataclass(slots=True)
class Batch:
    """What the bots of a batch are, what was decided for them and what shall be committed."""

    work: Work
    now: datetime
    states: dict[BotId, BotState]
    definitions: Mapping[BotId, Definition]
    snapshot: Snapshot
    given: Binding = UNBOUND
    opens: list[OpenIntent] = field(default_factory=list)
    closes: list[CloseIntent] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    exits: list[NewExits] = field(default_factory=list)
    asks: list[AskIntent] = field(default_factory=list)
    rations: dict[BotId, Ration] = field(default_factory=dict)
    changes: dict[RunId, list[Change]] = field(default_factory=dict)
    decided: list[Decided] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ends: dict[RunId, list[tuple[Outcome, str, DrawId | None]]] = field(default_factory=dict)
    today: date = field(init=False)
    let: dict[tuple[object, Hours], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.today = day_of(self.now)

    def lets(self, automation: Automation, hours: Hours) -> bool:
        """Say whether an automation runs at this mark; the bots of a batch have few windows."""
        key = (automation.trigger, hours)
        if key not in self.let:
            self.let[key] = automation.runs_at(self.work.due_at, hours)
        return self.let[key]

    def tell(self, decided: Decided, level: str, code: str, message: str, item: str) -> None:
        """Leave a notice for the owner; the same of one run and item is one."""
        state = decided.entry.state
        cause = f"{decided.entry.run_id}/{item}/{code}"
        self.notices.append(Notice(state.user_id, state.bot_id, level, code, message, cause))

    def end(
        self, decided: Decided, outcome: Outcome, word: str, draw: DrawId | None = None
    ) -> None:
        """Say how one outcome of a run ended; of an open, with its draw."""
        self.ends.setdefault(decided.entry.run_id, []).append((outcome, word, draw))

    def ration(self, bot: BotId) -> Ration | None:
        """Give what a bot that may come to use too many symbols today has used; None for others."""
        if bot not in self.rations:
            used = dict.fromkeys(self.states[bot].symbols_on(self.today))
            if len(used | dict.fromkeys(self.definitions[bot].named)) <= SYMBOLS_MAX:
                return None
            self.rations[bot] = Ration(used)
        return self.rations[bot]

    def used(self) -> dict[BotId, tuple[str, ...]]:
        """Give the symbols that bots have used today, of those where there are new ones."""
        used: dict[BotId, tuple[str, ...]] = {}
        for bot in dict.fromkeys(one.entry.state.bot_id for one in self.decided):
            before, ration = self.states[bot].symbols_on(self.today), self.rations.get(bot)
            now = ration.used if ration else dict.fromkeys((*before, *self.definitions[bot].named))
            if len(now) > len(before):
                used[bot] = tuple(now)
        return used

    def action(self, decided: Decided, outcome: Outcome) -> UUID:
        """Name the place in the bot an outcome ended at, with its loop item: the same every run."""
        entry = decided.entry
        path = self.work.detail.get("ask", {}).get("path", "") + outcome.path
        return derive("action", entry.state.bot_id, entry.index, path, outcome.binding.item)

    def ask(self, decided: Decided, outcome: Outcome, words: str) -> None:
        """Let an action wait for its owner's yes."""
        entry, binding = decided.entry, outcome.binding
        held = str(binding.position.position_id) if binding.position else None
        carried = ("inputs", "opened", "closed")
        start = {name: self.work.detail[name] for name in carried if name in self.work.detail}
        start |= {
            "automation": entry.index,
            "ask": {"path": outcome.path, "symbol": binding.symbol, "position": held},
        }
        self.asks.append(
            AskIntent(
                AskId(derive("ask", entry.run_id, outcome.path, binding.item)),
                self.action(decided, outcome),
                entry.state.user_id,
                entry.state.bot_id,
                entry.run_id,
                entry.state.version,
                words,
                start,
                self.work.due_at + ASK_LIFE,
            )
        )
        self.end(decided, outcome, "asked")

    def remember(self, decided: Decided, made: Change) -> None:
        """Keep a change for the commit, and let later rounds see it."""
        bot = decided.entry.state.bot_id
        self.changes.setdefault(decided.entry.run_id, []).append(made)
        self.snapshot.remember(bot, made)
        if made.mark is Mark.TAG:
            self.states[bot] = self.states[bot].after_tagging(made)

    def hold(self, decided: Decided) -> None:
        """Let what has been held so far be seen by later rounds; the commit keeps it."""
        keys = decided.entry.automation.keys
        if keys:
            self.changes.setdefault(decided.entry.run_id, [])
            streaks = Streaks(keys, decided.verdict.streaks)
            self.snapshot.remember(decided.entry.state.bot_id, streaks)
