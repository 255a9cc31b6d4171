"""A played day summed up: the store's rows become the values that page and terminal show.

Pure once asked: nothing is counted that was not written, and no clock is looked at.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from math import ceil
from typing import TypeVar

from botfleet.application.explain import Explanation
from botfleet.application.ports.days import (
    CapitalChange,
    DayBot,
    DayOrder,
    Days,
    HourWork,
    MarkWork,
    PositionLife,
    Refusals,
)
from botfleet.domain.bots.bot import Definition
from botfleet.domain.ids import RunId
from botfleet.domain.market.calendar import session_on
from botfleet.domain.orders.order import Effect, OrderState
from botfleet.domain.schedules.intervals import marks
from botfleet.web.featured import REASONS, featured, founding
from botfleet.web.summary import (
    BotRow,
    CapitalPoint,
    Change,
    DaySummary,
    DrawCount,
    Finding,
    Fleet,
    HourLag,
    Incident,
    Lag,
    LagBucket,
    Mark,
    OrderCount,
    OrderRow,
    Positions,
    PositionsPoint,
    RunCount,
    SeatsPoint,
    Session,
)

Value = TypeVar("Value")

BOTS_MAX = 20
#: A series keeps of each stretch its highest point and its last: at most 400 points a full day.
_STRETCH = timedelta(minutes=2)
_BOUNDS_MS = (
    *(5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 400, 500, 750),
    *(1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000, 60_000),
)
#: A mark whose work took less than this is not a speed worth telling.
_SPEED_S_MIN = 0.001

_OUTCOMES = {
    "nothing": "no action",
    "opening": "opened",
    "closing": "closed",
    "refused": "refused",
    "skipped": "at a limit",
    "no_trade": "no trade",
    "no_data": "no data",
    "notified": "notified",
    "already_closing": "already closing",
    "vetoed": "vetoed",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the store cannot know of a day: how it was played, and what the broker's book says."""

    session: Session
    market: str
    played_at: datetime
    wall_seconds: float
    fills: int
    findings: tuple[Finding, ...]
    incidents: tuple[Incident, ...]
    founding_bot: str
    changes: tuple[Change, ...] = ()
    seats: tuple[SeatsPoint, ...] = ()


def summarize(
    told: Told,
    days: Days,
    definition: Callable[[str], Definition],
    explain: Callable[[RunId], Explanation],
) -> DaySummary:
    """Build the whole summary.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    session, bots, lives, work = told.session, days.bots(), days.lives(), days.mark_work()
    orders, runs = days.orders(), days.opening_runs()
    return DaySummary(
        session=session,
        market=told.market,
        played_at=told.played_at,
        wall_seconds=told.wall_seconds,
        fleet=_fleet(days, bots, definition),
        marks=_marks(session, work, lives),
        runs=_runs(days.outcomes()),
        draws=_draws(days.draws_granted(), days.refusals()),
        order_counts=_order_counts(orders),
        fills=told.fills,
        capital=_capital(session, days.capital_changes(), bots),
        positions=_positions(session, lives),
        lag=_lag(work),
        peak_runs_per_s=_peak_runs_per_s(work),
        orders=tuple(map(_order, orders)),
        invariants=told.findings,
        bots=tuple(map(_bot, bots[:BOTS_MAX])),
        incidents=told.incidents,
        changes=told.changes,
        seats=told.seats,
        lateness=tuple(map(_hour, days.hours())),
        founding=founding(told.founding_bot, runs, bots, days, definition),
        featured=featured(runs, days, definition, explain),
    )


def _fleet(days: Days, bots: Sequence[DayBot], definition: Callable[[str], Definition]) -> Fleet:
    running = days.fleet()
    automations = sum(len(definition(bot.version).automations) for bot in bots)
    return Fleet(running.pods, running.instances, running.users, len(bots), automations)


def _marks(
    session: Session, work: Sequence[MarkWork], lives: Sequence[PositionLife]
) -> tuple[Mark, ...]:
    """Give each mark a line, with what came due, opened and closed until the next one."""
    quarters: dict[datetime, list[MarkWork]] = defaultdict(list)
    for one in work:
        quarters[_quarter(session, one.due_at)].append(one)
    opened = Counter(_quarter(session, life.opened_at) for life in lives)
    closed = Counter(
        _quarter(session, life.closed_at)
        for life in lives
        if life.closed_at is not None and life.end == "closed"
    )
    return tuple(
        _mark(at, quarters[at], opened[at], closed[at])
        for at in sorted(quarters.keys() | opened.keys() | closed.keys())
    )


def _quarter(session: Session, at: datetime) -> datetime:
    """Give the mark at or before an instant; the day's first for what came before it."""
    instants = _instants(session.day)
    return instants[max(0, bisect_right(instants, at) - 1)]


@lru_cache
def _instants(day: date) -> tuple[datetime, ...]:
    session = session_on(day)
    return marks(session) if session else ()


def _mark(at: datetime, work: Sequence[MarkWork], opened: int, closed: int) -> Mark:
    lags = sorted(one.lag_ms for one in work)
    runs = sum(one.runs for one in work)
    return Mark(at, runs, opened, closed, percentile(lags, 50), percentile(lags, 99))


def percentile(rising: Sequence[float], percent: int) -> float:
    """Give the nearest-rank percentile of values in rising order; 0 of none."""
    return rising[max(0, ceil(len(rising) * percent / 100) - 1)] if rising else 0.0


