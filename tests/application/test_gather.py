"""What is asked of statistics, chances, ranges and events is answered, in bulk, or says why not."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from botfleet.adapters.calendars.file import CalendarFile
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.market.volatilities import SimulatedVolatilities
from botfleet.application.gather import Gatherer
from botfleet.domain.eastern import instant
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.events import EventCalendar
from botfleet.domain.market.instruments import Kind, Option, Right
from botfleet.domain.market.quotes import OpeningRange, Quote
from botfleet.domain.market.statistics import SymbolStats
from botfleet.domain.trades.opportunities import ExpirationMode, ExpirationRule, NoTrade
from botfleet.domain.trees.facts import (
    ChanceOf,
    EventsOf,
    ExpectedMoveOf,
    ExpirationOf,
    IndicatorOf,
    NoData,
    Question,
    QuoteOf,
    RangeOf,
    StatsOf,
)

DAY = date(2026, 3, 10)
HOUR = timedelta(hours=1)


@dataclass
class Fixed:
    at: datetime

    def now(self) -> datetime:
        return self.at


def ask(*questions: Question, at: time = time(11), events: Path | None = None) -> list[object]:
    now = instant(DAY, at)
    calendar = CalendarFile(events) if events else None
    gatherer = Gatherer(SimulatedMarket(7, Fixed(now)), calendar)
    answers = gatherer.gather(questions, {}, now)
    return [answers[question] for question in questions]


def test_statistics_agree_with_the_sketch_that_made_the_prices() -> None:
    (stats,) = ask(StatsOf("SPY"))
    assert isinstance(stats, SymbolStats)
    assert stats.kind is Kind.ETF
    assert stats.sd30 is not None
    assert stats.iv30 is not None
    assert stats.average_volume(20) is not None
    assert stats.iv_rank is None  # nothing was recorded
    assert 0.05 < stats.sd30 < 0.35
    assert 0.10 < stats.iv30 < 0.25


def test_chances_split_at_any_price() -> None:
    low, high = ask(
        ChanceOf("SPY", None, Decimal(650), 30), ChanceOf("SPY", Decimal(650), None, 30)
    )
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert abs(low + high - 1) < 1e-12


def test_the_expected_move_grows_with_time() -> None:
    near, far = (ExpirationRule(ExpirationMode.AT_LEAST, days) for days in (7, 40))
    one, other = ask(ExpectedMoveOf("SPY", near), ExpectedMoveOf("SPY", far))
    assert isinstance(one, Decimal)
    assert isinstance(other, Decimal)
    assert 0 < one < other


def test_an_expiration_is_named_by_its_day() -> None:
    weekly, none = (
        ExpirationRule(ExpirationMode.AT_LEAST, 7),
        ExpirationRule(ExpirationMode.EXACTLY, 3_000),
    )
    day, nothing = ask(ExpirationOf("SPY", weekly), ExpirationOf("SPY", none))
    assert day == date(2026, 3, 17)
    assert isinstance(nothing, NoTrade)


def test_an_opening_range_is_known_once_it_has_passed() -> None:
    early, late = (
        ask(RangeOf("SPY", 30), at=time(9, 59)),
        ask(RangeOf("SPY", 30), RangeOf("SPY", 5)),
    )
    assert isinstance(early[0], NoData)
    wide, narrow = late
    assert isinstance(wide, OpeningRange)
    assert isinstance(narrow, OpeningRange)
    assert wide.low <= narrow.low < narrow.high <= wide.high


def test_the_intraday_form_counts_today_as_the_last_bar() -> None:
    """Yesterday's value is today's form one session ago."""
    daily, live, before = ask(
        IndicatorOf("SPY", "SMA", 20),
        IndicatorOf("SPY", "SMA", 20, is_intraday=True),
        IndicatorOf("SPY", "SMA", 20, is_intraday=True, sessions_ago=1),
    )
    assert daily == before
    assert daily != live


def test_bands_and_signals_are_told_apart() -> None:
    bands = ask(*(IndicatorOf("SPY", "BBANDS", 20, name) for name in ("lower", "", "upper")))
    assert sorted(bands) == bands  # type: ignore[type-var]
    macd, signal, gap = ask(
        *(IndicatorOf("SPY", "MACD", 26, name) for name in ("macd", "signal", "hist"))
    )
    assert isinstance(macd, float)
    assert isinstance(signal, float)
    assert isinstance(gap, float)
    assert abs(macd - signal - gap) < 1e-9


def test_events_come_from_the_calendar_that_was_loaded(tmp_path: Path) -> None:
    assert isinstance(ask(EventsOf("AAPL"))[0], NoData)
    path = tmp_path / "calendar.yaml"
    path.write_text(
        "covers: {from: 2026-01-01, to: 2026-12-31}\n"
        "symbols: {AAPL: {earnings: [{day: 2026-04-30, when: after_close}]}}\n"
    )
    known, unknown = ask(EventsOf("AAPL"), EventsOf("MSFT"), events=path)
    assert isinstance(known, EventCalendar)
    assert known.next_earnings(DAY) is not None
    assert isinstance(unknown, NoData)


def test_a_simulated_market_s_first_day_knows_its_rank() -> None:
    """Without a past there is none; with the market's own, the place of yesterday in its year."""
    (fresh,) = ask(StatsOf("SPY"))
    now, past = instant(DAY, time(11)), SimulatedVolatilities(7)
    gatherer = Gatherer(SimulatedMarket(7, Fixed(now)), volatilities=past)
    known = gatherer.gather([StatsOf("SPY"), StatsOf("ZZZZ")], {}, now)
    days = past.recent(["SPY"], DAY, 253)["SPY"]
    values = [one.value for one in days]
    assert len(days) == 253
    assert isinstance(fresh, SymbolStats)
    assert fresh.iv_rank is None
    stats = known[StatsOf("SPY")]
    assert isinstance(stats, SymbolStats)
    low, high = min(values), max(values)
    assert stats.iv_rank == pytest.approx(100 * (values[-1] - low) / (high - low))
    assert 0.05 < low < values[-1] <= high < 0.5


