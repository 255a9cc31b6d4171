"""What is measured at the close is what the simulated market tells of that day; once, and in time.

Two roads to one number: the fleet looks at whole chains through the port after the close, the
market computes its own past. Tomorrow's rank rests on both together.
"""

from datetime import date, timedelta

import pytest

from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.market.volatilities import SimulatedVolatilities
from botfleet.application.gather import Gatherer
from botfleet.application.recollect import recollect
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import next_session, session_on
from botfleet.domain.market.statistics import RANK_DAYS, DailyVolatility, SymbolStats
from botfleet.domain.schedules.agenda import Kind
from botfleet.domain.trees.facts import StatsOf
from tests.application.bots import bot, looped, scanner, spread
from tests.application.house import House
from tests.application.market import DAY

SEED = 7
PAST = SimulatedVolatilities(SEED)
LOOKED = {"SPY", "QQQ", "TLT"}
SESSION = session_on(DAY)
assert SESSION is not None
CLOSE = SESSION.closes_at


@pytest.fixture
def fleet(house: House) -> House:
    """The house on the simulated market, with a bot that looks at three symbols."""
    house.market = SimulatedMarket(SEED, house.clock)  # type: ignore[assignment]
    house.add(bot(looped(spread("$symbol"))))
    house.route(CLOSE - timedelta(seconds=1))
    return house


def kept(fleet: House, day: date = DAY) -> dict[str, DailyVolatility]:
    found = fleet.volatilities.recent([*LOOKED, "XOM"], day + timedelta(days=1), 1)
    return {symbol: newest for symbol, (newest,) in found.items()}


def test_the_close_is_measured_and_is_what_the_market_tells_of_that_day(fleet: House) -> None:
    fleet.run(CLOSE)
    told = PAST.recent(LOOKED, DAY + timedelta(days=1), 1)
    assert kept(fleet).keys() == told.keys() == LOOKED
    for symbol, (own,) in told.items():
        assert kept(fleet)[symbol].day == own.day == DAY
        assert kept(fleet)[symbol].value == pytest.approx(own.value, rel=1e-9)
    assert fleet.one("SELECT state FROM work WHERE kind = 'measure'") == ("done",)


def test_what_is_measured_already_is_left_alone(fleet: House) -> None:
    """A row that is done does nothing; another batch asks only for what nobody has measured."""
    fleet.volatilities.record([("SPY", DailyVolatility(DAY, 0.5))])
    (pointer,) = (one for one in fleet.route(CLOSE) if _kind(fleet, one.work_id) == Kind.MEASURE)
    fleet.instance.do(pointer.work_id)
    assert kept(fleet)["SPY"].value == 0.5
    before = kept(fleet)
    assert fleet.instance.do(pointer.work_id) is None
    assert kept(fleet) == before
    assert before.keys() == LOOKED


def test_a_row_that_is_done_on_another_day_measures_nothing(fleet: House) -> None:
    """The evening's chains are gone: better no value than tomorrow's in yesterday's place."""
    pointers = fleet.route(CLOSE)
    fleet.clock.at = next_session(DAY).opens_at + timedelta(hours=1)
    for pointer in pointers:
        fleet.instance.do(pointer.work_id)
    assert fleet.one("SELECT state FROM work WHERE kind = 'measure' AND bots <> '{}'") == (
        "missed",
    )
    assert kept(fleet) == {}


def test_a_rank_is_known_on_the_first_day_and_moves_with_what_is_measured(fleet: House) -> None:
    """By hand from the market's own past: today from the year before, tomorrow with today in it."""
    assert recollect(LOOKED, DAY, told=PAST, kept=fleet.volatilities) == 3
    assert recollect(LOOKED, DAY, told=PAST, kept=fleet.volatilities) == 0
    fleet.run(CLOSE)
    for day in (DAY, next_session(DAY).day):
        session = session_on(day)
        assert session is not None
        fleet.clock.at = session.opens_at + timedelta(minutes=30)
        gatherer = Gatherer(fleet.market, volatilities=fleet.volatilities)
        for symbol, stats in _stats(gatherer, fleet).items():
            values = [one.value for one in PAST.recent([symbol], day, RANK_DAYS + 1)[symbol]]
            low, high = min(values), max(values)
            expected = 100 * (values[-1] - low) / (high - low)
            assert stats.iv_rank == pytest.approx(expected, abs=1e-6), (symbol, day)


def test_bots_without_options_leave_no_trace(house: House) -> None:
    """Chains that tell no volatility: the row is done, nothing is kept."""
    house.add(bot(scanner(spread())))
    house.route(CLOSE - timedelta(seconds=1))
    house.run(CLOSE)
    assert house.one("SELECT state FROM work WHERE kind = 'measure'") == ("done",)
    assert kept(house) == {}


def _stats(gatherer: Gatherer, fleet: House) -> dict[str, SymbolStats]:
    now = fleet.clock.now()
    assert day_of(now) >= DAY
    answers = gatherer.gather({StatsOf(symbol) for symbol in LOOKED}, {}, now)
    found = {one.symbol: one for one in answers.values() if isinstance(one, SymbolStats)}
    assert found.keys() == LOOKED
    return found


def _kind(fleet: House, work_id: object) -> str:
    return str(fleet.one(f"SELECT kind FROM work WHERE work_id = '{work_id}'")[0])
