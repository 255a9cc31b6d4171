"""Run: judge a batch of bots at a mark (or one bot at a click), from claim to commit.

Round i walks the i-th scanner and the i-th monitor of every bot on one snapshot of the market; its
draws are reserved together; later rounds see what earlier ones took. All of it is committed in one
transaction with the end of the work, so a batch that dies half way never happened, and its
successor derives the same names for the same things.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from botfleet.application.close import close
from botfleet.application.decide import Decided, Entry, Snapshot
from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import (
    Batches,
    CloseIntent,
    Committed,
    NewExits,
    Notice,
    OpenIntent,
    OrderIntent,
    Remembering,
    Results,
    RunRow,
)
from botfleet.application.ports.pools import Pools
from botfleet.application.ports.work import Work
from botfleet.application.reserve import Wish, request, reserve
from botfleet.domain.bots.bot import Automation, Definition, Lane
from botfleet.domain.bots.state import BotState
from botfleet.domain.capital.pool import DrawRequest, Granted, Refused
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId, DrawId, OrderId, PositionId, RunId, derive, run_id
from botfleet.domain.orders.ladder import Rung, ladder
from botfleet.domain.orders.order import Effect
from botfleet.domain.positions.position import Position, PositionState, Valuation
from botfleet.domain.schedules.agenda import Kind
from botfleet.domain.trades.margin import bound, worst_case
from botfleet.domain.trades.opportunities import NoTrade, Opportunity
from botfleet.domain.trades.structures import strikes_of
from botfleet.domain.trees.changes import change
from botfleet.domain.trees.facts import BOOK, Book, ValueOf
from botfleet.domain.trees.memory import Change, Mark, Streaks
from botfleet.domain.trees.nodes import Close, Notify, Open, UpdateExits
from botfleet.domain.trees.traces import encode_book, encode_facts, encode_own
from botfleet.domain.trees.walk import Outcome


@dataclass(frozen=True, slots=True)
class Plan:
    """An open that wants capital: its rungs, and what the pool is asked."""

    decided: Decided
    outcome: Outcome
    action: Open
    opportunity: Opportunity
    rungs: tuple[Rung, ...]
    wish: Wish


@dataclass(slots=True)
class Batch:
    """One batch at work: what its bots are, and what came of them so far."""

    work: Work
    now: datetime
    states: dict[BotId, BotState]
    definitions: Mapping[BotId, Definition]
    snapshot: Snapshot
    opens: list[OpenIntent] = field(default_factory=list)
    closes: list[CloseIntent] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    exits: list[NewExits] = field(default_factory=list)
    changes: dict[RunId, list[Change]] = field(default_factory=dict)
    decided: list[Decided] = field(default_factory=list)
    skipped: list[tuple[Entry, str]] = field(default_factory=list)
    ends: dict[RunId, list[tuple[Outcome, str, DrawId | None]]] = field(default_factory=dict)


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
    return batches.commit(work, now, _results(batch))


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
        return [lane[self.place] for lane in lanes if self.place < len(lane)]


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
        _hold(batch, one)
    plans = [
        plan
        for one in decided
        for outcome in one.verdict.outcomes
        if (plan := _act(batch, one, outcome)) is not None
    ]
    asks = [request(plan.wish, fence=batch.work.fence, day=today) for plan in plans]
    answers = reserve(asks, pools, batches)
    for plan, (ask, answer) in zip(plans, answers, strict=True):
        _take(batch, plan, ask, answer)


def _act(batch: Batch, decided: Decided, outcome: Outcome) -> Plan | None:
    """Do what a walk's end says; an open comes back as a plan, for it needs capital first."""
    action = outcome.action
    if outcome.missing is not None:
        _end(batch, decided, outcome, "no_data")
    elif isinstance(action, Open):
        return _plan(batch, decided, outcome, action)
    elif isinstance(action, Close) and outcome.binding.position is not None:
        _close(batch, decided, outcome, action, outcome.binding.position)
    elif isinstance(action, UpdateExits) and outcome.binding.position is not None:
        batch.exits.append(NewExits(outcome.binding.position.position_id, action.exits))
        _end(batch, decided, outcome, "exits_set")
    elif (made := _change(outcome)) is not None:
        _remember(batch, decided, made)
        _end(batch, decided, outcome, "remembered")
    elif isinstance(action, Notify):
        _tell(batch, decided, "info", "notify", action.message, outcome.binding.item)
        _end(batch, decided, outcome, "notified")
    else:
        _end(batch, decided, outcome, "nothing")
    return None