class Late(SimulatedMarket):
    """A feed whose underlyings' quotes are `age_s` old; its options' always are an hour old."""

    def __init__(self, clock: Fixed, age_s: float) -> None:
        super().__init__(7, clock)
        self.age_s = age_s

    def quotes(self, symbols: Collection[str]) -> dict[str, Quote]:
        found = super().quotes(symbols)
        return {one: self._aged(quote) for one, quote in found.items()}

    def chains(self, wanted: Collection[tuple[str, date]]) -> dict[tuple[str, date], Chain]:
        found = super().chains(wanted)
        return {
            key: replace(
                chain,
                underlying=self._aged(chain.underlying),
                calls=tuple(replace(one, at=one.at - HOUR) for one in chain.calls),
                puts=tuple(replace(one, at=one.at - HOUR) for one in chain.puts),
            )
            for key, chain in found.items()
        }

    def _aged(self, quote: Quote) -> Quote:
        return replace(quote, at=self._clock.now() - timedelta(seconds=self.age_s))


MOVE = ExpectedMoveOf("SPY", ExpirationRule(ExpirationMode.AT_LEAST, 5))
LIVE = (
    QuoteOf("SPY"),
    IndicatorOf("SPY", "RSI", 14, is_intraday=True),
    ChanceOf("SPY", Decimal(1), None, 5),
    MOVE,
)


def aged(age_s: float, at: time = time(11)) -> list[object]:
    now = instant(DAY, at)
    answers = Gatherer(Late(Fixed(now), age_s)).gather(LIVE, {}, now)
    return [answers[question] for question in LIVE]


@pytest.mark.parametrize("age_s", [-1.0, 0.0, 4.9, 5.0])
def test_what_is_five_seconds_old_is_still_known(age_s: float) -> None:
    """An option that did not trade for an hour is as fresh as its underlying."""
    assert not [one for one in aged(age_s) if isinstance(one, NoData)]


@pytest.mark.parametrize("age_s", [5.1, 60.0])
def test_what_is_older_is_no_data_with_its_age(age_s: float) -> None:  # R17
    answers = aged(age_s)
    assert all(isinstance(one, NoData) for one in answers)
    quote = answers[0]
    assert isinstance(quote, NoData)
    assert quote.why == f"its quote is {age_s:.0f} s old"


@pytest.mark.parametrize("at", [time(9, 29, 59), time(16), time(20)])
def test_while_the_market_is_closed_the_last_quote_stands(at: time) -> None:
    assert not isinstance(aged(3_600, at)[0], NoData)


def test_a_bulk_look_leaves_out_what_is_too_old() -> None:
    now = instant(DAY, time(11))
    option = Option("SPY", date(2026, 3, 13), Right.PUT, Decimal(650))
    for age_s, count in ((5.0, 1), (5.1, 0)):
        quotes, options = Gatherer(Late(Fixed(now), age_s)).look(["SPY"], [option], now)
        assert (len(quotes), len(options)) == (count, count)
