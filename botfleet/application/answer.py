"""Answer: from what was seen of the market, one question's answer; pure, whatever was fetched.

What cannot be told is `NoData` with the reason (R2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import session_at
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.events import EventCalendar
from botfleet.domain.market.indicators import indicator, today_so_far
from botfleet.domain.market.instruments import Option
from botfleet.domain.market.lookbacks import day_since
from botfleet.domain.market.quotes import Bar, MinuteBar, OpeningRange, OptionQuote, Quote
from botfleet.domain.market.statistics import (
    DailyVolatility,
    SymbolStats,
    historical_volatility,
    rank_on,
)
from botfleet.domain.positions.position import Position
from botfleet.domain.positions.valuation import value
from botfleet.domain.trades.expectations import (
    around_a_month,
    expected_move,
    volatility_of_a_month,
)
from botfleet.domain.trades.expirations import NO_EXPIRATION, pick_expiration
from botfleet.domain.trades.opportunities import ExpirationRule, NoTrade
from botfleet.domain.trades.pricing import DAYS_A_YEAR, years_to_expiration
from botfleet.domain.trades.probabilities import Outlook
from botfleet.domain.trades.selection import RATE, Sight, build
from botfleet.domain.trees.facts import (
    ChanceOf,
    CloseOf,
    EventsOf,
    ExpectedMoveOf,
    ExpirationOf,
    IndicatorOf,
    MarketTime,
    NoData,
    OpportunityOf,
    RangeOf,
    StatsOf,
)

#: How many sessions an average volume may look back.
VOLUMES_MAX = 200
_BARS_OF_VOLATILITY = 31


@dataclass(slots=True)
class Seen:
    """What was fetched for one batch at `now`; bars of whole sessions, oldest first.

    `stale` are the symbols whose quote was too old, with its age in seconds: it is not in `quotes`,
    nor is anything that stands on it.
    """

    now: datetime
    rate: float = RATE
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    stale: dict[str, float] = field(default_factory=dict)
    bars: Mapping[str, tuple[Bar, ...]] = field(default_factory=dict)
    expirations: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    chains: Mapping[tuple[str, date], Chain] = field(default_factory=dict)
    options: Mapping[Option, OptionQuote] = field(default_factory=dict)
    minutes: Mapping[str, tuple[MinuteBar, ...]] = field(default_factory=dict)
    volatilities: Mapping[str, tuple[DailyVolatility, ...]] = field(default_factory=dict)
    events: Mapping[str | None, EventCalendar] = field(default_factory=dict)

    def unseen(self, symbol: str) -> str:
        """Say why there is no quote of a symbol."""
        age_s = self.stale.get(symbol)
        return "the feed does not know it" if age_s is None else f"its quote is {age_s:.0f} s old"

    @property
    def today(self) -> date:
        """The Eastern date."""
        return day_of(self.now)

    def sd30(self, symbol: str) -> float | None:
        """Give a symbol's 30-day historical volatility a year."""
        closes = [float(bar.close) for bar in self.bars.get(symbol, ())[-_BARS_OF_VOLATILITY:]]
        found = historical_volatility(closes)
        return found[0] if found else None

    def pick(self, symbol: str, rule: ExpirationRule | None) -> date | NoTrade | None:
        """Give the expiration a rule picks; None where there is no rule."""
        if rule is None:
            return None
        return pick_expiration(rule, self.today, self.expirations.get(symbol, ()))

    def chain(self, symbol: str, rule: ExpirationRule | None) -> Chain | NoTrade | None:
        """Give the chain a rule picks."""
        day = self.pick(symbol, rule)
        return self.chains.get((symbol, day)) if isinstance(day, date) else day

    def outlook(self, symbol: str, years: float) -> Outlook | None:
        """Give what the price may do in that time; None while price or volatility is unknown."""
        quote, sd30 = self.quotes.get(symbol), self.sd30(symbol)
        if quote is None or not quote.last or sd30 is None:
            return None
        return Outlook(float(quote.last), sd30, years, self.rate)


def time_now(seen: Seen) -> MarketTime | NoData:
    """Tell the market time."""
    session = session_at(seen.now)
    if session is None:
        return NoData("market time", "no session today")
    return MarketTime(seen.now, session.opens_at, session.closes_at)


def close_of(asked: CloseOf, seen: Seen) -> Decimal | NoData:
    """Give a daily close."""
    bars = seen.bars.get(asked.symbol, ())
    if asked.since is not None:
        day = day_since(asked.since, day_of(seen.now))
        close = next((bar.close for bar in reversed(bars) if bar.day <= day), None)
        return close or NoData(f"close of {asked.symbol}", f"no daily bar up to {day}")
    if not 0 < asked.sessions_ago <= len(bars):
        return NoData(f"close of {asked.symbol}", "too few daily bars")
    return bars[-asked.sessions_ago].close


