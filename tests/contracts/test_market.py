"""The contract of the Market port, run over every feed on 24 December 2015, an early close."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from botfleet.adapters.market.blended import BlendedMarket
from botfleet.adapters.market.recording import RecordingMarket
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.market import Market
from botfleet.domain.eastern import instant
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Option, Right
from botfleet.domain.market.quotes import OptionQuote

RECORDED = Path(__file__).parents[3] / "shared/market"
DAY = date(2015, 12, 24)
CLOSE = time(13)


@dataclass
class FixedClock:
    at: datetime

    def now(self) -> datetime:
        return self.at


def recording(clock: Clock) -> Market:
    if not RECORDED.is_dir():
        pytest.skip("no recorded market data in ../shared/market beside the project")
    return RecordingMarket(RECORDED, clock)


def simulated(clock: Clock) -> Market:
    return SimulatedMarket(11, clock)


def blended(clock: Clock) -> Market:
    recorded = recording(clock)
    assert isinstance(recorded, RecordingMarket)
    return BlendedMarket(recorded, SimulatedMarket(11, clock))


@dataclass
class Feed:
    make: Callable[[Clock], Market]
    symbol: str

    def at(self, clock: time, day: date = DAY) -> Market:
        return self.make(FixedClock(instant(day, clock)))

    def chain(self, clock: time, place: int = 0) -> Chain:
        market = self.at(clock)
        expires_on = market.expirations([self.symbol])[self.symbol][place]
        return market.chains([(self.symbol, expires_on)])[self.symbol, expires_on]


FEEDS = {
    "recording": Feed(recording, "GOOG"),
    "simulated-etf": Feed(simulated, "SPY"),
    "simulated-share": Feed(simulated, "AAPL"),
    "blended-recorded": Feed(blended, "GOOG"),
    "blended-simulated": Feed(blended, "QQQ"),
}


@pytest.fixture(params=FEEDS)
def feed(request: pytest.FixtureRequest) -> Feed:
    return FEEDS[request.param]


def two_sided(quotes: tuple[OptionQuote, ...]) -> list[OptionQuote]:
    return [quote for quote in quotes if quote.mid is not None]


def test_what_the_feed_does_not_know_is_absent(feed: Feed) -> None:
    market = feed.at(time(11))
    unknown = Option("ZZZZ", DAY, Right.CALL, Decimal(10))
    past = Option(feed.symbol, DAY - timedelta(7), Right.CALL, Decimal(10))
    assert set(market.quotes([feed.symbol, "ZZZZ"])) == {feed.symbol}
    assert set(market.expirations([feed.symbol, "ZZZZ"])) == {feed.symbol}
    assert set(market.bars([feed.symbol, "ZZZZ"], 5)) == {feed.symbol}
    assert not market.option_quotes([unknown, past])
    assert not market.chains([("ZZZZ", DAY), (feed.symbol, DAY - timedelta(7))])


def test_the_underlying_has_a_sound_quote(feed: Feed) -> None:
    """0 < bid < ask, the last price inside the day's range, the quote as fresh as the clock."""
    quote = feed.at(time(11)).quotes([feed.symbol])[feed.symbol]
    assert quote.at == instant(DAY, time(11))
    assert quote.bid
    assert quote.ask
    assert quote.low
    assert quote.last
    assert quote.high
    assert quote.previous_close
    assert 0 < quote.bid < quote.ask
    assert quote.low <= quote.last <= quote.high
    assert abs(quote.last / quote.previous_close - 1) < Decimal("0.1")
    assert quote.volume > 0


def test_expirations_rise_from_today(feed: Feed) -> None:
    """24 December 2015 is the week's expiration: the Friday is Christmas."""
    listed = feed.at(time(11)).expirations([feed.symbol])[feed.symbol]
    assert listed[0] == DAY
    assert list(listed) == sorted(set(listed))
    assert len(listed) >= 8


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_chain_lists_both_rights_by_rising_strike(feed: Feed, place: int) -> None:
    chain = feed.chain(time(11), place)
    for right in Right:
        side = chain.side(right)
        strikes = [quote.option.strike for quote in side]
        assert strikes == sorted(set(strikes))
        assert len(strikes) >= 20
        assert {(q.option.root, q.option.expires_on, q.option.right) for q in side} == {
            (feed.symbol, chain.expires_on, right)
        }
    assert chain.underlying == feed.at(time(11)).quotes([feed.symbol])[feed.symbol]


