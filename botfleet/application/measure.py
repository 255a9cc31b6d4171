"""Measure: when a session has ended, keep what the options of each symbol implied at the money.

A symbol and session are measured once, whichever batch comes first. A row is in time on its own day
only: looked at later, a chain tells of that later day.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import Batches, Committed, Results
from botfleet.application.ports.volatilities import VolatilityRecord
from botfleet.application.ports.work import Work
from botfleet.domain.bots.underlyings import underlyings
from botfleet.domain.eastern import day_of
from botfleet.domain.market.statistics import DailyVolatility, SymbolStats
from botfleet.domain.trees.facts import Question, StatsOf


def measure(
    work: Work,
    now: datetime,
    *,
    batches: Batches,
    gatherer: Gatherer,
    volatilities: VolatilityRecord,
) -> Committed | None:
    """Measure the symbols of a batch's bots that nobody has measured yet.

    Raises:
        Transient: a store or the feed is down; the row comes back.
    """
    day = day_of(work.due_at)
    symbols = _symbols(work, batches)
    wanted = symbols - _measured(symbols, day, volatilities)
    found = _look(wanted, now, gatherer)
    volatilities.record((name, DailyVolatility(day, one)) for name, one in found.items())
    return batches.commit(work, now, Results())


def _symbols(work: Work, batches: Batches) -> frozenset[str]:
    versions = {state.version for state in batches.load(work.bots).values()}
    return frozenset().union(*(underlyings(batches.definition(one)) for one in versions))


def _measured(symbols: frozenset[str], day: date, volatilities: VolatilityRecord) -> frozenset[str]:
    known = volatilities.recent(symbols, day + timedelta(days=1), 1)
    return frozenset(symbol for symbol, (newest,) in known.items() if newest.day == day)


def _look(symbols: frozenset[str], now: datetime, gatherer: Gatherer) -> Mapping[str, float]:
    questions: set[Question] = {StatsOf(symbol) for symbol in symbols}
    answers = gatherer.gather(questions, {}, now).values() if questions else ()
    return {
        one.symbol: one.iv30
        for one in answers
        if isinstance(one, SymbolStats) and one.iv30 is not None
    }
