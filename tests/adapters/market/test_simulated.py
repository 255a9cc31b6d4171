import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from botfleet.adapters.market.moods import INDICES
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.market.sketches import SKETCHES
from botfleet.adapters.market.surface import RATE
from botfleet.domain.eastern import instant
from botfleet.domain.market.calendar import previous_session, session_on
from botfleet.domain.market.instruments import Kind, Option, Right
from botfleet.domain.trades.expectations import around_a_month, volatility_of_a_month
from botfleet.domain.trades.pricing import Terms, price, years_to_expiration

DAY = date(2026, 7, 2)


@dataclass
class FixedClock:
    at: datetime

    def now(self) -> datetime:
        return self.at


def market_at(clock: time, day: date = DAY, seed: int = 5) -> SimulatedMarket:
    return SimulatedMarket(seed, FixedClock(instant(day, clock)))


def last(market: SimulatedMarket, symbol: str = "SPY") -> Decimal:
    found = market.quotes([symbol])[symbol].last
    assert found is not None
    return found


def test_another_process_sees_the_same_prices() -> None:
    code = """
import json, sys
from datetime import datetime
from botfleet.adapters.market.simulated import SimulatedMarket
class Clock:
    def now(self):
        return datetime.fromisoformat(sys.argv[1])
quotes = SimulatedMarket(5, Clock()).quotes(["SPY", "XOM"])
print(json.dumps({symbol: str(quote) for symbol, quote in quotes.items()}))
"""
    at = instant(DAY, time(11, 23, 7))
    told = subprocess.run(
        [sys.executable, "-c", code, at.isoformat()], check=True, capture_output=True
    )
    ours = SimulatedMarket(5, FixedClock(at)).quotes(["SPY", "XOM"])
    assert json.loads(told.stdout) == {symbol: str(quote) for symbol, quote in ours.items()}


def test_another_seed_is_another_market() -> None:
    assert last(market_at(time(11))) != last(market_at(time(11), seed=6))


@pytest.mark.parametrize("symbol", SKETCHES)
def test_prices_run_on_from_the_previous_close(symbol: str) -> None:
    """Ten sessions: each opens within five daily deviations of the last close, which it quotes."""
    deviation = SKETCHES[symbol].volatility / 16
    day = DAY
    for _ in range(10):
        before = previous_session(day).day
        opened = market_at(time(9, 30), day).quotes([symbol])[symbol]
        closed = last(market_at(time(16), before), symbol)
        assert opened.previous_close == closed
        assert opened.last == opened.open
        assert abs(float(opened.last or 0) / float(closed) - 1) < 5 * deviation
        day = before


def test_no_second_of_a_session_jumps() -> None:
    """At 15 % a year a second's deviation is about 0.006 %; none here exceeds 0.1 %."""
    clock = FixedClock(instant(DAY, time(9, 30)))
    market = SimulatedMarket(5, clock)
    prices = []
    for _ in range(1200):
        prices.append(float(last(market)))
        clock.at += timedelta(seconds=1)
    assert max(abs(b / a - 1) for a, b in pairwise(prices)) < 0.001
    assert len(set(prices)) > 100


def test_outside_the_hours_the_last_close_stands() -> None:
    """Before Monday's open, on the holiday Friday and all weekend: Thursday's close."""
    closing = market_at(time(16)).quotes(["SPY"])
    monday = date(2026, 7, 6)
    for clock, day in (
        (time(23), DAY),
        (time(12), date(2026, 7, 3)),
        (time(12), date(2026, 7, 5)),
        (time(9, 29, 59), monday),
    ):
        assert market_at(clock, day).quotes(["SPY"]) == closing
    assert market_at(time(9, 30), monday).quotes(["SPY"]) != closing


def test_realised_volatility_is_near_the_sketch() -> None:
    """300 daily returns estimate a deviation to within 4 % (one sigma); we allow 20 %."""
    bars = market_at(time(11)).bars(SKETCHES, 300)
    for symbol, sketch in SKETCHES.items():
        closes = np.array([float(bar.close) for bar in bars[symbol]])
        realised = np.diff(np.log(closes)).std() * 261**0.5
        assert realised == pytest.approx(sketch.volatility, rel=0.2), symbol


def test_listed_expirations_are_sessions_and_stay_listed() -> None:
    """A contract bought today can be quoted on every day up to its expiration."""
    for symbol in ("SPY", "AAPL"):
        before: set[date] = set()
        for days in range(120):
            day = date(2026, 3, 2) + timedelta(days)
            listed = set(market_at(time(11), day).expirations([symbol])[symbol])
            assert all(session_on(on) for on in listed)
            assert {on for on in before if on >= day} <= listed
            before = listed


def test_some_etfs_expire_every_day() -> None:
    """The next ten sessions of SPY from Thursday 2 July 2026; Friday the 3rd is a holiday."""
    listed = market_at(time(11)).expirations(["SPY", "AAPL"])
    assert [on.day for on in listed["SPY"][:10]] == [2, 6, 7, 8, 9, 10, 13, 14, 15, 16]
    assert [on.day for on in listed["AAPL"][:3]] == [2, 10, 17]
    assert len([on for on in listed["AAPL"] if (on - DAY).days > 60]) >= 3


