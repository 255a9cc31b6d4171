"""Run: judge a batch of bots at a mark, an event or a click, from claim to commit.

Round i walks the i-th scanner and the i-th monitor of every bot, or the i-th automation that an
event started, on one snapshot of the market; its draws are reserved together; later rounds see what
earlier ones took. All of it is committed in one transaction with the end of the work, so a batch
that dies half way never happened, and its successor derives the same names for the same things.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from botfleet.application.act import act, take
from botfleet.application.batch import Batch, Skipped
from botfleet.application.decide import Entry, Snapshot
from botfleet.application.define import Defined, define
from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import Batches, Committed
from botfleet.application.ports.pools import Pools
from botfleet.application.ports.work import Work
from botfleet.application.record import record
from botfleet.application.reserve import request, reserve
from botfleet.domain.bots.bot import Automation, Definition, Lane
from botfleet.domain.ids import BotId, PositionId, run_id
from botfleet.domain.schedules.agenda import STARTS, TRIGGER_OF, Kind
from botfleet.domain.schedules.events import Transition
from botfleet.domain.trees.facts import Binding


def run(
    work: Work, now: datetime, *, batches: Batches, pools: Pools, gatherer: Gatherer
) -> Committed | None:
    """Work a claimed row through to its commit; None if another claimant committed first.

    Raises:
        Transient: a store or the feed is down; nothing happened, the row comes back.
    """
    states = dict(batches.load(work.bots))
    defined = define(work, states, batches)
    snapshot = Snapshot(gatherer, now, batches.recall)
    carried = _carried(work, batches)
    batch = Batch(work, now, states, defined.definitions, snapshot, carried)
    _leave_out(batch, defined)
    for entries in _rounds(batch):
        _round(batch, entries(), batches, pools)
    results = replace(record(batch), left_out=defined.told(work))
    return batches.commit(work, now, results)


def _leave_out(batch: Batch, defined: Defined) -> None:
    """Tell of bots that are not judged, and end the runs that were promised."""
    batch.notices += defined.notices(batch.work, batch.states)
    for bot, (word, _) in defined.left_out.items():
        if "automation" in batch.work.detail:
            index = int(batch.work.detail["automation"])
            run = run_id(bot, index, _cause(batch.work))
            kind = str(TRIGGER_OF[batch.work.kind])
            batch.skipped.append(Skipped(run, index, batch.states[bot], word, kind))


def _carried(work: Work, batches: Batches) -> Binding:
    """Give the position that opened or closed and so started this work."""
    opened, closed = (
        batches.position(PositionId(UUID(work.detail[one]))) if one in work.detail else None
        for one in (Transition.OPENED, Transition.CLOSED)
    )
    ask = work.detail.get("ask", {})
    held = ask.get("position")
    position = batches.position(PositionId(UUID(held))) if held else None
    return Binding(ask.get("symbol"), position, opened, closed)


def _rounds(batch: Batch) -> list["_Round"]:
    longest = max((_places(batch, bot) for bot in batch.definitions), default=0)
    return [_Round(batch, place) for place in range(longest)]


def _places(batch: Batch, bot: BotId) -> int:
    if batch.work.kind in STARTS:
        return len(_asked(batch.work, bot))
    lanes = (Lane.SCANNER, Lane.MONITOR)
    return max(len(batch.definitions[bot].lane(lane)) for lane in lanes)


def _asked(work: Work, bot: BotId) -> list[int]:
    """Name the automations of a bot that a row starts, in their order."""
    if "automation" in work.detail:
        return [int(work.detail["automation"])]
    return [int(one) for one in work.detail["automations"].get(str(bot), ())]


@dataclass(frozen=True, slots=True)
class _Round:
    """The entries of one round, made when it begins: they see what earlier rounds did."""

    batch: Batch
    place: int

    def __call__(self) -> list[Entry]:
        cause = _cause(self.batch.work)
        return [
            Entry(
                run_id(bot, index, cause),
                index,
                automation,
                state,
                len(self.batch.definitions[bot].symbols),
                self.batch.given,
                self.batch.ration(bot),
            )
            for bot, state in self.batch.states.items()
            if bot in self.batch.definitions
            for index, automation in self._due(bot)
        ]

    def _due(self, bot: BotId) -> list[tuple[int, Automation]]:
        work, definition = self.batch.work, self.batch.definitions[bot]
        if work.kind in STARTS:
            asked = _asked(work, bot)[self.place : self.place + 1]
            return [(i, definition.automations[i]) for i in asked if _is_there(definition, i, work)]
        lanes = (definition.lane(Lane.SCANNER), definition.lane(Lane.MONITOR))
        placed = [lane[self.place] for lane in lanes if self.place < len(lane)]
        hours = self.batch.states[bot].hours
        return [(i, one) for i, one in placed if self.batch.lets(one, hours)]


def _is_there(definition: Definition, index: int, work: Work) -> bool:
    """Say whether the automation that was started is still one that this starts."""
    if index >= len(definition.automations):
        return False
    return work.kind is Kind.BUTTON or definition.automations[index].event is not None


def _cause(work: Work) -> str:
    cause: str = work.detail.get("cause") or work.due_at.isoformat()
    return cause


def _round(batch: Batch, entries: Sequence[Entry], batches: Batches, pools: Pools) -> None:
    walking: list[Entry] = []
    for entry in entries:
        limit = entry.state.refusal(batch.today)
        if limit and entry.automation.lane is Lane.SCANNER:
            kind = entry.automation.kind
            skipped = Skipped(entry.run_id, entry.index, entry.state, limit, kind)
            batch.skipped.append(skipped)
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
    asks = [request(plan.wish, fence=batch.work.fence, day=batch.today) for plan in plans]
    answers = reserve(asks, pools, batches)
    for plan, (ask, answer) in zip(plans, answers, strict=True):
        take(batch, plan, ask, answer)
