"""A bot's sessions in one process: the engine's own road over the simulated market and memory.

Orders fill at once at their first price; everything before that is the code the fleet runs: rounds,
walks, questions, selection, pool arithmetic, exits, the closes of expiration day, the settlement.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from botfleet.adapters.calendars.file import CalendarFile
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.market.volatilities import SimulatedVolatilities
from botfleet.adapters.memory.pools import MemoryPools
from botfleet.application.expire import expire
from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import CloseIntent, Committed, Expired, OpenIntent, Results
from botfleet.application.ports.pools import Settlement
from botfleet.application.ports.watchlists import Changes
from botfleet.application.ports.work import Work
from botfleet.application.rehearse import Stage, newcomer
from botfleet.application.run import run
from botfleet.application.settle import settle
from botfleet.application.tend import Kept
from botfleet.application.watch import watch
from botfleet.domain.bots.bot import Automation, Definition, Lane
from botfleet.domain.bots.chains import CHAIN_MAX
from botfleet.domain.bots.state import BotState
from botfleet.domain.ids import BotId, DrawId, PositionId, WorkId, derive
from botfleet.domain.market.calendar import Session, is_open, session_on
from botfleet.domain.market.instruments import MULTIPLIER, Leg
from botfleet.domain.positions.exits import ExitRules
from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.positions.watchlist import Tended
from botfleet.domain.schedules.agenda import SETTLE_AFTER, Kind
from botfleet.domain.schedules.events import Moment, Resultant, Transition, occurrences
from botfleet.domain.schedules.intervals import expiration_checks, marks
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.facts import MEMORY, Question
from botfleet.domain.trees.memory import Memory, after

#: What is known of reports and events in the played months; MSFT and META report soon.
CALENDAR = Path(__file__).with_name("calendar.yaml")


@dataclass
class Clock:
    """Stands where it is put."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Held(Stage):
    """A stage whose commits count: what was opened is held, what was closed is gone."""

    pools: MemoryPools = field(default_factory=MemoryPools)
    draws: dict[PositionId, DrawId] = field(default_factory=dict)
    opens: list[OpenIntent] = field(default_factory=list)
    closes: list[CloseIntent] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    booked: list[tuple[Transition, Position]] = field(default_factory=list)
    gone: dict[PositionId, Position] = field(default_factory=dict)

    def recall(
        self, bots: Sequence[BotId], questions: Collection[Question], today: date
    ) -> Mapping[BotId, Mapping[Question, object]]:
        known = Stage.recall(self, bots, questions, today)
        mine: dict[Question, object] = {MEMORY: self.memory} if MEMORY in questions else {}
        return {bot: {**answers, **mine} for bot, answers in known.items()}

    def position(self, position_id: PositionId) -> Position | None:
        return Stage.position(self, position_id) or self.gone.get(position_id)

    def commit(self, work: Work, at: datetime, results: Results) -> Committed:
        Stage.commit(self, work, at, results)
        self.words += [row.outcome for row in results.runs({})]
        for one in results.remembered:
            self.memory = after(self.memory, (*one.changes, one.streaks))
        for opened in results.opens:
            self._open(opened)
        for closed in results.closes:
            self.closes.append(closed)
            self._drop(closed.order.position_id)
        seen = results.watched
        for watched in zip(seen.positions, seen.gain, seen.high, seen.low, strict=True):
            self._see(*watched)
        for expired in results.expired:
            if expired.keeps_shares:
                self._keep(expired)
            else:
                self._drop(expired.position_id)
        self.state = self._counted(self.state)
        return Committed((), ())

    def _open(self, opened: OpenIntent) -> None:
        draw, cost = opened.ask.draw_id, opened.granted.amount
        self.pools.settle([Settlement(self.state.bot_id, draw, cost)])
        self.draws[opened.position.position_id] = draw
        entry = opened.order.rungs[0].limit
        held = replace(opened.position, state=PositionState.OPEN, entry=entry)
        self.state = replace(self.state, positions=(*self.state.positions, held))
        self.opens.append(opened)
        self.booked.append((Transition.OPENED, held))

    def _drop(self, gone: PositionId) -> None:
        draw = self.draws.pop(gone)
        self.pools.settle([Settlement(self.state.bot_id, draw, is_release=True)])
        (held,) = (one for one in self.state.positions if one.position_id == gone)
        self.gone[gone] = replace(held, state=PositionState.CLOSED)
        self.booked.append((Transition.CLOSED, self.gone[gone]))
        kept = tuple(one for one in self.state.positions if one.position_id != gone)
        self.state = replace(self.state, positions=kept)

    def _keep(self, expired: Expired) -> None:
        """Go on with the shares that a covered call leaves, at what they cost in the end."""
        shares = (Leg(None, 1),)
        self.state = replace(
            self.state,
            positions=tuple(
                replace(
                    one,
                    structure=Structure.LONG_EQUITY,
                    legs=shares,
                    quantity=one.quantity * MULTIPLIER,
                    entry=one.entry - expired.worth,
                    expires_on=None,
                )
                if one.position_id == expired.position_id
                else one
                for one in self.state.positions
            ),
        )

    def _see(self, seen: PositionId, gain: float, high: float, low: float) -> None:
        positions = tuple(
            replace(one, gain=gain, high_gain=high, low_gain=low)
            if one.position_id == seen
            else one
            for one in self.state.positions
        )
        self.state = replace(self.state, positions=positions)

    def _counted(self, state: BotState) -> BotState:
        """Stand as the pool says; whatever the bot did, it never holds more than its limits."""
        pool = self.pools.read([state.bot_id])[state.bot_id]
        assert pool.committed + pool.pending <= pool.allocation
        assert len(pool.holds) == len(state.positions) <= pool.open_max
        assert pool.day_n <= pool.day_max
        return replace(
            state,
            committed=pool.committed,
            pending=pool.pending,
            holding_n=len(pool.holds),
            day=pool.day,
            day_n=pool.day_n,
        )

    def changed(self, bots: Sequence[BotId], since: int | None) -> Changes:
        """See `Watchlists`: what is open may always be told again, and what is gone too."""
        owner = (self.state.user_id, self.state.bot_id)
        tended = [
            Tended(*owner, one)
            for one in self.state.positions
            if one.state is PositionState.OPEN and self.state.bot_id in bots
        ]
        gone = [one.order.position_id for one in self.closes] if since else []
        return Changes(tended, gone, 1)

    def attempts(
        self,
        positions: Sequence[PositionId],
        since: datetime,  # noqa: ARG002  a close fills at once: none was tried before
    ) -> Mapping[PositionId, int]:
        """See `Watchlists`."""
        return dict.fromkeys(positions, 0)

    def rules(self, bots: Sequence[BotId]) -> Mapping[BotId, ExitRules]:
        """See `Watchlists`."""
        return dict.fromkeys(bots, ExitRules())