@pytest.mark.parametrize("clock", [time(9, 30), time(12), time(15, 59)])
def test_no_strike_is_worth_less_than_the_next(clock: time) -> None:
    """No free money on the surface: calls never rise with the strike, puts never fall."""
    market = market_at(clock)
    wanted = [(s, on) for s, listed in market.expirations(SKETCHES).items() for on in listed]
    for chain in market.chains(wanted).values():
        for side, sign in ((chain.calls, -1), (chain.puts, 1)):
            for low, high in pairwise(side):
                assert sign * ((high.bid or 0) - (low.bid or 0)) >= 0
                assert sign * ((high.ask or 0) - (low.ask or 0)) >= 0


def test_strikes_surround_the_price_by_a_fifth() -> None:
    market = market_at(time(9, 30))
    for symbol, listed in market.expirations(SKETCHES).items():
        chain = market.chains([(symbol, listed[-1])])[symbol, listed[-1]]
        strikes = [float(quote.option.strike) for quote in chain.calls]
        close = float(chain.underlying.previous_close or 0)
        assert 20 <= len(strikes) <= 110
        assert strikes[0] < 0.83 * close
        assert strikes[-1] > 1.17 * close


def test_the_worth_lies_between_the_sides() -> None:
    """The quote's own volatility, put back into the closed form, prices inside the spread."""
    market = market_at(time(11))
    on = market.expirations(["SPY"])["SPY"][8]
    chain = market.chains([("SPY", on)])["SPY", on]
    years = years_to_expiration(chain.at, on)
    spot = float((chain.underlying.bid or 0) + (chain.underlying.ask or 0)) / 2
    for quote in chain.calls:
        assert quote.implied_volatility is not None
        assert quote.ask is not None
        terms = Terms(
            True, spot, float(quote.option.strike), years, RATE, SKETCHES["SPY"].dividend_yield
        )
        worth = float(price(terms, quote.implied_volatility))
        assert float(quote.bid or 0) - 0.02 <= worth <= float(quote.ask) + 0.02


def test_a_contract_off_today_s_grid_is_still_quoted() -> None:
    """A strike bought when the price was elsewhere; one that never existed is absent."""
    market = market_at(time(11))
    on = market.expirations(["SPY"])["SPY"][3]
    spot = last(market)
    far = Option("SPY", on, Right.PUT, (spot * Decimal("0.6")).quantize(Decimal(1)))
    odd = Option("SPY", on, Right.PUT, Decimal("500.17"))
    chain = market.chains([("SPY", on)])["SPY", on]
    assert far not in {quote.option for quote in chain.puts}
    assert set(market.option_quotes([far, odd])) == {far}


def test_at_expiration_an_option_is_worth_what_it_pays() -> None:
    market = market_at(time(16))
    chain = market.chains([("SPY", DAY)])["SPY", DAY]
    spot = last(market)
    for quote in chain.calls:
        assert quote.delta in {0.0, 0.5, 1.0}
        assert quote.ask is not None
        assert quote.ask >= spot - quote.option.strike - Decimal("0.01")


def test_an_option_closed_yesterday_where_it_ended_and_trades_each_quarter_of_an_hour() -> None:
    """Its previous close is the last price of the session before, its open the worth at 9:30."""
    before = previous_session(DAY).day
    on = market_at(time(11)).expirations(["SPY"])["SPY"][4]
    opened, midday, closed = (
        market_at(clock, day).chains([("SPY", on)])["SPY", on]
        for clock, day in ((time(9, 30), DAY), (time(11, 7), DAY), (time(16), before))
    )
    ended = {quote.option: quote.last for quote in closed.calls + closed.puts}
    for first, quote in zip(opened.calls + opened.puts, midday.calls + midday.puts, strict=True):
        assert quote.open == first.open == first.last
        if quote.option in ended:
            assert quote.previous_close == ended[quote.option]
    quarter = market_at(time(11)).chains([("SPY", on)])["SPY", on]
    assert [q.last for q in quarter.calls] == [q.last for q in midday.calls]
    assert [q.mid for q in quarter.calls] != [q.mid for q in midday.calls]


def test_the_vix_is_what_spy_s_options_imply_over_30_days() -> None:
    """The index at 11:00 is a hundred times iv30 of SPY's chains, within its smile's hundredths."""
    market = market_at(time(11))
    days = around_a_month(DAY, market.expirations(["SPY"])["SPY"])
    chains = market.chains([("SPY", on) for on in days])
    implied = volatility_of_a_month(DAY, [chains["SPY", on] for on in days])
    quotes = market.quotes([*INDICES, "VVIX"])
    vix = quotes["VIX"]
    assert implied is not None
    assert vix.last is not None
    assert float(vix.last) == pytest.approx(100 * implied, rel=0.02)
    assert quotes.keys() == INDICES.keys()
    assert (vix.kind, vix.bid, vix.ask) == (Kind.INDEX, None, None)
    assert not market.expirations(["VIX"])
    bars = market.bars(["VIX"], 60)["VIX"]
    assert len({bar.close for bar in bars}) > 50
    assert float(vix.previous_close or 0) == float(bars[-1].close)


def test_a_calm_term_structure_rises_and_a_nervous_one_falls() -> None:
    """Over four years the VIX stands on both sides of the VIX3M, above it when it is high."""
    bars = market_at(time(11)).bars(["VIX", "VIX3M"], 1_000)
    days = zip(bars["VIX"], bars["VIX3M"], strict=True)
    pairs = [(float(near.close), float(far.close)) for near, far in days]
    over = [near for near, far in pairs if near > far]
    under = [near for near, far in pairs if near < far]
    assert over
    assert under
    assert min(over) > max(under)