def indicator_of(asked: IndicatorOf, seen: Seen) -> float | NoData:
    """Compute an indicator; intraday, today's bar at the live price is the last."""
    bars = seen.bars.get(asked.symbol, ())
    if asked.is_intraday:
        quote = seen.quotes.get(asked.symbol)
        today = today_so_far(quote) if quote else None
        if today is None:
            why = seen.unseen(asked.symbol) if quote is None else "no live price"
            return NoData(f"{asked.name} of {asked.symbol}", why)
        bars = (*bars, today)
    answer = indicator(
        asked.name,
        asked.period,
        bars,
        output=asked.output,
        params=asked.params,
        sessions_ago=asked.sessions_ago,
    )
    return (
        NoData(f"{asked.name} of {asked.symbol}", "too few daily bars")
        if answer is None
        else answer
    )


def stats_of(asked: StatsOf, seen: Seen) -> SymbolStats | NoData:
    """Gather a symbol's statistics."""
    quote, bars = seen.quotes.get(asked.symbol), seen.bars.get(asked.symbol, ())
    if quote is None and not bars:
        return NoData(f"statistics of {asked.symbol}", "the feed does not know it")
    moves = historical_volatility([float(bar.close) for bar in bars[-_BARS_OF_VOLATILITY:]])
    days = around_a_month(seen.today, seen.expirations.get(asked.symbol, ()))
    chains = [chain for day in days if (chain := seen.chains.get((asked.symbol, day)))]
    return SymbolStats(
        asked.symbol,
        quote.kind if quote else None,
        moves[0] if moves else None,
        moves[1] if moves else None,
        volatility_of_a_month(seen.today, chains),
        rank_on(seen.today, seen.volatilities.get(asked.symbol, ())),
        tuple(bar.volume for bar in bars[-VOLUMES_MAX:]),
    )


def chance_of(asked: ChanceOf, seen: Seen) -> float | NoData:
    """Give the chance of a price."""
    outlook = seen.outlook(asked.symbol, asked.days / DAYS_A_YEAR)
    if outlook is None:
        return NoData(f"chance of {asked.symbol}", "no price, or too few daily bars")
    low, high = asked.low, asked.high
    return outlook.between(
        None if low is None else float(low), None if high is None else float(high)
    )


def expected_move_of(asked: ExpectedMoveOf, seen: Seen) -> Decimal | NoData:
    """Give the expected move until an expiration."""
    chain = seen.chain(asked.symbol, asked.expiration)
    move = expected_move(chain) if isinstance(chain, Chain) else None
    if move is None:
        return NoData(f"expected move of {asked.symbol}", "no such expiration, or no straddle")
    return move


def expiration_of(asked: ExpirationOf, seen: Seen) -> date | NoTrade:
    """Give the day of the expiration a rule picks."""
    return seen.pick(asked.symbol, asked.expiration) or NO_EXPIRATION


def range_of(asked: RangeOf, seen: Seen) -> OpeningRange | NoData:
    """Give the opening range, once its minutes have ended."""
    what = f"opening range of {asked.symbol}"
    session = session_at(seen.now)
    if session is None:
        return NoData(what, "no session today")
    ends_at = session.opens_at + timedelta(minutes=asked.minutes)
    if seen.now < ends_at:
        return NoData(what, f"the first {asked.minutes} minutes have not ended")
    bars = [bar for bar in seen.minutes.get(asked.symbol, ()) if bar.starts_at < ends_at]
    if not bars:
        return NoData(what, "the feed does not know it")
    high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
    return OpeningRange(asked.symbol, asked.minutes, high, low)


def events_of(asked: EventsOf, seen: Seen) -> EventCalendar | NoData:
    """Give what the operator's calendar says."""
    what = f"events of {asked.symbol}" if asked.symbol else "economic events"
    return seen.events.get(asked.symbol) or NoData(what, "not in the loaded calendar")


def opportunity_of(asked: OpportunityOf, seen: Seen) -> object:
    """Meet a spec with the chains it picks."""
    spec = asked.spec
    quote = seen.quotes.get(spec.symbol)
    if quote is None:
        return NoData(spec.symbol, seen.unseen(spec.symbol))
    front, back = seen.chain(spec.symbol, spec.expiration), seen.chain(spec.symbol, spec.back)
    if isinstance(front, NoTrade):
        return front
    if isinstance(back, NoTrade):
        return back
    return build(spec, front, quote, Sight(back, seen.sd30(spec.symbol), seen.rate))


def value_of(position: Position, seen: Seen) -> object:
    """Value a position, with its odds where the symbol's volatility was fetched."""
    outlook = None
    if position.expires_on is not None and position.symbol in seen.bars:
        years = years_to_expiration(seen.now, position.expires_on)
        outlook = seen.outlook(position.symbol, years)
    worth = value(position, seen.options, seen.quotes.get(position.symbol), outlook)
    what = f"value of {position.symbol} {position.structure}"
    is_stale = position.symbol in seen.stale
    return worth or NoData(what, seen.unseen(position.symbol) if is_stale else "a leg has no ask")
