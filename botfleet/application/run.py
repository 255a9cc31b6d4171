"""Run: judge a batch of bots at a mark (or one bot at a click), from claim to commit.

Round i walks the i-th scanner and the i-th monitor of every bot on one snapshot of the market; its
draws are reserved together; later rounds see what earlier ones took. All of it is committed in one
transaction with the end of the work, so a batch that dies half way never happened, and its
successor derives the same names for the same things.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from botfleet.application.act import act, take
from botfleet.application.batch import Batch
from botfleet.application.decide import Entry, Snapshot
from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import Batches, Committed
from botfleet.application.ports.pools import Pools
from botfleet.application.ports.work import Work
from botfleet.application.record import record
from botfleet.application.reserve import request, reserve
from botfleet.domain.bots.bot import Automation, Lane
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId, run_id
from botfleet.domain.schedules.agenda import Kind


def run(
    work: Work, now: datetime, *, batches: Batches, pools: Pools, gatherer: Gatherer
) -> Committed | None:
    """Work a claimed row through to its commit; None if another claimant committed first.

    Raises:
        Transient: a store or the feed is down; nothing happened, the row comes back.
    """
    states = dict(batches.load(work.bots))
    definitions = {bot: batches.definition(state.version) for bot, state in states.items()}
    batch = Batch(work, now, states, definitions, Snapshot(gatherer, now, batches.recall))
    for entries in _rounds(batch):
        _round(batch, entries(), batches, pools)
    return batches.commit(work, now, record(batch))


def _rounds(batch: Batch) -> list["_Round"]:
    if batch.work.kind is Kind.BUTTON:
        return [_Round(batch, None)]
    longest = max(
        (
            len(definition.lane(lane))
            for definition in batch.definitions.values()
            for lane in (Lane.SCANNER, Lane.MONITOR)
        ),
        default=0,
    )
    return [_Round(batch, place) for place in range(longest)]


@dataclass(frozen=True, slots=True)
class _Round:
    """The entries of one round, made when it begins: they see what earlier rounds did."""

    batch: Batch
    place: int | None

    def __call__(self) -> list[Entry]:
        return [
            Entry(
                run_id(bot, index, _cause(self.batch.work)),
                index,
                automation,
                state,
                len(self.batch.definitions[bot].symbols),
            )
            for bot, state in self.batch.states.items()
            for index, automation in self._due(bot)
        ]

    def _due(self, bot: BotId) -> list[tuple[int, Automation]]:
        definition = self.batch.definitions[bot]
        if self.place is None:
            index = int(self.batch.work.detail["automation"])
            return [(index, definition.automations[index])]
        lanes = (definition.lane(Lane.SCANNER), definition.lane(Lane.MONITOR))
        placed = [lane[self.place] for lane in lanes if self.place < len(lane)]
        return [(i, one) for i, one in placed if one.runs_at(self.batch.work.due_at)]


def _cause(work: Work) -> str:
    cause: str = work.detail.get("cause") or work.due_at.isoformat()
    return cause


def _round(batch: Batch, entries: Sequence[Entry], batches: Batches, pools: Pools) -> None:
    today = day_of(batch.now)
    walking: list[Entry] = []
    for entry in entries:
        limit = entry.state.refusal(today)
        if limit and entry.automation.lane is Lane.SCANNER:
            batch.skipped.append((entry, limit))
        else:
            walking.append(entry)
    decided = batch.snapshot.decide(walking)
    batch.decided += decided
    for one in decided:
        batch.hold(one)
    plans = [
        plan
        for one in decided
        for outcome in one.verdict.outcomes
        if (plan := act(batch, one, outcome)) is not None
    ]
    asks = [request(plan.wish, fence=batch.work.fence, day=today) for plan in plans]
    answers = reserve(asks, pools, batches)
    for plan, (ask, answer) in zip(plans, answers, strict=True):
        take(batch, plan, ask, answer)
