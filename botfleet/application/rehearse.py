"""Rehearse: run one automation by the road of live runs, and keep nothing of it.

The batch is real, only its stage is not: one bot, a pool in this process, a commit that writes
nothing and sends nothing. What would have been committed is given back, and explained as any run.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from botfleet.application.explain import Explanation, explain_record
from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import (
    NO_EPOCHS,
    Batches,
    CloseIntent,
    Committed,
    Notice,
    OpenIntent,
    Results,
    RunRow,
)
from botfleet.application.ports.journal import RunLine, RunRecord
from botfleet.application.ports.pools import Pools
from botfleet.application.ports.work import Work
from botfleet.application.run import run
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.state import BotState
from botfleet.domain.capital.pool import Hold, Pool
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import AccountId, BotId, DrawId, PositionId, UserId, WorkId, derive
from botfleet.domain.positions.position import HOLDING, Position
from botfleet.domain.schedules.agenda import Kind
from botfleet.domain.schedules.events import Transition
from botfleet.domain.trees.facts import ENDED, HISTORY, MEMORY, Question
from botfleet.domain.trees.history import History
from botfleet.domain.trees.memory import Memory
from botfleet.domain.trees.sightings import Sighting, sightings
from botfleet.domain.trees.traces import decode_facts
from botfleet.errors import InvariantBroken


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a run would have come to: why, on which numbers, and what would have been done.

    `facts` are all numbers that were resolved; `free_cents` what the pool had before.
    """

    explanation: Explanation
    facts: tuple[Sighting, ...]
    opens: Sequence[OpenIntent]
    closes: Sequence[CloseIntent]
    notices: Sequence[Notice]
    free_cents: int


@dataclass(slots=True)
class Stage:
    """Keeps `Batches` for one bot that stands as `state`, and remembers the last commit.

    What a living bot remembers is read from its `store`; nothing is ever written there.
    """

    definition_: Definition
    state: BotState
    results: Results | None = None
    store: Batches | None = None
    carried: Position | None = None
    _buried: list[tuple[BotId, DrawId]] = field(default_factory=list)

    def load(self, bots: Sequence[BotId]) -> Mapping[BotId, BotState]:
        """See the port."""
        return {bot: self.state for bot in bots if bot == self.state.bot_id}

    def recall(
        self,
        bots: Sequence[BotId],
        questions: Collection[Question],
        today: date,
    ) -> Mapping[BotId, Mapping[Question, object]]:
        """See the port: a bot that has done nothing remembers nothing."""
        if self.store is not None:
            return self.store.recall(bots, questions, today)
        fresh: dict[Question, object] = {MEMORY: Memory(), HISTORY: History(), ENDED: ()}
        return {bot: {question: fresh[question] for question in questions} for bot in bots}

    def definition(self, version: str) -> Definition:  # noqa: ARG002  there is one
        """See the port."""
        return self.definition_

    def does_as(self, before: str, version: str) -> bool:  # noqa: ARG002  there is one
        """See the port."""
        return True

    def fed(
        self,
        version: str,  # noqa: ARG002  there is one
        automation: int,  # noqa: ARG002
        inputs: Mapping[str, object],  # noqa: ARG002
    ) -> Definition:
        """See the port: nobody calls in a rehearsal."""
        return self.definition_

    def position(self, position_id: PositionId) -> Position | None:
        """See the port."""
        known = (*self.state.positions, *filter(None, (self.carried,)))
        return next((one for one in known if one.position_id == position_id), None)

    def commit(self, work: Work, at: datetime, results: Results) -> Committed:  # noqa: ARG002
        """Keep the results for whoever rehearses; nothing is to be sent."""
        self.results = results
        return Committed((), ())

    def renew(
        self,
        bots: Sequence[BotId],
        beyond: Mapping[BotId, int] = NO_EPOCHS,  # noqa: ARG002
    ) -> Mapping[BotId, Pool]:
        """See the port."""
        return self.ledger(bots)

    def ledger(self, bots: Sequence[BotId]) -> Mapping[BotId, Pool]:
        """See the port."""
        return {bot: pool_of(self.state) for bot in bots if bot == self.state.bot_id}

    def some_bots(self, after: BotId | None, most: int) -> Sequence[BotId]:
        """See the port."""
        return [self.state.bot_id][:most] if after is None else []

    def bury(self, draws: Sequence[tuple[BotId, DrawId]]) -> Sequence[tuple[BotId, DrawId]]:
        """See the port."""
        self._buried += draws
        return draws


def newcomer(definition: Definition, at: datetime) -> BotState:
    """Give the state of a bot that has done nothing yet."""
    return BotState(
        BotId(derive("rehearsed bot", definition.name)),
        UserId(derive("rehearsed user")),
        AccountId(derive("rehearsed account")),
        "",
        definition.limits,
        1,
        0,
        0,
        0,
        0,
        day_of(at),
        0,
        (),
    )


def pool_of(state: BotState) -> Pool:
    """Give the pool of a bot as its state tells it: what is held, in as many holds as it holds."""
    holding = max(state.holding_n, sum(one.state in HOLDING for one in state.positions))
    amounts = [state.committed + state.pending] + [0] * holding
    holds = {
        DrawId(derive("rehearsed hold", state.bot_id, n)): Hold(
            1, amounts[n], n, 0, amounts[n], state.day
        )
        for n in range(holding)
    }
    limits = state.limits
    return Pool(
        state.epoch,
        limits.allocation.cents,
        limits.open_positions,
        limits.daily_positions,
        state.day,
        state.day_n,
        holding,
        holds,
    )


def rehearse(
    stage: Stage,
    automation: int,
    at: datetime,
    *,
    pools: Pools,
    gatherer: Gatherer,
    carried: tuple[Transition, Position] | None = None,
) -> Rehearsal:
    """Run one automation of the stage's bot as of `at`, as if `carried` had started it.

    Raises:
        MarketUnavailable: the feed is down.
    """
    bot = stage.state.bot_id
    pools.load(stage.ledger([bot]))
    detail: dict[str, object] = {"automation": automation, "cause": f"rehearsal/{at.isoformat()}"}
    if carried is not None:
        transition, stage.carried = carried
        detail[transition] = str(stage.carried.position_id)
    work = Work(WorkId(derive("rehearsal", bot, at)), Kind.BUTTON, at, (bot,), 1, detail)
    run(work, at, batches=stage, pools=pools, gatherer=gatherer)
    results = stage.results
    if results is None:
        raise InvariantBroken("a rehearsed run came to no commit")
    (row,) = results.runs({})
    record = _record(stage, row, work, results.facts)
    return Rehearsal(
        explain_record(record, lambda: stage.definition_),
        sightings(decode_facts(results.facts)),
        results.opens,
        results.closes,
        results.notices,
        stage.state.available,
    )


def _record(stage: Stage, row: RunRow, work: Work, facts: bytes) -> RunRecord:
    automation = stage.definition_.automations[row.automation]
    line = RunLine(
        row.run_id,
        row.bot_id,
        "nobody",
        stage.definition_.name,
        automation.name,
        automation.lane,
        "rehearsal",
        work.due_at,
        row.outcome,
    )
    return RunRecord(line, work.work_id, row.automation, row.version, row.path, row.detail, facts)
