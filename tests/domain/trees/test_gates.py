"""Entry and position criteria (3.7): met they let pass, unmet no order, unknown no data."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from botfleet.domain.market.events import Earnings, EconomicEvent, EventCalendar
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.market.statistics import SymbolStats
from botfleet.domain.money import dollars
from botfleet.domain.positions.position import PositionState
from botfleet.domain.trades.opportunities import NoTrade, Odds, Opportunity
from botfleet.domain.trades.rewards import reward_risk
from botfleet.domain.trees.facts import (
    EventsOf,
    Lacking,
    NoData,
    Question,
    QuoteOf,
    StatsOf,
)
from botfleet.domain.trees.gates import (
    EntryCriteria,
    Gates,
    TradeCriteria,
    before_looking,
    of_trade,
)
from tests.domain.trees.sample import book, opportunity, position, put_legs, quote

D = Decimal
ODDS = Odds(0.70, 0.60, 0.20, 0.40, 12.0, 0.08)


def trade() -> Opportunity:
    """A spread 2.00 wide sold for 0.50: the golden ratio of 2.8 is 0.5 / 1.5."""
    found = opportunity()
    return replace(
        found,
        bid=D("-0.55"),
        ask=D("-0.45"),
        max_profit=dollars(50),
        max_loss=dollars(150),
        odds=ODDS,
        expires_on=date(2026, 12, 18),
    )


def call(strike: int, ratio: int) -> Leg:
    return Leg(Option("SPY", date(2026, 12, 18), Right.CALL, D(strike)), ratio)


def entry(criteria: EntryCriteria, facts: dict[Question, object] | None = None) -> object:
    one = book(position())
    return before_looking(Gates(entry=criteria), "SPY", one, facts or {})


@pytest.mark.parametrize(
    ("criteria", "passes"),
    [
        (EntryCriteria(), True),
        (EntryCriteria(open_positions_below=2), True),
        (EntryCriteria(open_positions_below=1), False),
        (EntryCriteria(open_with_symbol_below=1), False),
        (EntryCriteria(opened_today_below=3), True),  # two were opened today
        (EntryCriteria(opened_today_below=2), False),
    ],
)
def test_counts_are_held_against_the_book(criteria: EntryCriteria, *, passes: bool) -> None:
    answer = entry(criteria)
    assert (answer is None) if passes else isinstance(answer, NoTrade)


def test_what_has_ended_counts_no_more() -> None:
    ended = replace(position(), state=PositionState.CLOSED, legs=trade().legs)
    one, gates = book(ended), Gates(EntryCriteria(open_positions_below=1, no_identical_leg=True))
    assert before_looking(gates, "SPY", one, {}) is None
    assert of_trade(gates, trade(), one, {}) is None


def test_the_capital_must_hold_the_whole_risk_of_a_unit() -> None:
    """150 dollars at risk fit into 150 and no less; what is there is told in dollars."""
    gates, enough = Gates(EntryCriteria(has_capital=True)), replace(book(), available=15_000)
    assert of_trade(gates, trade(), enough, {}) is None
    answer = of_trade(gates, trade(), replace(enough, available=14_999), {})
    assert isinstance(answer, NoTrade)
    assert answer.message == "Criterion not met: has capital $150.00 (is $149.99)"
    assert of_trade(Gates(), trade(), replace(enough, available=0), {}) is None


def test_the_index_and_the_rank_are_asked_for_and_judged() -> None:
    wanted = EntryCriteria(vix_between=(D(12), D(20)), iv_rank_between=(D(30), D(80)))
    asked = entry(wanted)
    assert isinstance(asked, Lacking)
    assert asked.questions == {QuoteOf("VIX"), StatsOf("SPY")}
    facts: dict[Question, object] = {
        QuoteOf("VIX"): quote("VIX", "20"),
        StatsOf("SPY"): SymbolStats("SPY", iv_rank=30.0),
    }
    assert entry(wanted, facts) is None
    facts[StatsOf("SPY")] = SymbolStats("SPY")
    answer = entry(wanted, facts)
    assert isinstance(answer, NoData)
    assert "implied volatilities" in answer.why
    facts[QuoteOf("VIX")] = quote("VIX", "20.01")
    assert isinstance(entry(wanted, facts), NoTrade)


def judged(criteria: TradeCriteria, found: Opportunity | None = None, **facts: object) -> object:
    known: dict[Question, object] = {EventsOf("SPY"): facts.get("events")} if facts else {}
    return of_trade(Gates(trade=criteria), found or trade(), book(), known)


@pytest.mark.parametrize(
    ("met", "unmet"),
    [
        (TradeCriteria(spread_below=D("0.11")), TradeCriteria(spread_below=D("0.10"))),
        (
            TradeCriteria(mid_between=(D("0.5"), D(1))),
            TradeCriteria(mid_between=(D("0.6"), D(1))),
        ),
        (TradeCriteria(reward_risk_above=D("0.33")), TradeCriteria(reward_risk_above=D("0.34"))),
        (
            TradeCriteria(profit_chance_above=D("0.69")),
            TradeCriteria(profit_chance_above=D("0.7")),
        ),
        (TradeCriteria(max_profit_chance_above=D("0.5")), TradeCriteria(is_favorable=True)),
        (
            TradeCriteria(max_loss_chance_below=D("0.21")),
            TradeCriteria(max_loss_chance_below=D("0.2")),
        ),
        (TradeCriteria(alpha_above=D("0.07")), TradeCriteria(alpha_above=D("0.08001"))),
        (TradeCriteria(expected_value_above=D(11)), TradeCriteria(expected_value_above=D(12))),
        (TradeCriteria(max_profit_above=D(49)), TradeCriteria(max_profit_above=D(50))),
        (TradeCriteria(max_loss_below=D(151)), TradeCriteria(max_loss_below=D(150))),
    ],
)
def test_a_trade_is_held_against_each_criterion(met: TradeCriteria, unmet: TradeCriteria) -> None:
    """0.60 x 50 = 30 does not outweigh 0.40 x 150 = 60: not favourable."""
    assert judged(met) is None
    answer = judged(unmet)
    assert isinstance(answer, NoTrade)
    assert answer.code == "G1"


def test_a_reward_is_fair_where_it_outweighs_the_chance_of_missing_it() -> None:
    """Of 50 against 150 at least three in four must bring all of it; any profit is not enough."""
    for chance, is_fair in ((0.76, True), (0.74, False)):
        found = replace(trade(), odds=replace(ODDS, profit=0.9, max_profit=chance))
        answer = judged(TradeCriteria(is_favorable=True), found)
        assert (answer is None) if is_fair else isinstance(answer, NoTrade)


def test_a_bound_that_is_met_to_the_dot_is_not_passed() -> None:
    """100 for 1,000 is a tenth, and above a tenth is more than that."""
    tenth = replace(trade(), max_profit=dollars(100), max_loss=dollars(1000))
    assert isinstance(judged(TradeCriteria(reward_risk_above=D("0.1")), tenth), NoTrade)
    assert judged(TradeCriteria(reward_risk_above=D("0.09")), tenth) is None
    likely = replace(tenth, odds=replace(ODDS, profit=0.1, max_loss=0.3))
    assert isinstance(judged(TradeCriteria(profit_chance_above=D("0.1")), likely), NoTrade)
    assert isinstance(judged(TradeCriteria(max_loss_chance_below=D("0.3")), likely), NoTrade)


def test_a_rank_at_the_end_of_its_span_lies_in_it() -> None:
    facts: dict[Question, object] = {StatsOf("SPY"): SymbolStats("SPY", iv_rank=33.1)}
    assert entry(EntryCriteria(iv_rank_between=(D(20), D("33.1"))), facts) is None


def test_an_unlimited_profit_is_above_any_bound() -> None:
    """As it is to the recipes: a long call passes what asks for a hundred dollars, or tenfold."""
    call = replace(trade(), max_profit=None)
    for wanted in (
        TradeCriteria(max_profit_above=D(100)),
        TradeCriteria(reward_risk_above=D(10)),
    ):
        assert judged(wanted, call) is None


def test_the_golden_rate_of_return() -> None:
    assert reward_risk(trade()) == D(50) / 150


def test_what_is_not_known_is_no_data() -> None:
    assert isinstance(judged(TradeCriteria(alpha_above=D(0)), replace(trade(), odds=None)), NoData)


def test_the_nearest_sold_strike_says_how_far_out_of_the_money_a_trade_is() -> None:
    """At 102: the 100 put is 2/102 out, a call of 103 1/102; in the money is nothing out."""
    put_spread = trade()
    condor = replace(put_spread, legs=(*put_spread.legs, call(103, -1), call(110, 1)))
    for found, away in ((put_spread, D(2) / 102), (condor, D(1) / 102)):
        assert judged(TradeCriteria(otm_above=away - D("0.0001")), found) is None
        assert isinstance(judged(TradeCriteria(otm_above=away), found), NoTrade)
    inside = replace(put_spread, underlying=D(99))
    assert judged(TradeCriteria(otm_above=D("-0.001")), inside) is None
    assert isinstance(judged(TradeCriteria(otm_above=D(0)), inside), NoTrade)


def test_what_is_only_bought_is_as_far_out_as_its_strike_and_shares_are_nowhere() -> None:
    bought = replace(trade(), legs=put_legs(95, 100)[:1])
    assert judged(TradeCriteria(otm_above=D(7) / 102 - D("0.0001")), bought) is None
    assert isinstance(judged(TradeCriteria(otm_above=D(7) / 102), bought), NoTrade)
    shares = replace(trade(), legs=(Leg(None, 1),))
    assert isinstance(judged(TradeCriteria(otm_above=D(0)), shares), NoData)
    assert isinstance(judged(TradeCriteria(width_between=(D(0), D(9))), shares), NoData)


def test_the_wider_wing_is_the_width() -> None:
    """95/100 and 110/120: five below, ten above."""
    condor = replace(trade(), legs=(*trade().legs, call(110, -1), call(120, 1)))
    assert judged(TradeCriteria(width_between=(D(10), D(10))), condor) is None
    assert isinstance(judged(TradeCriteria(width_between=(D(4), D(9))), condor), NoTrade)


@pytest.mark.parametrize("name", ["before_fomc", "before_ex_dividend"])
def test_a_trade_must_expire_before_the_committee_or_the_dividend(name: str) -> None:
    """Each by its own calendar: the other's days, and other events, hold nothing back."""
    wanted = TradeCriteria(**{name: True})  # type: ignore[arg-type]
    calendar = EventCalendar("SPY", date(2026, 1, 1), date(2027, 12, 31))
    asked = EventsOf(None) if name == "before_fomc" else EventsOf("SPY")
    assert of_trade(Gates(trade=wanted), trade(), book(), {}) == Lacking(frozenset({asked}))
    for day, lets in ((18, False), (19, True)):
        on = date(2026, 12, day)
        fomc = replace(calendar, economic=(EconomicEvent("FOMC Meeting", on),))
        dividend = replace(calendar, ex_dividends=(on,))
        known = fomc if name == "before_fomc" else dividend
        other = dividend if name == "before_fomc" else fomc
        answer = of_trade(Gates(trade=wanted), trade(), book(), {asked: known})
        assert (answer is None) if lets else isinstance(answer, NoTrade)
        assert of_trade(Gates(trade=wanted), trade(), book(), {asked: other}) is None


