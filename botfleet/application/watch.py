"""Watch: once a minute judge every open position of a batch, and leave those whose exit fires.

All are judged together, on prices the market is asked for once; only those that fire are looked at
one by one. The same minute twice names the same orders, and a position has one live close.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from botfleet.application.close import close
from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import Batches, CloseIntent, Committed, Results, Watched
from botfleet.application.ports.watchlists import Watchlists
from botfleet.application.ports.work import Work
from botfleet.application.tend import Kept, tend
from botfleet.domain.bots.state import BotState
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.ids import BotId, PositionId, RunId, derive
from botfleet.domain.market.calendar import session_at
from botfleet.domain.market.instruments import Option
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.orders.ladder import PricePlan, Speed
from botfleet.domain.positions.cover import promised
from botfleet.domain.positions.exits import LIFE_S, Exits
from botfleet.domain.positions.position import Position, PositionState, Valuation
from botfleet.domain.positions.valuation import locked, value
from botfleet.domain.positions.watchlist import Judged, Rows, Watchlist, reason
from botfleet.domain.trades.opportunities import Odds
from botfleet.domain.trees.facts import ValueOf

_MINUTE = timedelta(minutes=1)


def watch(
    work: Work,
    now: datetime,
    *,
    batches: Batches,
    gatherer: Gatherer,
    watchlists: Watchlists,
    kept: Kept,
) -> Committed | None:
    """Watch a batch's open positions once.

    Raises:
        Transient: a store or the feed is down; the row comes back.
    """
    session = session_at(now)
    if session is None:
        return batches.commit(work, now, Results())
    tending = tend(work, session, kept=kept, watchlists=watchlists, gatherer=gatherer)
    watchlist, rows = tending.watchlist, tending.watchlist.rows(work.bots)
    quotes, options = gatherer.look(*watchlist.instruments(rows), now)
    minute = int((now - session.opens_at) / _MINUTE)
    judged = watchlist.judge(rows, watchlist.prices(quotes, options), minute)
    leaving = _Leaving(work, now, watchlist, batches, gatherer, watchlists)
    closes = leaving.closes(judged, quotes, options)
    seen = _watched(watchlist, judged)
    results = Results(closes=closes, watched=seen, notices=tending.notices)
    committed = batches.commit(work, now, results)
    if committed is not None:
        watchlist.keep(judged)
        kept.keep(work, tending.stamp)
    return committed


def _watched(watchlist: Watchlist, judged: Judged) -> Watched:
    moved = judged.moved
    positions, _ = watchlist.named(judged.rows[moved])
    seen = (judged.gain, judged.high, judged.low, judged.is_valued)
    return Watched(positions, *(column[moved].tolist() for column in seen))


@dataclass(frozen=True, slots=True)
class _Leaving:
    """The few positions of a pass that may be left, one by one."""

    work: Work
    now: datetime
    watchlist: Watchlist
    batches: Batches
    gatherer: Gatherer
    watchlists: Watchlists

    def closes(
        self,
        judged: Judged,
        quotes: Mapping[str, Quote],
        options: Mapping[Option, OptionQuote],
    ) -> list[CloseIntent]:
        """Word the close of each position that something fires for."""
        at = judged.fired.nonzero()[0]
        fired = dict(zip(self._ids(judged.rows[at]), map(reason, judged.fired[at]), strict=True))
        asking = self._untired(judged.rows[judged.open_to_odds])
        acting = self._untired(judged.rows[at]) | asking
        held = {one.position_id: (state, one) for state, one in self._held(set(acting.values()))}
        fired |= self._by_odds([held[one][1] for one in asking if one in held])
        return [
            self._leave(state, position, worth, fired[one])
            for one, (state, position) in held.items()
            if one in acting and one in fired
            if (worth := value(position, options, quotes.get(position.symbol))) is not None
        ]

    def _ids(self, rows: Rows) -> list[PositionId]:
        return self.watchlist.named(rows)[0]

    def _untired(self, rows: Rows) -> dict[PositionId, BotId]:
        """Give those, with their bots, that were not yet tried to be left as often as may be."""
        positions, bots = self.watchlist.named(rows)
        most = self.watchlist.attempts_max(rows)
        midnight = instant(day_of(self.now), time())
        tried = self.watchlists.attempts(positions, midnight) if positions else {}
        every = zip(positions, bots, most, strict=True)
        return {one: bot for one, bot, cap in every if tried.get(one, 0) < cap}

    def _held(self, bots: set[BotId]) -> Iterator[tuple[BotState, Position]]:
        for state in self.batches.load(sorted(bots)).values() if bots else ():
            for position in state.positions:
                if self._may_leave(position, state):
                    yield state, position

    def _may_leave(self, position: Position, state: BotState) -> bool:
        is_open = position.state is PositionState.OPEN
        is_free = is_open and not _is_promised(position, state)
        return is_free and state.may_leave(position, day_of(self.now))

    def _by_odds(self, asking: list[Position]) -> dict[PositionId, str]:
        """Judge those whose exit asks for the odds of holding on."""
        if not asking:
            return {}
        positions = {one.position_id: one for one in asking}
        facts = self.gatherer.gather(set(map(ValueOf, positions)), positions, self.now)
        seen = {name: facts[ValueOf(name)] for name in positions}
        return {
            name: "value"
            for name, worth in seen.items()
            if isinstance(worth, Valuation) and _is_poor(positions[name].exits, worth.odds)
        }

    def _leave(
        self, state: BotState, position: Position, worth: Valuation, why: str
    ) -> CloseIntent:
        cause = RunId(derive("exit", self.work.kind, self.work.due_at.isoformat()))
        plan = _plan(position, worth, why)
        return close(state, position, worth, plan=plan, cause=cause, why=why)


def _is_promised(position: Position, state: BotState) -> bool:
    """Say whether its shares stand behind calls: they stay as long as those do."""
    return bool(promised(position.position_id, state.positions))


def _plan(position: Position, worth: Valuation, why: str) -> PricePlan:
    """Go to the far side as it is now, the worst that is accepted; never past a profit's price."""
    speed = position.exits.speed if why in {"profit", "price"} else Speed.FAST
    lock = locked(position, why, worth.mid)
    fixed = None if lock is None else abs(lock)
    return PricePlan(speed, final_pct=100, fixed=fixed, life_s=LIFE_S)


def _is_poor(exits: Exits, odds: Odds | None) -> bool:
    """Say whether holding on is worth no more than its owner still accepts."""
    if odds is None:
        return False
    floor = exits.value_min
    is_low = floor is not None and odds.expected_value <= float(floor.dollars)
    return is_low or (exits.alpha_min is not None and odds.alpha <= float(exits.alpha_min))