def _change(outcome: Outcome) -> Change | None:
    return change(outcome.action, outcome.binding) if outcome.action is not None else None


def _remember(batch: Batch, decided: Decided, made: Change) -> None:
    """Keep a change for the commit, and let later rounds see it."""
    bot = decided.entry.state.bot_id
    batch.changes.setdefault(decided.entry.run_id, []).append(made)
    batch.snapshot.remember(bot, made)
    if made.mark is Mark.TAG:
        batch.states[bot] = batch.states[bot].after_tagging(made)


def _hold(batch: Batch, decided: Decided) -> None:
    """Let what has been held so far be seen by later rounds; the commit keeps it."""
    keys = decided.entry.automation.keys
    if keys:
        batch.changes.setdefault(decided.entry.run_id, [])
        streaks = Streaks(keys, decided.verdict.streaks)
        batch.snapshot.remember(decided.entry.state.bot_id, streaks)


def _plan(batch: Batch, decided: Decided, outcome: Outcome, action: Open) -> Plan | None:
    opportunity = outcome.opportunity
    if not isinstance(opportunity, Opportunity):
        _refuse_open(batch, decided, outcome, opportunity)
        return None
    structure, strikes = opportunity.structure, strikes_of(opportunity.legs)
    rungs = ladder(opportunity.bid, opportunity.ask, action.price, bound=bound(structure, strikes))
    cost = worst_case(structure, strikes, rungs[-1].limit)
    draw = DrawId(derive("draw", decided.entry.run_id, outcome.path, outcome.binding.item))
    wish = Wish(draw, decided.entry.state, action.size, cost.cents)
    return Plan(decided, outcome, action, opportunity, rungs, wish)


def _refuse_open(batch: Batch, decided: Decided, outcome: Outcome, why: NoTrade | None) -> None:
    code = f"no_trade:{why.code}" if why else f"refused:{outcome.refusal}"
    message = why.message if why else f"The bot's limit {outcome.refusal} is reached."
    level = "info" if why and why.code == "G1" else "warning"
    _tell(batch, decided, level, code, message, outcome.binding.item)
    _end(batch, decided, outcome, code)


def _take(batch: Batch, plan: Plan, ask: DrawRequest, answer: Granted | Refused) -> None:
    decided, outcome = plan.decided, plan.outcome
    if isinstance(answer, Refused):
        code = f"refused:{answer.why}"
        message = f"{plan.opportunity.symbol}: {answer.why}, ${answer.free / 100:,.2f} free."
        _tell(batch, decided, "warning", code, message, outcome.binding.item)
        _end(batch, decided, outcome, code)
        return
    state = batch.states[ask.bot_id]
    intent = _open(plan, ask, answer, batch.now)
    stands = state.after_draw(answer.amount, ask.day, (intent.position,))
    batch.states[ask.bot_id] = replace(stands, epoch=answer.epoch)
    batch.snapshot.note_opened(ask.bot_id, intent.position)
    batch.opens.append(intent)
    _end(batch, decided, outcome, "opening", ask.draw_id)


def _open(plan: Plan, ask: DrawRequest, granted: Granted, now: datetime) -> OpenIntent:
    state, trade = plan.decided.entry.state, plan.opportunity
    position = Position(
        PositionId(derive("position", ask.draw_id)),
        trade.symbol,
        trade.structure,
        trade.legs,
        granted.units,
        plan.rungs[-1].limit,
        PositionState.OPENING,
        now,
        trade.expires_on,
        plan.action.exits,
        tags=plan.action.tags,
    )
    order = OrderIntent(
        OrderId(derive("order", "open", ask.draw_id)),
        state.user_id,
        state.bot_id,
        state.account_id,
        position.position_id,
        plan.decided.entry.run_id,
        Effect.OPEN,
        trade.symbol,
        trade.legs,
        granted.units,
        plan.rungs,
    )
    return OpenIntent(ask, granted, position, order)


