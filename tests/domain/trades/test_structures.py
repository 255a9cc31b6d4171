"""The structures and strike rules beyond the verticals: 3.2 and 3.4, on a child's chain."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.money import dollars
from botfleet.domain.trades.expirations import pick_expiration
from botfleet.domain.trades.margin import max_profit, worst_case
from botfleet.domain.trades.opportunities import (
    ByDelta,
    ByDeltaRange,
    ByDeviation,
    ByExpectedMove,
    ByMatch,
    ByOffset,
    ByPosition,
    ByPremium,
    BySame,
    ByStrike,
    ByWidth,
    ExpirationMode,
    ExpirationRule,
    NoTrade,
    Opportunity,
    PriceSide,
    Reference,
    StrikeMode,
    StrikeRule,
    TradeSpec,
    bound_to,
)
from botfleet.domain.trades.pricing import years_to_expiration
from botfleet.domain.trades.probabilities import Outlook
from botfleet.domain.trades.selection import Sight, build
from botfleet.domain.trades.structures import Structure, strikes_of
from tests.domain.trades.test_selection import (
    ANY,
    CALLS,
    CHAIN,
    EXPIRES_ON,
    PUTS,
    SPY,
    TODAY,
    after,
    spec,
)

D = Decimal
S, M = Structure, ExpirationMode
LATER = date(2027, 1, 15)


def later(quotes: tuple) -> tuple:  # type: ignore[type-arg]
    """The same a month later, a dollar dearer, with a volatility."""
    return tuple(
        replace(
            quote,
            option=quote.option._replace(expires_on=LATER),
            bid=quote.bid + 1,
            ask=quote.ask + 1,
            implied_volatility=0.25,
        )
        for quote in quotes
    )


PLAIN = Sight()
BACK = Chain("SPY", LATER, CHAIN.at, SPY, later(CALLS), later(PUTS))


def strikes(one: TradeSpec, sight: Sight = PLAIN) -> str:
    found = build(one, CHAIN, replace(SPY, open=D(98)), sight)
    if isinstance(found, NoTrade):
        return found.code
    return " ".join(map(str, strikes_of(found.legs)))


@pytest.mark.parametrize(
    ("rule", "strike"),
    [
        (ByStrike(D(97)), "95"),
        (ByStrike(D("97.5"), StrikeMode.OR_HIGHER), "100"),
        (ByStrike(D(97), StrikeMode.EXACTLY), "E2"),
        (ByStrike(D(80)), "80"),
        (ByStrike(D(120)), "120"),
        (ByStrike(D(200)), "E2"),
        (ByDeltaRange(D("0.30"), D("0.50")), "95"),  # 0.35 and 0.45: the middle's lower neighbour
        (ByDeltaRange(D("0.30"), D("0.60")), "100"),  # the middle of three
        (ByDeltaRange(D("0.36"), D("0.44")), "E2"),
        (ByPremium(D("1.2")), "90"),  # mids 0.25 0.50 1.25 2.50 4.25
        (ByPremium(D("1.2"), PriceSide.BID), "90"),
        (ByPremium(D("1.3"), PriceSide.ASK, StrikeMode.EXACTLY), "90"),
        (ByPremium(D("1.2"), mode=StrikeMode.EXACTLY), "E2"),
        (ByPremium(D("1.3"), mode=StrikeMode.OR_HIGHER), "95"),
        (ByPremium(D("1.2"), mode=StrikeMode.OR_LOWER), "85"),
        (ByOffset(D(-3), reference=Reference.OPEN), "95"),
        (ByOffset(D("-5.6"), reference=Reference.OPEN), "90"),  # 92.40 of an open of 98
        (ByOffset(D("-5.6"), is_percent=True, reference=Reference.OPEN), "95"),  # 92.51
        (ByDeviation(D(-1)), "95"),  # 100 · 0.2 · √(30/365) = 5.73 below
        (ByDeviation(D(-2)), "90"),  # 11.47 below: 90 is nearer than 85
        (ByExpectedMove(D(-1)), "90"),  # the straddle at 100 is 4.25 + 4.25
        (ByPosition(), "E2"),
    ],
)
def test_a_strike_is_found_by_every_rule(rule: object, strike: str) -> None:
    one = spec(S.LONG_PUT, long_put=rule)  # type: ignore[arg-type]
    assert strikes(one, Sight(sd30=0.2)) == strike


def test_a_standard_deviation_is_of_thirty_days_of_a_year_of_365() -> None:
    """100 · 0.26 · √(30/365) is 7.45, so 95 is nearer; of 0.2617 it is 7.503, and 90 is."""
    one = spec(S.LONG_PUT, long_put=ByDeviation(D(-1)))
    assert (strikes(one, Sight(sd30=0.26)), strikes(one, Sight(sd30=0.2617))) == ("95", "90")


@pytest.mark.parametrize(
    "rule", [ByDelta(D("0.35")), ByDeltaRange(D("0.30"), D("0.40")), ByStrike(D(95))]
)
def test_where_nothing_is_listed_or_known_nothing_is_found(rule: StrikeRule) -> None:
    one = spec(S.LONG_PUT, long_put=rule)
    unknown = tuple(replace(put, delta=None) for put in PUTS[:3]) + PUTS[3:]
    found = build(one, replace(CHAIN, puts=unknown), SPY)
    assert isinstance(found, Opportunity)
    assert strikes_of(found.legs) == (D(95),)
    none = build(one, replace(CHAIN, puts=()), SPY)
    assert isinstance(none, NoTrade)
    assert none.code == "E2"


def test_the_ends_of_a_range_of_deltas_lie_in_it() -> None:
    at_the_end = tuple(replace(put, delta=-0.35) if put is PUTS[3] else put for put in PUTS)
    for low, high in (("0.35", "0.44"), ("0.26", "0.35")):
        one = spec(S.LONG_PUT, long_put=ByDeltaRange(D(low), D(high)))
        found = build(one, replace(CHAIN, puts=at_the_end), SPY)
        assert isinstance(found, Opportunity), found
        assert strikes_of(found.legs) == (D(95),)


def test_either_wing_of_a_condor_matches_the_other() -> None:
    """Ten wide above, so ten wide below; and the other way round."""
    sold = {"short_put": ByStrike(D(95)), "short_call": ByStrike(D(105))}
    below = {"long_put": ByMatch("short_put"), "long_call": ByStrike(D(115))}
    above = {"long_put": ByStrike(D(85)), "long_call": ByMatch("short_call")}
    for wings in (below, above):
        assert strikes(spec(S.IRON_CONDOR, **sold, **wings)) == "85 95 105 115"  # type: ignore[arg-type]


def test_a_rule_that_leans_on_an_unknown_number_is_an_anomaly() -> None:
    one = spec(S.LONG_PUT, long_put=ByDeviation(D(-1)))
    assert strikes(one) == "W2"
    opened = spec(S.LONG_PUT, long_put=ByOffset(D(-1), reference=Reference.OPEN))
    assert isinstance(build(opened, CHAIN, SPY), NoTrade)


def test_a_butterfly_sells_both_rights_at_one_strike() -> None:
    wings: dict[str, StrikeRule] = {
        "long_put": ByWidth("short_put", D(-10)),
        "short_put": ByOffset(D(0)),
        "short_call": BySame("short_put"),
        "long_call": ByMatch("short_call"),
    }
    assert strikes(spec(S.IRON_BUTTERFLY, **wings)) == "90 100 100 110"
    apart: dict[str, StrikeRule] = {**wings, "short_call": ByOffset(D(5))}
    assert strikes(spec(S.IRON_BUTTERFLY, **apart)) == "E1"
    at = (D(90), D(100), D(100), D(115))
    assert worst_case(S.IRON_BUTTERFLY, at, D(-6)) == dollars(900)
    assert max_profit(S.IRON_BUTTERFLY, at, D(-6)) == dollars(600)


@pytest.mark.parametrize(
    ("structure", "legs", "mid", "loss", "profit"),
    [
        (S.SHORT_PUT_SPREAD, ((90, 1), (95, -1)), "-1.25", 375, 125),
        (S.LONG_PUT_SPREAD, ((90, -1), (95, 1)), "1.25", 125, 375),
        (S.SHORT_CALL_SPREAD, ((105, -1), (110, 1)), "-1.25", 375, 125),
        (S.LONG_CALL_SPREAD, ((105, 1), (110, -1)), "1.25", 125, 375),
    ],
)
def test_a_vertical_has_its_legs_its_price_and_its_risk(
    structure: Structure, legs: tuple[tuple[int, int], ...], mid: str, loss: int, profit: int
) -> None:
    """One strike at 2.50, its neighbour at 1.25: five wide, received or paid 1.25."""
    right = structure.value.split("_")[1]
    named = {
        f"{'long' if ratio > 0 else 'short'}_{right}": ByStrike(D(strike)) for strike, ratio in legs
    }
    found = build(spec(structure, **named), CHAIN, SPY)
    assert isinstance(found, Opportunity), found
    seen = [(leg.option.strike, leg.ratio) for leg in found.legs if leg.option is not None]
    assert seen == [(D(strike), ratio) for strike, ratio in legs]
    assert (found.mid, found.max_loss, found.max_profit) == (D(mid), dollars(loss), dollars(profit))


def test_a_width_may_be_a_percentage_of_the_other_strike() -> None:
    legs: dict[str, StrikeRule] = {
        "short_put": ByStrike(D(100)),
        "long_put": ByWidth("short_put", D(-10), is_percent=True),
    }
    assert strikes(spec(S.SHORT_PUT_SPREAD, **legs)) == "90 100"
    eighth = ByWidth("long_call", D("12.5"), StrikeMode.EXACTLY, is_percent=True)
    deep = spec(S.LONG_CALL_SPREAD, long_call=ByStrike(D(80)), short_call=eighth)
    assert strikes(deep) == "80 90"


def test_a_put_covered_by_cash_can_lose_its_strike_less_the_credit() -> None:
    found = build(spec(S.CASH_SECURED_PUT, short_put=ByStrike(D(95))), CHAIN, SPY)
    assert isinstance(found, Opportunity)
    assert (found.bid, found.ask, found.legs[0].ratio) == (D("-2.55"), D("-2.45"), -1)
    assert found.max_loss == dollars(9_250)
    assert found.max_profit == dollars(250)


def test_a_covered_call_is_priced_with_its_shares() -> None:
    """Shares 99.99 to 100.01 less the 105 call at 2.45 to 2.55: 97.44 to 97.56, delta 1 - 0.35.

    What 25 % of volatility makes of it: the chance of all it can earn is that of ending above the
    strike, and of profit that of ending above 97.50.
    """
    one = spec(S.COVERED_CALL, short_call=ByStrike(D(105)))
    found = build(one, CHAIN, SPY, Sight(sd30=0.25))
    assert isinstance(found, Opportunity)
    assert (found.bid, found.ask) == (D("97.44"), D("97.56"))
    assert (found.max_loss, found.max_profit) == (dollars(9_750), dollars(750))
    assert found.delta == pytest.approx(65)
    assert [(leg.option is None, leg.ratio) for leg in found.legs] == [(False, -1), (True, 1)]
    outlook = Outlook(100.0, 0.25, years_to_expiration(CHAIN.at, EXPIRES_ON), 0.04)
    assert found.odds is not None
    assert found.odds.max_profit == pytest.approx(outlook.above(105))
    assert found.odds.profit == pytest.approx(outlook.above(97.5))
    assert found.odds.max_loss == 0.0


def test_a_call_on_shares_is_a_credit_that_risks_what_the_shares_do() -> None:
    one = spec(S.CALL_ON_SHARES, short_call=ByStrike(D(105)))
    found = build(one, CHAIN, SPY, Sight(sd30=0.25))
    assert isinstance(found, Opportunity)
    assert (found.bid, found.ask) == (D("-2.55"), D("-2.45"))
    assert (found.max_loss, found.max_profit) == (dollars(0), dollars(250))
    outlook = Outlook(100.0, 0.25, years_to_expiration(CHAIN.at, EXPIRES_ON), 0.04)
    assert found.odds is not None
    assert found.odds.max_profit == pytest.approx(outlook.below(105))
    assert (found.odds.max_loss, found.odds.alpha) == (0.0, 0.0)


def calendar(structure: Structure, **rules: object) -> TradeSpec:
    back = ExpirationRule(M.AT_LEAST, 40)
    return TradeSpec("SPY", structure, ANY, tuple(rules.items()), back)  # type: ignore[arg-type]


def test_a_calendar_takes_its_later_leg_from_the_later_chain() -> None:
    one = calendar(S.CALL_CALENDAR, short_call=ByOffset(D(0)), long_call=BySame("short_call"))
    found = build(one, CHAIN, SPY, Sight(BACK, 0.2))
    assert isinstance(found, Opportunity)
    days = [leg.option.expires_on for leg in found.legs if leg.option is not None]
    assert days == [EXPIRES_ON, LATER]
    assert found.expires_on == EXPIRES_ON
    assert found.mid == 1
    assert found.max_loss == dollars(100)
    assert found.max_profit is None
    assert found.odds is not None
    assert 0 < found.odds.profit < 1
    assert strikes(one) == "W5"
    assert strikes(one, Sight(CHAIN)) == "E1"


def test_a_diagonal_buys_the_deeper_strike_later() -> None:
    one = calendar(S.CALL_DIAGONAL, long_call=ByStrike(D(95)), short_call=ByStrike(D(105)))
    assert strikes(one, Sight(BACK)) == "95 105"
    turned = calendar(S.CALL_DIAGONAL, long_call=ByStrike(D(105)), short_call=ByStrike(D(95)))
    assert strikes(turned, Sight(BACK)) == "E1"


def test_deltas_that_contradict_the_strikes_are_refused() -> None:
    """A sold leg has the greater delta (3.2): a chain that says otherwise is not traded on."""
    odd = tuple(replace(q, delta=-0.6) if q.option.strike == 90 else q for q in PUTS)
    legs = {"short_put": ByStrike(D(95)), "long_put": ByStrike(D(90))}
    found = build(spec(S.SHORT_PUT_SPREAD, **legs), replace(CHAIN, puts=odd), SPY)
    assert isinstance(found, NoTrade)
    assert found.code == "E1"


@pytest.mark.parametrize(
    ("rule", "listed", "expected"),
    [
        (ExpirationRule(M.ON_OR_AFTER, on=date(2026, 12, 1)), (9, 16, 30), 16),
        (ExpirationRule(M.ON, on=EXPIRES_ON), (9, 30), 30),
        (ExpirationRule(M.ON, on=date(2026, 12, 1)), (9, 30), None),
        (ExpirationRule(M.AT_LEAST, 1, is_monthly=True), (9, 16, 30), 30),
        (ExpirationRule(M.SAME_AS_POSITION), (2, 9), None),
    ],
)
def test_an_expiration_is_picked_by_date_or_month(
    rule: ExpirationRule, listed: tuple[int, ...], expected: int | None
) -> None:
    found = pick_expiration(rule, TODAY, after(*listed))
    assert (None if isinstance(found, NoTrade) else (found - TODAY).days) == expected


def test_a_bound_position_gives_its_expiration_and_strikes() -> None:
    held = (Leg(Option("SPY", EXPIRES_ON, Right.PUT, D(90)), 1),)
    legs = (("long_put", ByPosition()),)
    one = TradeSpec("$symbol", S.LONG_PUT, ExpirationRule(M.SAME_AS_POSITION), legs)
    bound = bound_to(one, "SPY", held)
    assert bound.symbol == "SPY"
    assert bound.expiration == ExpirationRule(M.ON, on=EXPIRES_ON)
    assert strikes(bound) == "90"
    plain = spec(S.LONG_PUT, long_put=ByDelta(D("0.3")))
    assert bound_to(plain, None, held) == plain
