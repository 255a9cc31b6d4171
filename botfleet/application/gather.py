"""Gather: answer a whole batch's questions with as few, as large questions to the market as can be.

Daily bars and expirations change once a day and are kept; everything else is asked afresh, once for
the batch (S157, R17). What the market does not know comes back as `NoData`: every question asked
is answered, so a walk always gets further.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from botfleet.application.answer import (
    VOLUMES_MAX,
    Seen,
    chance_of,
    close_of,
    events_of,
    expected_move_of,
    expiration_of,
    indicator_of,
    opportunity_of,
    range_of,
    stats_of,
    time_now,
    value_of,
)
from botfleet.application.ports.calendars import Calendars
from botfleet.application.ports.market import Market
from botfleet.application.ports.volatilities import Volatilities
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import PositionId
from botfleet.domain.market.events import EventCalendar
from botfleet.domain.market.freshness import stale
from botfleet.domain.market.instruments import Option
from botfleet.domain.market.lookbacks import sessions_back
from botfleet.domain.market.quotes import Bar, OptionQuote, Quote
from botfleet.domain.market.statistics import RANK_DAYS, DailyVolatility
from botfleet.domain.positions.position import Position
from botfleet.domain.trades.expectations import around_a_month
from botfleet.domain.trades.selection import RATE
from botfleet.domain.trees.facts import (
    ChanceOf,
    CloseOf,
    EventsOf,
    ExpectedMoveOf,
    ExpirationOf,
    IndicatorOf,
    NoData,
    OpportunityOf,
    Question,
    QuoteOf,
    RangeOf,
    StatsOf,
    TimeNow,
    ValueOf,
)
from botfleet.domain.trees.sightings import asked

#: Enough sessions for the longest indicator offered (a 200-day average) to settle.
BARS_MAX = 300

Answers = dict[Question, object]
Q = TypeVar("Q")


@dataclass(slots=True)
class _Day:
    """What is asked once a day; `bars_n` is how many bars of each symbol were asked for."""

    day: date | None = None
    bars: dict[str, tuple[Bar, ...]] = field(default_factory=dict)
    bars_n: dict[str, int] = field(default_factory=dict)
    expirations: dict[str, tuple[date, ...]] = field(default_factory=dict)
    volatilities: dict[str, tuple[DailyVolatility, ...]] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)


class Gatherer:
    """Answers questions as of one instant after another; keeps what changes once a day.

    Without `calendars` nothing is known of events, without `volatilities` no rank. `rate` is the
    yearly rate at which prices are expected to drift. `seen` hears of every quote, fresh or stale.
    """

    def __init__(
        self,
        market: Market,
        calendars: Calendars | None = None,
        volatilities: Volatilities | None = None,
        *,
        rate: float = RATE,
    ) -> None:
        self._market, self._calendars, self._volatilities = market, calendars, volatilities
        self._rate, self._day = rate, _Day()
        self.seen: Callable[[Iterable[Quote], datetime], None] = _unnoticed

    def gather(
        self,
        questions: Collection[Question],
        positions: Mapping[PositionId, Position],
        now: datetime,
        *,
        has_odds: bool = True,
    ) -> Answers:
        """Answer every question; `positions` are those a `ValueOf` may ask about.

        Valuations without odds spare the daily bars.

        Raises:
            MarketUnavailable: the feed is down; nothing was answered.
        """
        if day_of(now) != self._day.day:
            self._day = _Day(day_of(now))
        held = {
            asked: positions[asked.position_id]
            for asked in _only(questions, ValueOf)
            if asked.position_id in positions
        }
        seen = self._see(questions, list(held.values()), now, has_odds=has_odds)
        found: Answers = {asked: value_of(one, seen) for asked, one in held.items()}
        for question in questions:
            if question not in found:
                found[question] = self._answer(question, seen)
        return found

    def look(
        self, symbols: Collection[str], options: Collection[Option], now: datetime
    ) -> tuple[Mapping[str, Quote], Mapping[Option, OptionQuote]]:
        """Show what many things cost at `now`, and no more; what is too old is absent.

        Raises:
            MarketUnavailable: the feed is down.
        """
        quotes = self._market.quotes(symbols) if symbols else {}
        self.seen(quotes.values(), now)
        old = stale(quotes, now)
        wanted = [option for option in options if option.root not in old] if old else options
        found = self._market.option_quotes(wanted) if wanted else {}
        return {one: quote for one, quote in quotes.items() if one not in old}, found

    def events(self, symbols: Collection[str | None]) -> Mapping[str | None, EventCalendar]:
        """Give what is known beforehand of symbols, and of None: the economy."""
        return self._calendars.events(symbols) if self._calendars and symbols else {}

    def _see(
        self,
        questions: Collection[Question],
        held: Collection[Position],
        now: datetime,
        *,
        has_odds: bool,
    ) -> Seen:
        """Fetch all that the questions need, each kind of thing once."""
        seen, market = Seen(now, self._rate), self._market
        seen.bars = self._bars_for(questions, held if has_odds else ())
        symbols = _quoted(questions) | {position.symbol for position in held}
        quotes = market.quotes(symbols) if symbols else {}
        self.seen(quotes.values(), now)
        seen.stale = stale(quotes, now)
        seen.quotes = {one: quote for one, quote in quotes.items() if one not in seen.stale}
        seen.expirations = self._expirations_for(_expiring(questions))
        wanted = _chains_for(questions, seen)
        chains = market.chains(wanted) if wanted else {}
        seen.stale |= stale({key[0]: chain.underlying for key, chain in chains.items()}, now)
        seen.chains = {key: one for key, one in chains.items() if key[0] not in seen.stale}
        living = [one for one in held if one.symbol not in seen.stale]
        options = {leg.option for one in living for leg in one.legs if leg.option is not None}
        seen.options = market.option_quotes(options) if options else {}
        ranged = {asked.symbol for asked in _only(questions, RangeOf)}
        seen.minutes = market.minutes(ranged) if ranged else {}
        seen.volatilities = self._volatilities_for(_symbols(questions, StatsOf), day_of(now))
        dated = {asked.symbol for asked in _only(questions, EventsOf)}
        seen.events = self._calendars.events(dated) if dated and self._calendars else {}
        return seen

    def _answer(self, question: Question, seen: Seen) -> object:
        """Answer one question; what whole sessions tell, once a day."""
        if isinstance(question, QuoteOf):
            found = seen.quotes.get(question.symbol)
            return found or NoData(asked(question), seen.unseen(question.symbol))
        if isinstance(question, TimeNow):
            return time_now(seen)
        answer = _ANSWERS.get(type(question))
        if answer is None:
            return _unknown(question)
        is_daily = isinstance(question, CloseOf) or (
            isinstance(question, IndicatorOf) and not question.is_intraday
        )
        if not is_daily:
            return answer(question, seen)
        if question not in self._day.answers:
            self._day.answers[question] = answer(question, seen)
        return self._day.answers[question]

    def _bars_for(
        self, questions: Collection[Question], held: Collection[Position]
    ) -> Mapping[str, tuple[Bar, ...]]:
        """Fetch daily bars, as many as the furthest look back needs; keep them for the day."""
        wanted = _bars_wanted(questions, held)
        day = self._day
        short = {s: count for s, count in wanted.items() if day.bars_n.get(s, 0) < count}
        if short:
            count = max(short.values())
            day.bars |= dict.fromkeys(short, ()) | dict(self._market.bars(set(short), count))
            day.bars_n |= dict.fromkeys(short, count)
        return {symbol: day.bars[symbol] for symbol in wanted}

    def _expirations_for(self, symbols: set[str]) -> Mapping[str, tuple[date, ...]]:
        known = self._day.expirations
        missing = symbols - known.keys()
        if missing:
            known |= dict.fromkeys(missing, ()) | dict(self._market.expirations(missing))
        return known

    def _volatilities_for(
        self, symbols: set[str], today: date
    ) -> Mapping[str, tuple[DailyVolatility, ...]]:
        known = self._day.volatilities
        missing = symbols - known.keys()
        if missing and self._volatilities:
            found = self._volatilities.recent(missing, today, RANK_DAYS + 1)
            known |= dict.fromkeys(missing, ()) | dict(found)
        return known


def _unnoticed(_quotes: Iterable[Quote], _now: datetime) -> None:
    """Nobody listens."""


_ANSWERS: Mapping[type[Any], Callable[[Any, Seen], object]] = {
    CloseOf: close_of,
    IndicatorOf: indicator_of,
    StatsOf: stats_of,
    ChanceOf: chance_of,
    ExpectedMoveOf: expected_move_of,
    ExpirationOf: expiration_of,
    RangeOf: range_of,
    EventsOf: events_of,
    OpportunityOf: opportunity_of,
}


def _bars_wanted(questions: Collection[Question], held: Collection[Position]) -> Mapping[str, int]:
    """Say how many daily bars of each symbol are needed."""
    wanted = dict.fromkeys(_symbols(questions, StatsOf, ChanceOf), VOLUMES_MAX)
    specs = [asked.spec for asked in _only(questions, OpportunityOf)]
    wanted |= dict.fromkeys((spec.symbol for spec in specs), VOLUMES_MAX)
    wanted |= dict.fromkeys((position.symbol for position in held), VOLUMES_MAX)
    reaching = [
        *((asked.symbol, _reach(asked)) for asked in _only(questions, CloseOf)),
        *((asked.symbol, asked.sessions_ago) for asked in _only(questions, IndicatorOf)),
    ]
    for symbol, ago in reaching:
        wanted[symbol] = max(wanted.get(symbol, 0), BARS_MAX + (ago if ago > 1 else 0))
    return wanted


def _reach(asked: CloseOf) -> int:
    return asked.sessions_ago if asked.since is None else sessions_back(asked.since)


def _quoted(questions: Collection[Question]) -> set[str]:
    intraday = {asked.symbol for asked in _only(questions, IndicatorOf) if asked.is_intraday}
    specs = {asked.spec.symbol for asked in _only(questions, OpportunityOf)}
    return _symbols(questions, QuoteOf, StatsOf, ChanceOf) | intraday | specs


def _expiring(questions: Collection[Question]) -> set[str]:
    specs = [asked.spec for asked in _only(questions, OpportunityOf)]
    return _symbols(questions, StatsOf, ExpectedMoveOf, ExpirationOf) | {
        spec.symbol for spec in specs if spec.expiration is not None
    }


def _chains_for(questions: Collection[Question], seen: Seen) -> set[tuple[str, date]]:
    """Name every expiration the questions look into."""
    rules = [(one.symbol, one.expiration) for one in _only(questions, ExpectedMoveOf)]
    for one in _only(questions, OpportunityOf):
        spec = one.spec
        rules += [(spec.symbol, rule) for rule in (spec.expiration, spec.back) if rule]
    wanted = {
        (symbol, day) for symbol, rule in rules if isinstance(day := seen.pick(symbol, rule), date)
    }
    for symbol in _symbols(questions, StatsOf):
        days = around_a_month(seen.today, seen.expirations.get(symbol, ()))
        wanted |= {(symbol, day) for day in days}
    return wanted


def _only(questions: Collection[Question], kind: type[Q]) -> list[Q]:
    return [question for question in questions if isinstance(question, kind)]


def _symbols(questions: Collection[Any], *kinds: type[Any]) -> set[str]:
    return {question.symbol for question in questions if isinstance(question, kinds)}


def _unknown(question: Question) -> NoData:
    return NoData(asked(question), "the feed does not know it")