@pytest.mark.parametrize("place", [0, 3, -1])
def test_no_option_is_quoted_crossed_or_at_nothing(feed: Feed, place: int) -> None:
    chain = feed.chain(time(11), place)
    for quote in chain.calls + chain.puts:
        assert quote.bid is None or quote.bid > 0
        assert quote.ask is None or quote.ask > 0
        assert quote.bid is None or quote.ask is None or quote.bid <= quote.ask
        assert quote.at == chain.at == instant(DAY, time(11))
    assert len(two_sided(chain.calls)) >= 10


@pytest.mark.parametrize("place", [0, 3, -1])
def test_greeks_have_their_signs(feed: Feed, place: int) -> None:
    """Calls 0..1, puts -1..0; gamma and vega of both >= 0; delta falls as the strike rises.

    Recorded quotes are noisy, so the fall is asked of the ends of the chain, not of each step.
    """
    chain = feed.chain(time(11), place)
    for side, low, high in ((chain.calls, 0, 1), (chain.puts, -1, 0)):
        deltas = []
        for quote in side:
            if quote.delta is None:
                continue
            assert quote.implied_volatility
            assert quote.gamma is not None
            assert quote.vega is not None
            assert quote.theta is not None
            assert low <= quote.delta <= high
            assert quote.gamma >= 0
            assert quote.vega >= 0
            deltas.append(quote.delta)
        assert len(deltas) >= 5
        assert deltas[0] - deltas[-1] > 0.5


@pytest.mark.parametrize("place", [1, 3])
def test_calls_and_puts_agree_at_the_money(feed: Feed, place: int) -> None:
    """Parity: C - P = S - K within both spreads and 1 % of carry and dividends."""
    chain = feed.chain(time(11), place)
    spot = chain.underlying.last
    assert spot is not None
    puts = {quote.option.strike: quote for quote in chain.puts}
    near = sorted(chain.calls, key=lambda quote: abs(quote.option.strike - spot))[:5]
    for call in near:
        put = puts[call.option.strike]
        assert None not in {call.bid, call.ask, put.bid, put.ask, call.mid, put.mid}
        assert call.mid is not None
        assert put.mid is not None
        assert call.bid is not None
        assert put.bid is not None
        gap = call.mid - put.mid - (spot - call.option.strike)
        assert abs(gap) <= (call.mid - call.bid) + (put.mid - put.bid) + spot / 100


def test_single_quotes_are_those_of_the_chain(feed: Feed) -> None:
    chain = feed.chain(time(11), 2)
    wanted = {quote.option: quote for quote in chain.calls[3:9] + chain.puts[-5:]}
    answers = feed.at(time(11)).option_quotes(list(wanted))
    assert set(answers) == set(wanted)
    for option, quote in wanted.items():
        single = answers[option]
        assert (single.bid, single.ask, single.at) == (quote.bid, quote.ask, quote.at)
        assert single.delta == pytest.approx(quote.delta)


def test_two_feeds_and_any_order_of_questions_agree(feed: Feed) -> None:
    """The answer at an instant does not depend on what was asked before, or of which instance."""
    clock = FixedClock(instant(DAY, time(12, 30)))
    wandering = feed.make(clock)
    key = feed.symbol, DAY
    wandering.chains([key])
    wandering.bars([feed.symbol], 3)
    clock.at = instant(DAY, time(10, 17))
    direct = feed.at(time(10, 17))
    assert wandering.chains([key]) == direct.chains([key])
    assert wandering.quotes([feed.symbol]) == direct.quotes([feed.symbol])
    assert wandering.bars([feed.symbol], 30) == direct.bars([feed.symbol], 30)