def _runs(outcomes: Mapping[str, int]) -> tuple[RunCount, ...]:
    return tuple(RunCount(_OUTCOMES.get(word, word), count) for word, count in outcomes.items())


def _draws(granted: int, refusals: Refusals) -> tuple[DrawCount, ...]:
    refused = [
        DrawCount(False, count, REASONS.get(why, why)) for why, count in refusals.by_reason.items()
    ]
    if refusals.vetoed:
        refused.append(DrawCount(False, refusals.vetoed, "vetoed at the commit"))
    return (DrawCount(True, granted), *refused)


def _order_counts(orders: Sequence[DayOrder]) -> tuple[OrderCount, ...]:
    counts = Counter((order.effect, order.state) for order in orders)
    ranked = sorted(counts.items(), key=_rank)
    return tuple(OrderCount(effect, state, count) for (effect, state), count in ranked)


def _rank(one: tuple[tuple[Effect, OrderState], int]) -> tuple[bool, int]:
    (effect, _), count = one
    return effect is Effect.CLOSE, -count


def _capital(
    session: Session, changes: Sequence[CapitalChange], bots: Sequence[DayBot]
) -> tuple[CapitalPoint, ...]:
    allocation = sum(bot.allocation_cents for bot in bots)
    committed = accumulate((one.committed_cents for one in changes), initial=0)
    pending = accumulate((one.pending_cents for one in changes), initial=0)
    instants = [session.opens_at, *(_within(session, one.at) for one in changes)]
    points = [
        CapitalPoint(*values, allocation)
        for values in zip(instants, committed, pending, strict=True)
    ]
    last = points[-1]
    points.append(
        CapitalPoint(session.closes_at, last.committed_cents, last.pending_cents, allocation)
    )
    return _thinned(points, lambda one: one.at, lambda one: one.committed_cents + one.pending_cents)


def _within(session: Session, at: datetime) -> datetime:
    """Give an instant of the session: what is booked after the close belongs to its end."""
    return min(max(at, session.opens_at), session.closes_at)


def _thinned(
    points: Iterable[Value], at: Callable[[Value], datetime], height: Callable[[Value], int]
) -> tuple[Value, ...]:
    """Keep of each stretch the highest point and the last, in order."""
    stretches: dict[float, list[Value]] = defaultdict(list)
    for point in points:
        stretches[at(point).timestamp() // _STRETCH.total_seconds()].append(point)
    kept: list[Value] = []
    for stretch in stretches.values():
        highest = max(stretch, key=height)
        kept += [highest] if height(highest) == height(stretch[-1]) else [highest, stretch[-1]]
    return tuple(kept)


def _positions(session: Session, lives: Sequence[PositionLife]) -> Positions:
    ends = Counter(life.end for life in lives)
    steps = [(_within(session, life.opened_at), 1) for life in lives]
    steps += [(_within(session, life.closed_at), -1) for life in lives if life.closed_at]
    steps.sort(key=lambda step: step[0])
    instants = [session.opens_at, *(at for at, _ in steps)]
    counts = accumulate((step for _, step in steps), initial=0)
    points = [PositionsPoint(*pair) for pair in zip(instants, counts, strict=True)]
    points.append(PositionsPoint(session.closes_at, points[-1].open_count))
    return Positions(
        len(lives),
        ends["closed"],
        ends["expired"],
        sum(life.realised_cents for life in lives),
        _thinned(points, lambda one: one.at, lambda one: one.open_count),
    )


def _lag(work: Sequence[MarkWork]) -> Lag:
    lags = sorted(one.lag_ms for one in work)
    most = lags[-1] if lags else 0.0
    return Lag(percentile(lags, 50), percentile(lags, 99), most, _buckets(lags))


def _buckets(lags: Sequence[float]) -> tuple[LagBucket, ...]:
    """Count lags up to each round bound, from the first that holds any to the last."""
    if not lags:
        return ()
    bounds = (*_BOUNDS_MS, max(lags[-1], _BOUNDS_MS[-1] + 1.0))
    counts = Counter(next(bound for bound in bounds if lag <= bound) for lag in lags)
    return tuple(
        LagBucket(float(bound), counts[bound])
        for bound in bounds
        if min(counts) <= bound <= max(counts)
    )


def _hour(one: HourWork) -> HourLag:
    return HourLag(one.hour, one.kind, one.count, one.p50_ms, one.p99_ms, one.max_ms)


def _peak_runs_per_s(work: Sequence[MarkWork]) -> float:
    marks: dict[datetime, list[MarkWork]] = defaultdict(list)
    for one in work:
        marks[one.due_at].append(one)
    return max(map(_runs_per_s, marks.values()), default=0.0)


def _runs_per_s(mark: Sequence[MarkWork]) -> float:
    took = max(one.ended_real for one in mark) - min(one.rung_real for one in mark)
    return sum(one.runs for one in mark) / max(took.total_seconds(), _SPEED_S_MIN)


def _order(one: DayOrder) -> OrderRow:
    return OrderRow(
        one.at,
        one.user,
        one.bot,
        one.effect,
        one.structure,
        one.symbol,
        one.legs,
        one.quantity,
        one.limit,
        one.state,
        one.fill_price,
        one.reason,
    )


def _bot(one: DayBot) -> BotRow:
    return BotRow(
        one.user,
        one.bot,
        one.runs,
        one.opened,
        one.closed,
        one.open_count,
        one.in_use_cents,
        one.allocation_cents,
        one.realised_cents,
    )
