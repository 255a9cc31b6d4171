"""What is known on Wednesday 2026-11-18 at 10:00 Eastern, for the answers that rest on it.

SPY: last 102, previous close 100, open 101; 30-day volatility 20 %, 1.25 % a session. The position
is two short put spreads 95/100 opened at 1.00 credit, worth 0.50, underlying at 102.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from botfleet.domain.market.events import Earnings, EconomicEvent, EventCalendar, Timing
from botfleet.domain.market.instruments import Kind
from botfleet.domain.market.lookbacks import Lookback
from botfleet.domain.market.quotes import OpeningRange, OptionQuote
from botfleet.domain.market.statistics import SymbolStats
from botfleet.domain.trades.opportunities import ExpirationMode, ExpirationRule, NetGreeks, Odds
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.facts import (
    BOOK,
    ENDED,
    HISTORY,
    MEMORY,
    ChanceOf,
    CloseOf,
    EventsOf,
    ExpectedMoveOf,
    ExpirationOf,
    IndicatorOf,
    OpportunityOf,
    Question,
    QuoteOf,
    RangeOf,
    StatsOf,
    ValueOf,
)
from botfleet.domain.trees.history import Attempts, Ended, History, Last, Streak
from botfleet.domain.trees.memory import BOT, Mark, Memory, Remembered, of_position, of_symbol
from botfleet.domain.trees.series import Series
from tests.domain.trees.sample import (
    AT,
    EXPIRES_ON,
    SPEC,
    book,
    opportunity,
    position,
    position_id,
    put_legs,
    quote,
    valuation,
)

D = Decimal
IN_30 = ExpirationRule(ExpirationMode.AT_LEAST, 30)
GREEKS, ODDS = NetGreeks(5.0, 0.5, 1.5, -8.0), Odds(0.7, 0.6, 0.1, 0.3, 12.0, 0.03)
HELD = replace(position(), tags=("income", "a"), gain=0.5, opened_at=AT - timedelta(minutes=45))
LEG_QUOTES = tuple(
    OptionQuote(
        leg.option,
        AT,
        D("0.40"),
        D("0.44"),
        last=D("0.45"),
        delta=-0.2,
        open_interest=90,
        open=D("0.30"),
        high=D("0.50"),
        low=D("0.25"),
        previous_close=D("0.36"),
    )
    for leg in put_legs(95, 100)
    if leg.option is not None
)
EVENTS = EventCalendar(
    "SPY",
    date(2026, 1, 1),
    date(2027, 12, 31),
    (Earnings(date(2026, 11, 20), Timing.AFTER_CLOSE),),
    (date(2026, 12, 18),),
)
ECONOMY = replace(EVENTS, symbol=None, economic=(EconomicEvent("CPI", date(2026, 11, 18)),))
MARKS = (
    Remembered(Mark.TAG, of_symbol("SPY"), "hot"),
    Remembered(Mark.TAG, BOT, "calm"),
    Remembered(Mark.SWITCH, BOT, "risk"),
    Remembered(Mark.COUNTER, BOT, "tries", 3),
    Remembered(Mark.SWITCH, of_position(position_id(1)), "rolled"),
    Remembered(Mark.COUNTER, of_position(position_id(1)), "rolls", 2),
)
PAST = History(
    (
        Last("SPY", "income", AT - timedelta(minutes=45), AT - timedelta(days=2)),
        Last("QQQ", "", AT - timedelta(days=40), AT - timedelta(days=39)),
    ),
    1,
    wins=3,
    losses=1,
    streak=Streak(2, 5_000, "profit"),
    realised=20_000,
    realised_today=5_000,
    expiring_today=1_000,
    earned_before=6_000,
    attempts=(Attempts(position_id(1), "profit", 2), Attempts(position_id(1), "Scanner", 1)),
)
SERIES = Series("SPY", "RSI", period=14)
MORE_FACTS: dict[Question, object] = {
    StatsOf("SPY"): SymbolStats("SPY", Kind.ETF, 0.20, 0.0125, 0.25, 40.0, (400, 600)),
    CloseOf("SPY", 1): D(100),
    QuoteOf("VIX"): replace(quote("VIX", "20"), high=D(22)),
    CloseOf("VIX", 1): D(16),
    ChanceOf("SPY", D(105), None, 30): 0.3,
    ChanceOf("SPY", D("96.90"), D("107.10"), 30): 0.6,
    ChanceOf("SPY", None, D(100), 30): 0.25,
    ExpectedMoveOf("SPY", IN_30): D("5.1"),
    ExpirationOf("SPY", IN_30): EXPIRES_ON,
    RangeOf("SPY", 30): OpeningRange("SPY", 30, D(101), D(100)),
    EventsOf("SPY"): EVENTS,
    EventsOf(): ECONOMY,
    IndicatorOf("SPY", "RSI", 14, sessions_ago=5): 50.0,
    IndicatorOf("SPY", "MACD", 26, "hist", (12, 26, 9)): 0.4,
    IndicatorOf("SPY", "BBANDS", 20, "upper", (D(2),)): 101.0,
    IndicatorOf("SPY", "BBANDS", 20, "", (D(2),)): 103.0,
    IndicatorOf("SPY", "STOCH", 14, "", (14, 3, 3)): 40.0,
    IndicatorOf("SPY", "STOCH", 14, "d", (14, 3, 3)): 45.0,
    IndicatorOf("SPY", "ATR", 14): 2.04,
    ValueOf(position_id(1)): replace(
        valuation(1, "-0.52", "-0.48"), greeks=GREEKS, odds=ODDS, leg_quotes=LEG_QUOTES
    ),
    OpportunityOf(SPEC): replace(opportunity(), greeks=GREEKS, odds=ODDS, leg_quotes=LEG_QUOTES),
    MEMORY: Memory(MARKS),
    HISTORY: PAST,
    ENDED: (
        Ended("closed", "SPY", Structure.IRON_CONDOR, ("income",), EXPIRES_ON, 4),
        Ended("closed", "QQQ", Structure.LONG_CALL, (), None, 2),
        Ended("error", "SPY", Structure.IRON_CONDOR, (), EXPIRES_ON, 3),
    ),
    CloseOf("SPY", 0, Lookback.YEAR_START): D(85),
    BOOK: replace(book(HELD), symbols_n=3),
}