def _close(
    batch: Batch, decided: Decided, outcome: Outcome, action: Close, position: Position
) -> None:
    state = batch.states[decided.entry.state.bot_id]
    worth = batch.snapshot.facts[ValueOf(position.position_id)]
    held = next(one for one in state.positions if one.position_id == position.position_id)
    if held.state is not PositionState.OPEN or not isinstance(worth, Valuation):
        _end(batch, decided, outcome, "already_closing")
        return
    cause, name = decided.entry.run_id, decided.entry.automation.name
    intent = close(state, position, worth, plan=action.price, cause=cause, why=name)
    batch.closes.append(intent)
    batch.states[state.bot_id] = state.after_close(position.position_id)
    _end(batch, decided, outcome, "closing")


def _tell(batch: Batch, decided: Decided, level: str, code: str, message: str, item: str) -> None:
    state = decided.entry.state
    cause = f"{decided.entry.run_id}/{item}/{code}"
    batch.notices.append(Notice(state.user_id, state.bot_id, level, code, message, cause))


def _end(
    batch: Batch, decided: Decided, outcome: Outcome, word: str, draw: DrawId | None = None
) -> None:
    batch.ends.setdefault(decided.entry.run_id, []).append((outcome, word, draw))


#: Which end names a run that has several: the first of these that occurs.
_WEIGHT = (
    *("opening", "closing", "vetoed", "refused", "no_trade", "no_data"),
    *("exits_set", "remembered", "notified", "already"),
)


def _results(batch: Batch) -> Results:
    def runs(vetoed: frozenset[DrawId]) -> list[RunRow]:
        skipped = [_row(entry, f"skipped:{limit}", "", "") for entry, limit in batch.skipped]
        return skipped + [_decided_row(batch, one, vetoed) for one in batch.decided]

    facts = encode_facts(batch.snapshot.facts)
    return Results(
        batch.opens,
        batch.closes,
        batch.notices,
        remembered=_remembered(batch),
        exits=batch.exits,
        runs=runs,
        facts=facts,
    )


def _remembered(batch: Batch) -> list[Remembering]:
    return [
        Remembering(
            one.entry.run_id,
            one.entry.state.user_id,
            one.entry.state.bot_id,
            tuple(batch.changes[one.entry.run_id]),
            Streaks(one.entry.automation.keys, one.verdict.streaks),
        )
        for one in batch.decided
        if one.entry.run_id in batch.changes
    ]


def _decided_row(batch: Batch, decided: Decided, vetoed: frozenset[DrawId]) -> RunRow:
    ends = [
        (outcome, "vetoed" if draw in vetoed else word)
        for outcome, word, draw in batch.ends.get(decided.entry.run_id, ())
    ]
    words = sorted((word for _, word in ends), key=_weight)
    detail: dict[str, object] = {}
    if len(ends) > 1:
        detail["ends"] = [[outcome.binding.item, outcome.path, word] for outcome, word in ends]
    own = dict(decided.own)
    if isinstance(book := own.pop(BOOK, None), Book):
        detail["book"] = encode_book(book)
    if own:
        detail["own"] = encode_own(own)
    path = ends[0][0].path if len(ends) == 1 else ""
    text = json.dumps(detail, separators=(",", ":")) if detail else ""
    return _row(decided.entry, words[0] if words else "nothing", path, text)


def _weight(word: str) -> int:
    ranks = (rank for rank, start in enumerate(_WEIGHT) if word.startswith(start))
    return next(ranks, len(_WEIGHT))


def _row(entry: Entry, outcome: str, path: str, detail: str) -> RunRow:
    state = entry.state
    return RunRow(
        entry.run_id,
        state.user_id,
        state.bot_id,
        entry.index,
        state.version,
        outcome,
        path,
        detail,
    )