def test_what_never_expires_is_before_nothing() -> None:
    shares = replace(trade(), legs=(Leg(None, 1),), expires_on=None)
    known = EventCalendar("SPY", date(2026, 1, 1), date(2027, 12, 31))
    assert isinstance(judged(TradeCriteria(before_earnings=True), shares, events=known), NoData)
    unheard = NoData("events of SPY", "nobody keeps them")
    assert isinstance(judged(TradeCriteria(before_earnings=True), events=unheard), NoData)


def test_a_trade_must_expire_before_earnings_that_are_known() -> None:
    """Expiring on the day itself is not before; beyond the calendar's end nobody knows."""
    wanted = TradeCriteria(before_earnings=True)
    assert isinstance(judged(wanted), Lacking)
    known = EventCalendar("SPY", date(2026, 1, 1), date(2027, 12, 31))
    assert judged(wanted, events=known) is None
    after = replace(known, earnings=(Earnings(date(2026, 12, 19)),))
    assert judged(wanted, events=after) is None
    within = replace(known, earnings=(Earnings(date(2026, 12, 18)),))
    assert isinstance(judged(wanted, events=within), NoTrade)
    assert isinstance(judged(wanted, events=replace(known, until=date(2026, 12, 1))), NoData)


def test_a_leg_already_held_is_refused() -> None:
    held = replace(position(), legs=trade().legs)
    answer = of_trade(Gates(EntryCriteria(no_identical_leg=True)), trade(), book(held), {})
    assert isinstance(answer, NoTrade)
    assert of_trade(Gates(EntryCriteria(no_identical_leg=True)), trade(), book(), {}) is None


def test_the_other_side_of_a_leg_and_other_shares_are_not_the_same_leg() -> None:
    gates = Gates(EntryCriteria(no_identical_leg=True))
    turned = tuple(replace(leg, ratio=-leg.ratio) for leg in trade().legs)
    assert of_trade(gates, trade(), book(replace(position(), legs=turned)), {}) is None
    shares = replace(trade(), legs=(Leg(None, 1),))
    held = replace(position(), legs=shares.legs)
    assert isinstance(of_trade(gates, shares, book(held), {}), NoTrade)
    assert of_trade(gates, shares, book(replace(held, symbol="QQQ")), {}) is None