def test_the_market_moves(feed: Feed) -> None:
    earlier, later = feed.chain(time(10)), feed.chain(time(12))
    assert earlier.underlying.last != later.underlying.last
    assert earlier.underlying.volume < later.underlying.volume
    assert [q.bid for q in earlier.calls] != [q.bid for q in later.calls]


def test_the_day_so_far_only_grows(feed: Feed) -> None:
    """No look-ahead: range and volume of an instant are those of the instants up to it."""
    clock = FixedClock(instant(DAY, time(9, 31)))
    market = feed.make(clock)
    quotes = []
    while clock.at <= instant(DAY, CLOSE):
        quotes.append(market.quotes([feed.symbol])[feed.symbol])
        clock.at += timedelta(minutes=1)
    assert len({quote.open for quote in quotes}) == 1
    for before, after in pairwise(quotes):
        assert None not in {before.high, after.high, before.low, after.low}
        assert before.high is not None
        assert after.high is not None
        assert before.low is not None
        assert after.low is not None
        assert before.high <= after.high
        assert before.low >= after.low
        assert before.volume <= after.volume


def test_an_option_s_day_so_far_only_grows_around_its_trades(feed: Feed) -> None:
    """As the underlying's: one open, highs that rise, lows that fall, the last trade between."""
    clock = FixedClock(instant(DAY, time(9, 45)))
    market = feed.make(clock)
    key = feed.symbol, market.expirations([feed.symbol])[feed.symbol][2]
    seen: dict[Option, OptionQuote] = {}
    compared = 0
    while clock.at <= instant(DAY, CLOSE):
        chain = market.chains([key])[key]
        for quote in chain.calls + chain.puts:
            before, high, low = seen.get(quote.option), quote.high, quote.low
            if quote.open is None:
                assert (before, quote.last, high, low) == (None, None, None, None)
                continue
            assert high is not None
            assert low is not None
            assert quote.last is not None
            assert low <= min(quote.open, quote.last) <= max(quote.open, quote.last) <= high
            if before is not None:
                assert before.open == quote.open
                assert (before.high or 0) <= high
                assert low <= (before.low or low)
                compared += 1
            seen[quote.option] = quote
        clock.at += timedelta(minutes=7)
    assert compared > 100


def test_after_the_close_nothing_moves_and_the_last_price_is_the_daily_close(feed: Feed) -> None:
    at_close, evening = (
        feed.at(clock).quotes([feed.symbol])[feed.symbol] for clock in (CLOSE, time(20))
    )
    (bar,) = feed.at(time(11), date(2015, 12, 28)).bars([feed.symbol], 1)[feed.symbol]
    assert at_close == evening
    assert bar.day == DAY
    assert at_close.last == bar.close


def test_bars_are_whole_sessions_before_today_oldest_first(feed: Feed) -> None:
    """The last 30: Thanksgiving and weekends are not among them, today neither."""
    bars = feed.at(time(11)).bars([feed.symbol], 30)[feed.symbol]
    days = [bar.day for bar in bars]
    assert len(days) == 30
    assert days == sorted(set(days))
    assert days[-1] == date(2015, 12, 23)
    assert date(2015, 11, 26) not in days
    for bar in bars:
        assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.volume > 0
        assert math.isclose(bar.close, bar.open, rel_tol=0.15)


def test_minutes_are_of_this_session_and_have_ended(feed: Feed) -> None:
    """At 11:00 up to ninety minutes from the open, inside the day's range; before the open none."""
    at = instant(DAY, time(11))
    bars = feed.at(time(11)).minutes([feed.symbol, "ZZZZ"])[feed.symbol]
    starts = [bar.starts_at for bar in bars]
    assert 60 <= len(bars) <= 90
    assert starts == sorted(set(starts))
    assert instant(DAY, time(9, 30)) <= starts[0]
    assert starts[-1] + timedelta(minutes=1) <= at
    quote = feed.at(time(11)).quotes([feed.symbol])[feed.symbol]
    assert quote.high is not None
    assert quote.low is not None
    for bar in bars:
        assert quote.low <= bar.low <= min(bar.open, bar.close)
        assert max(bar.open, bar.close) <= bar.high <= quote.high
    assert not feed.at(time(9)).minutes([feed.symbol])
