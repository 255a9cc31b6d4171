"""Gather: answer a whole batch's questions with as few, as large questions to the market as can be.

Daily bars and expirations change once a day and are kept; everything else is asked afresh, once for
the batch (S157, R17). What the market does not know comes back as `NoData`: every question asked
is answered, so a walk always gets further.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from botfleet.application.ports.market import Market
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import PositionId
from botfleet.domain.market.calendar import session_at
from botfleet.domain.market.indicators import indicator
from botfleet.domain.market.quotes import Bar, Quote
from botfleet.domain.positions.position import Position
from botfleet.domain.positions.valuation import value
from botfleet.domain.trades.opportunities import NoTrade, TradeSpec
from botfleet.domain.trades.selection import build, pick_expiration
from botfleet.domain.trees.facts import (
    CloseOf,
    IndicatorOf,
    MarketTime,
    NoData,
    OpportunityOf,
    Question,
    QuoteOf,
    TimeNow,
    ValueOf,
)

#: Enough sessions for the longest indicator offered (a 200-day average) to settle.
BARS_MAX = 300

Answers = dict[Question, object]
Q = TypeVar("Q")
B = TypeVar("B", CloseOf, IndicatorOf)


class Gatherer:
    """Answers questions as of one instant after another; keeps what changes once a day."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._day: date | None = None
        self._bars: dict[str, tuple[Bar, ...]] = {}
        self._expirations: dict[str, tuple[date, ...]] = {}
        self._daily: Answers = {}

    def gather(
        self,
        questions: Collection[Question],
        positions: Mapping[PositionId, Position],
        now: datetime,
    ) -> Answers:
        """Answer every question; `positions` are those a `ValueOf` may ask about.

        Raises:
            MarketUnavailable: the feed is down; nothing was answered.
        """
        self._turn_to(day_of(now))
        answers: Answers = {}
        answers |= self._times(_only(questions, TimeNow), now)
        answers |= self._of_bars(_only(questions, CloseOf), _close)
        answers |= self._of_bars(_only(questions, IndicatorOf), _indicator)
        specs = [question.spec for question in _only(questions, OpportunityOf)]
        held = [
            positions[q.position_id]
            for q in _only(questions, ValueOf)
            if q.position_id in positions
        ]
        symbols = {q.symbol for q in _only(questions, QuoteOf)}
        symbols |= {spec.symbol for spec in specs} | {position.symbol for position in held}
        quotes = self._market.quotes(symbols) if symbols else {}
        answers |= {
            q: quotes.get(q.symbol) or _unknown(q.symbol) for q in _only(questions, QuoteOf)
        }
        answers |= self._opportunities(specs, quotes, day_of(now))
        answers |= self._values(held, quotes)
        return {question: answers.get(question, _unknown(question)) for question in questions}

    def _turn_to(self, day: date) -> None:
        if day != self._day:
            self._day, self._bars, self._expirations, self._daily = day, {}, {}, {}

    def _times(self, questions: Iterable[TimeNow], now: datetime) -> Answers:
        session = session_at(now)
        if session is None:
            return {question: NoData("market time", "no session today") for question in questions}
        time = MarketTime(now, session.opens_at, session.closes_at)
        return dict.fromkeys(questions, time)

    def _bars_of(self, symbols: set[str]) -> Mapping[str, tuple[Bar, ...]]:
        missing = symbols - self._bars.keys()
        if missing:
            self._bars |= dict.fromkeys(missing, ()) | dict(self._market.bars(missing, BARS_MAX))
        return self._bars

    def _of_bars(
        self, questions: Collection[B], answer: Callable[[tuple[Bar, ...], B], object]
    ) -> Answers:
        """Answer what whole sessions tell: once a day."""
        fresh = [question for question in questions if question not in self._daily]
        bars = self._bars_of({question.symbol for question in fresh})
        self._daily |= {question: answer(bars[question.symbol], question) for question in fresh}
        return {question: self._daily[question] for question in questions}

    def _opportunities(
        self, specs: Collection[TradeSpec], quotes: Mapping[str, Quote], today: date
    ) -> Answers:
        chosen = {spec: self._expiration(spec, specs, today) for spec in specs}
        wanted = {(s.symbol, day) for s, day in chosen.items() if isinstance(day, date)}
        chains = self._market.chains(wanted) if wanted else {}
        answers: Answers = {}
        for spec, day in chosen.items():
            quote = quotes.get(spec.symbol)
            if isinstance(day, NoTrade) or quote is None:
                answers[OpportunityOf(spec)] = day if quote else _unknown(spec.symbol)
                continue
            chain = chains.get((spec.symbol, day)) if day else None
            answers[OpportunityOf(spec)] = build(spec, chain, quote)
        return answers

    def _expiration(
        self, spec: TradeSpec, specs: Collection[TradeSpec], today: date
    ) -> date | NoTrade | None:
        if spec.expiration is None:
            return None
        if spec.symbol not in self._expirations:
            missing = {s.symbol for s in specs} - self._expirations.keys()
            self._expirations |= dict.fromkeys(missing, ()) | dict(
                self._market.expirations(missing)
            )
        return pick_expiration(spec.expiration, today, self._expirations[spec.symbol])

    def _values(self, held: Collection[Position], quotes: Mapping[str, Quote]) -> Answers:
        options = {leg.option for one in held for leg in one.legs if leg.option is not None}
        quoted = self._market.option_quotes(options) if options else {}
        return {
            ValueOf(one.position_id): value(one, quoted, quotes.get(one.symbol))
            or NoData(f"value of {one.symbol} {one.structure}", "a leg has no ask")
            for one in held
        }


def _only(questions: Collection[Question], kind: type[Q]) -> list[Q]:
    return [question for question in questions if isinstance(question, kind)]


def _unknown(question: object) -> NoData:
    return NoData(str(question), "the feed does not know it")


def _close(bars: tuple[Bar, ...], question: CloseOf) -> Decimal | NoData:
    if not 0 < question.sessions_ago <= len(bars):
        return NoData(f"close of {question.symbol}", "too few daily bars")
    return bars[-question.sessions_ago].close


def _indicator(bars: tuple[Bar, ...], question: IndicatorOf) -> float | NoData:
    answer = indicator(question.name, question.period, bars)
    if answer is None:
        return NoData(f"{question.name} of {question.symbol}", "too few daily bars")
    return answer