class Play:
    """One bot, and the sessions it has lived through."""

    def __init__(self, definition: Definition, first: date, seed: int = 0) -> None:
        session = session_on(first)
        assert session is not None
        self.clock = Clock(session.opens_at)
        self.stage = Held(definition, newcomer(definition, session.opens_at))
        market = SimulatedMarket(seed, self.clock)
        self.gatherer = Gatherer(market, CalendarFile(CALENDAR), SimulatedVolatilities(seed))
        self.kept = Kept()
        self.is_on = False
        self.stage.pools.load(self.stage.ledger([self.stage.state.bot_id]))

    def session(self, session: Session) -> None:
        """Live through a session: events, marks and watches, a click a button, the day's end."""
        definition = self.stage.definition_
        look = partial(watch, watchlists=self.stage, kept=self.kept)
        due: list[tuple[datetime, Callable[[datetime], object]]] = []
        for at in marks(session, definition.interval_min):
            due += [(at, partial(self._watch, look, Kind.WATCH)), (at, self._mark)]
        for index, one in enumerate(definition.automations):
            if one.lane is Lane.BUTTON:
                due.append((session.opens_at + timedelta(minutes=61 + index), self._click(index)))
            due += [(at, self._event(index)) for at in self._happens(one, session)]
        leave = partial(expire, watchlists=self.stage)
        due += [(at, partial(self._watch, leave, Kind.EXPIRE)) for at in expiration_checks(session)]
        due.append((session.closes_at + SETTLE_AFTER, partial(self._watch, settle, Kind.SETTLE)))
        for at, do in sorted(due, key=lambda pair: pair[0]):
            self.clock.at = at
            do(at)
            self._react(at)
        self.is_on = True

    def _happens(self, one: Automation, session: Session) -> Iterator[datetime]:
        """Give when an automation's event comes due in a session; the bot is turned on at once."""
        event, start = one.event, session.opens_at
        if event is None:
            return
        if event is Moment.NOW and not self.is_on:
            yield start + timedelta(minutes=1)
        for found in occurrences(event, start):
            if found.at is not None and found.at >= session.closes_at:
                return
            if found.at is not None:
                yield found.at

    def _event(self, index: int) -> Callable[[datetime], None]:
        return lambda at: self._start(Kind.EVENT, [index], f"event/{at}", at)

    def _start(self, kind: Kind, started: list[int], cause: str, at: datetime, **more: str) -> None:
        automations = {str(self.stage.state.bot_id): started}
        work = self._work(kind, at, automations=automations, cause=cause, **more)
        run(work, at, batches=self.stage, pools=self.stage.pools, gatherer=self.gatherer)

    def _react(self, at: datetime) -> None:
        """Start what waits for what has just been booked, in chains as long as a fleet's."""
        for _ in range(CHAIN_MAX):
            booked, self.stage.booked = self.stage.booked, []
            for transition, position in booked if is_open(at) else ():
                waiting = [
                    i
                    for i, one in enumerate(self.stage.definition_.automations)
                    if isinstance(one.event, Resultant)
                    and one.event.transition is transition
                    and position.structure in (one.event.structures or (position.structure,))
                ]
                cause, named = f"{transition}/{position.position_id}", f"{position.position_id}"
                if waiting:
                    self._start(Kind.RESULTANT, waiting, cause, at, **{transition.value: named})

    def _work(self, kind: Kind, at: datetime, **detail: object) -> Work:
        return Work(
            WorkId(derive("played", kind, at)), kind, at, (self.stage.state.bot_id,), 1, detail
        )

    def _watch(self, verb: Callable[..., object], kind: Kind, at: datetime) -> None:
        verb(self._work(kind, at), at, batches=self.stage, gatherer=self.gatherer)

    def _mark(self, at: datetime) -> None:
        work = self._work(Kind.MARK, at)
        run(work, at, batches=self.stage, pools=self.stage.pools, gatherer=self.gatherer)

    def _click(self, index: int) -> Callable[[datetime], None]:
        def click(at: datetime) -> None:
            work = self._work(Kind.BUTTON, at, automation=index, cause=f"click/{index}/{at}")
            run(work, at, batches=self.stage, pools=self.stage.pools, gatherer=self.gatherer)

        return click
