"""Every recipe of the catalogue: its answer, its sentence, and what it does without data."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from botfleet.domain.positions.position import PositionState
from botfleet.domain.trades.opportunities import (
    LOOP_SYMBOL,
    ExpirationMode,
    ExpirationRule,
    NoTrade,
)
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.conditions import Criterion
from botfleet.domain.trees.facts import (
    BOOK,
    HISTORY,
    MEMORY,
    NOW,
    Binding,
    CloseOf,
    IndicatorOf,
    NoData,
    OpportunityOf,
    Question,
    QuoteOf,
    ValueOf,
)
from botfleet.domain.trees.grammar import KINDS, render
from botfleet.domain.trees.recipes.catalogue import CATALOGUE, CATEGORIES
from botfleet.domain.trees.series import Series
from tests.domain.trees.answers import MORE_ANSWERS
from tests.domain.trees.sample import (
    SPEC,
    TIME,
    answer,
    book,
    criterion,
    opportunity,
    position,
    position_id,
    price,
    quote,
    valuation,
)
from tests.domain.trees.wednesday import HELD as WHOLE
from tests.domain.trees.wednesday import MORE_FACTS

D = Decimal
SYMBOL = Binding(symbol="SPY")
HELD = Binding(position=WHOLE)
FACTS: dict[Question, object] = {
    QuoteOf("SPY"): quote("SPY", "102", "101.98", "102.02"),
    CloseOf("SPY", 5): D(100),
    IndicatorOf("SPY", "RSI", 14): 55.0,
    IndicatorOf("SPY", "SMA", 20): 101.5,
    IndicatorOf("SPY", "SMA", 50): 103.0,
    OpportunityOf(SPEC): opportunity(),
    ValueOf(position_id(1)): valuation(1, "-0.52", "-0.48"),
    NOW: TIME,
    BOOK: book(position()),
    **MORE_FACTS,
}

ANSWERS: list[tuple[str, dict[str, object], str]] = [
    ("stock_price", {"relation": "above", "value": D("101.99")}, "yes"),
    ("stock_price_between", {"low": D(102), "high": D(102)}, "yes"),
    ("stock_change", {"relation": "at_least", "percent": D("0.02")}, "yes"),
    ("stock_change", {"relation": "above", "percent": D("0.02")}, "no"),
    ("stock_change_since", {"relation": "exactly", "sessions": 5, "percent": D("0.02")}, "yes"),
    ("stock_price_since", {"relation": "below", "sessions": 5}, "no"),
    ("stock_gap", {"relation": "at_most", "percent": D("0.01")}, "yes"),
    ("stock_spread", {"value": D("0.04")}, "no"),
    ("stock_spread", {"value": D("0.05")}, "yes"),
    ("stock_volume", {"relation": "below", "count": 501}, "yes"),
    ("stock_is", {"other": "SPY"}, "yes"),
    (
        "indicator_value",
        {"indicator": "RSI", "period": 14, "relation": "below", "value": D("55.1")},
        "yes",
    ),
    ("indicator_between", {"indicator": "RSI", "period": 14, "low": D(55), "high": D(60)}, "yes"),
    ("indicator_price_average", {"relation": "above", "average": "SMA", "period": 20}, "yes"),
    (
        "indicator_averages",
        {"average": "SMA", "period": 20, "relation": "above", "slow_period": 50},
        "no",
    ),
    ("opportunity_available", {"trade": SPEC}, "yes"),
    ("opportunity_return", {"trade": SPEC, "relation": "at_least", "percent": D("0.25")}, "yes"),
    ("opportunity_return", {"trade": SPEC, "relation": "above", "percent": D("0.25")}, "no"),
    ("opportunity_spread", {"trade": SPEC, "value": D("0.11")}, "yes"),
    ("opportunity_premium", {"trade": SPEC, "relation": "exactly", "value": D(1)}, "yes"),
    ("opportunity_max_loss", {"trade": SPEC, "relation": "below", "value": D(400)}, "no"),
    ("position_return", {"relation": "at_least", "percent": D("0.5")}, "yes"),
    ("position_profit", {"relation": "exactly", "value": D(100)}, "yes"),
    ("position_trails", {"target": D("0.5"), "trail": D("0.01")}, "no"),
    ("position_expires_in", {"relation": "exactly", "days": 30}, "yes"),
    ("position_expires_in", {"relation": "less", "days": 30}, "no"),
    ("position_open_for", {"relation": "at_least", "minutes": 45}, "yes"),
    ("position_in_the_money", {}, "no"),
    ("position_symbol", {"ticker": "SPY"}, "yes"),
    ("bot_available_capital", {"relation": "above", "value": D("2500.50")}, "no"),
    ("bot_net_liquidation", {"relation": "at_least", "value": D(10100)}, "yes"),
    ("bot_positions", {"relation": "exactly", "count": 1}, "yes"),
    ("bot_opened_today", {"relation": "fewer", "count": 2}, "no"),
    ("bot_has_position", {}, "yes"),
    ("general_time", {"relation": "before", "time": KINDS["clock"].read("10:00")}, "no"),
    ("general_time", {"relation": "at_or_after", "time": KINDS["clock"].read("10:00")}, "yes"),
    ("general_closes_in", {"relation": "less", "minutes": 361}, "yes"),
    ("general_open_for", {"relation": "more", "minutes": 30}, "no"),
    ("general_weekday", {"days": ("wednesday",)}, "yes"),
    *MORE_ANSWERS,
]


def one(recipe_id: str, arguments: dict[str, object]) -> Criterion:
    needs = CATALOGUE[recipe_id].parameters.get("symbol") == "symbol"
    return criterion(recipe_id, **({"symbol": "SPY"} if needs else {}), **arguments)


@pytest.mark.parametrize(("recipe_id", "arguments", "expected"), ANSWERS)
def test_a_recipe_answers(recipe_id: str, arguments: dict[str, object], expected: str) -> None:
    assert answer(one(recipe_id, arguments), FACTS, HELD) == expected


@pytest.mark.parametrize(("recipe_id", "arguments", "_"), ANSWERS)
def test_a_recipe_with_no_answers_says_no_data_and_never_raises(
    recipe_id: str, arguments: dict[str, object], _: str
) -> None:
    """R2, S84: every question answered `NoData`; recipes that ask nothing still answer."""
    missing: dict[Question, object] = dict.fromkeys(FACTS, NoData("x", "y"))
    missing[MEMORY] = missing[HISTORY] = NoData("x", "y")
    asks_nothing = recipe_id in {
        *("stock_is", "position_symbol", "position_structure", "position_tags"),
    }
    assert answer(one(recipe_id, arguments), missing, HELD) == (
        "yes" if asks_nothing else "no_data"
    )


@pytest.mark.parametrize(("recipe_id", "arguments", "_"), ANSWERS)
def test_a_recipe_renders_to_one_sentence(
    recipe_id: str, arguments: dict[str, object], _: str
) -> None:
    sentence = render(one(recipe_id, arguments))
    assert sentence[0].isupper()
    assert not set("{}$_") & set(sentence.replace("$", "", 1))


def test_every_recipe_is_tried_here() -> None:
    assert {recipe_id for recipe_id, _, _ in ANSWERS} == set(CATALOGUE)
    assert set(CATEGORIES) == {
        *("stock", "indicator", "opportunity", "position", "bot", "general"),
    }


@pytest.mark.parametrize("recipe", CATALOGUE.values(), ids=list(CATALOGUE))
def test_a_recipes_data_agree_with_each_other(recipe: object) -> None:
    """The sentence names every parameter, every kind exists, the id begins with the category."""
    known = next(one for one in CATALOGUE.values() if one is recipe)
    assert set(known.parameters.values()) <= set(KINDS)
    assert known.recipe_id.startswith(known.category)
    assert all(f"{{{name}}}" in known.sentence for name in known.parameters)


@pytest.mark.parametrize(("name", "dollars"), [("zero_dte_open_pl", 100), ("zero_dte_pl", 110)])
def test_what_expires_today_is_counted_apart_from_what_expires_later(
    name: str, dollars: int
) -> None:
    """Two positions 100 dollars up, one of which expires today; 10 more were closed today."""
    today = replace(WHOLE, position_id=position_id(2), expires_on=TIME.at.date())
    facts = {**FACTS, BOOK: book(WHOLE, today)}
    wanted = criterion("bot_property", property=name, relation="exactly", value=D(dollars))
    assert answer(wanted, facts) == "yes"


def test_a_bot_at_a_limit_cannot_open() -> None:
    assert answer(criterion("bot_can_open"), {BOOK: book(refusal="open_positions")}) == "no"


@pytest.mark.parametrize(("last", "expected"), [("100.00", "no"), ("100.01", "yes")])
def test_above_100_is_false_at_100_and_true_a_cent_higher(last: str, expected: str) -> None:
    """S86."""
    msft = price("MSFT", "above", "100")
    assert render(msft) == "MSFT price is above 100"
    assert answer(msft, {QuoteOf("MSFT"): quote("MSFT", last)}) == expected


def test_a_percentage_renders_as_one() -> None:
    rate = one("opportunity_return", {"trade": SPEC, "relation": "above", "percent": D("0.25")})
    assert render(rate) == (
        "Opportunity SPY short put spread in at least 30 days rate of return is above 25%"
    )


@pytest.mark.parametrize("last", [None, "NaN", "sNaN"])
def test_a_price_that_is_none_or_no_number_is_no_data(last: str | None) -> None:
    facts = {QuoteOf("SPY"): quote("SPY", last)}
    between = one("stock_price_between", {"low": D(1), "high": D(2)})
    for asked in (price("SPY", "above", "1"), between):
        assert answer(asked, facts) == "no_data"


@pytest.mark.parametrize("word", ["above", "below"])
def test_an_indicator_that_is_no_number_is_no_data(word: str) -> None:
    named = {"symbol": "SPY", "indicator": "RSI", "period": 14}
    asked = criterion("indicator_value", **named, relation=word, value=D(30))
    assert answer(asked, {IndicatorOf("SPY", "RSI", 14): float("nan")}) == "no_data"


def test_the_loops_symbol_stands_in_and_is_no_data_outside_a_loop() -> None:
    asked = price(LOOP_SYMBOL, "above", "100")
    assert answer(asked, FACTS, SYMBOL) == "yes"
    assert answer(asked, FACTS) == "no_data"


@pytest.mark.parametrize("recipe_id", [name for name in CATALOGUE if name.startswith("position")])
def test_a_position_recipe_outside_a_loop_is_no_data(recipe_id: str) -> None:
    arguments = next(given for name, given, _ in ANSWERS if name == recipe_id)
    assert answer(one(recipe_id, arguments), FACTS) == "no_data"


def test_a_trade_that_cannot_be_met_is_unavailable_and_has_no_return() -> None:
    facts = {OpportunityOf(SPEC): NoTrade("W5", "No expiration available")}
    rate = one("opportunity_return", {"trade": SPEC, "relation": "below", "percent": D(1)})
    assert answer(one("opportunity_available", {"trade": SPEC}), facts) == "no"
    assert answer(rate, facts) == "no_data"


def test_an_unlimited_profit_is_above_any_rate() -> None:
    rate = one("opportunity_return", {"trade": SPEC, "relation": "above", "percent": D(10)})
    assert answer(rate, {OpportunityOf(SPEC): opportunity(None)}) == "yes"
    assert answer(rate, {OpportunityOf(SPEC): opportunity(loss=0)}) == "no_data"


def test_a_position_trails_once_it_reached_its_target_and_gave_some_back() -> None:
    """P8: high 0.80, now 0.50: given back 0.30."""
    held = Binding(position=position(high_gain=0.80))
    trails = one("position_trails", {"target": D("0.6"), "trail": D("0.3")})
    further = one("position_trails", {"target": D("0.6"), "trail": D("0.31")})
    assert answer(trails, FACTS, held) == "yes"
    assert answer(further, FACTS, held) == "no"


@pytest.mark.parametrize(
    ("high", "mid", "target", "trail"),
    [(0.3, "-0.8", "0.3", "0.1"), (0.7, "-0.6", "0.6", "0.3"), (0.9, "-0.4", "0.9", "0.3")],
)
def test_a_position_trails_at_its_levels_to_the_dot(
    high: float, mid: str, target: str, trail: str
) -> None:
    """Sold at 1.00. As floats 0.3 is less than 0.3 in tenths, and 0.7 - 0.4 too."""
    facts = {ValueOf(position_id(1)): valuation(1, mid, mid)}
    held = Binding(position=position(high_gain=high))
    trails = one("position_trails", {"target": D(target), "trail": D(trail)})
    assert answer(trails, facts, held) == "yes"


def test_both_ends_of_a_span_are_in_it_whatever_the_number_is_made_of() -> None:
    """R4: BOP of 0.1 lies between 0 and 0.1, though the float is a hair more than a tenth."""
    span = {"indicator": "BOP", "period": 14, "low": D(0), "high": D("0.1")}
    assert answer(one("indicator_between", span), {IndicatorOf("SPY", "BOP", 14): 0.1}) == "yes"


def test_the_previous_close_of_a_session_ago_is_the_close_of_two() -> None:
    """N14 by series: the day before yesterday SPY closed at 98, yesterday at 100."""
    series = Series("SPY", price="previous_close")
    facts: dict[Question, object] = {
        QuoteOf("SPY"): replace(quote("SPY", "102"), previous_close=D(100)),
        CloseOf("SPY", 1): D(100),
        CloseOf("SPY", 2): D(98),
    }
    rose = {"series": series, "direction": "increased", "sessions": 1}
    assert answer(one("indicator_moved", rose), facts) == "yes"
    level = {"series": replace(series, ago=1), "relation": "below", "value": D(99)}
    assert answer(one("indicator_level", level), facts) == "yes"


@pytest.mark.parametrize(("day", "expected"), [("2026-12-18", "yes"), ("2026-12-11", "no")])
def test_a_count_by_expiration_heeds_that_only_monthlies_are_meant(day: str, expected: str) -> None:
    """The third Friday of December 2026 is the 18th."""
    rule = ExpirationRule(ExpirationMode.AT_LEAST, 7, is_monthly=True)
    held = replace(position(), expires_on=date.fromisoformat(day))
    asked = {"relation": "exactly", "count": 1, "status": "open", "expiration": rule}
    named = one("bot_count", {**dict.fromkeys(("structure", "tags", "symbol")), **asked})
    assert answer(named, {**FACTS, BOOK: book(held)}) == expected


@pytest.mark.parametrize(("underlying", "expected"), [("100", "no"), ("99.99", "yes")])
def test_in_the_money_is_strictly_beyond_the_sold_strike(underlying: str, expected: str) -> None:
    facts = {ValueOf(position_id(1)): valuation(1, "-1", "-1", underlying)}
    assert answer(one("position_in_the_money", {}), facts, HELD) == expected


def test_shares_expire_in_more_days_than_any() -> None:
    shares = replace(position(), structure=Structure.LONG_EQUITY, expires_on=None)
    asked = {"relation": "less", "days": 3650}
    assert answer(one("position_expires_in", asked), FACTS, Binding(position=shares)) == "no"


def test_a_share_counts_once_and_a_contract_a_hundred_times() -> None:
    shares = replace(position(entry="90"), structure=Structure.LONG_EQUITY)
    facts = {ValueOf(position_id(1)): valuation(1, "99", "101")}
    gain = one("position_profit", {"relation": "exactly", "value": D(20)})
    assert answer(gain, facts, Binding(position=shares)) == "yes"


def test_a_closed_position_is_not_held_and_a_closing_one_is() -> None:
    for state, expected in ((PositionState.CLOSED, "no"), (PositionState.CLOSING, "yes")):
        facts = {BOOK: book(replace(position(), state=state))}
        assert answer(one("bot_has_position", {}), facts) == expected


def test_minutes_are_whole_ones() -> None:
    late = replace(TIME, at=TIME.closes_at - timedelta(minutes=15, seconds=-1))
    under = one("general_closes_in", {"relation": "less", "minutes": 15})
    assert answer(under, {NOW: late}) == "yes"


@pytest.mark.parametrize("price", ["open", "high", "low"])
def test_what_has_no_known_past_is_not_held_against_it(price: str) -> None:
    """Only closes are remembered: today's high beside a close of last week would say nothing."""
    kind = KINDS[CATALOGUE["indicator_moved"].parameters["series"]]
    with pytest.raises(ValueError, match="must be last or previous_close"):
        kind.read({"symbol": "SPY", "price": price})
    assert kind.read({"symbol": "SPY", "price": "last"}) == Series("SPY", price="last")
