"""What is asked of statistics, chances, ranges and events is answered, in bulk, or says why not."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from botfleet.adapters.calendars.file import CalendarFile
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.market.volatilities import SimulatedVolatilities
from botfleet.application.gather import Gatherer
from botfleet.domain.eastern import instant
from botfleet.domain.market.events import EventCalendar
from botfleet.domain.market.instruments import Kind
from botfleet.domain.market.quotes import OpeningRange
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
    RangeOf,
    StatsOf,
)

DAY = date(2026, 3, 10)


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
