"""Expirations and strikes against actions-and-exits 3.3 and 3.4, and what no chain can meet."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Option, Right
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.money import Money
from botfleet.domain.trades.opportunities import (
    ByDelta,
    ByOffset,
    ByWidth,
    ExpirationMode,
    ExpirationRule,
    NoTrade,
    Opportunity,
    StrikeMode,
    StrikeRule,
    TradeSpec,
)
from botfleet.domain.trades.selection import build, pick_expiration
from botfleet.domain.trades.structures import Structure, strikes_of

D = Decimal
M = ExpirationMode
AT = datetime(2026, 11, 18, 15, tzinfo=UTC)
TODAY, EXPIRES_ON = date(2026, 11, 18), date(2026, 12, 18)
SPY = Quote("SPY", AT, D("99.99"), D("100.01"), D("100"))
ANY = ExpirationRule(M.AT_LEAST, 0)


def option(right: Right, strike: int, delta: float, mid: str) -> OptionQuote:
    named = Option("SPY", EXPIRES_ON, right, D(strike))
    return OptionQuote(named, AT, D(mid) - D("0.05"), D(mid) + D("0.05"), delta=delta)


#: Strikes 80 to 120 by 5; deltas and prices as a child would draw them.
PUTS = tuple(
    option(Right.PUT, 80 + 5 * n, -0.05 - 0.1 * n, str(D("0.25") + D(n * n) / 4)) for n in range(9)
)
CALLS = tuple(
    option(Right.CALL, 80 + 5 * n, 0.85 - 0.1 * n, str(D("0.25") + D((8 - n) ** 2) / 4))
    for n in range(9)
)
CHAIN = Chain("SPY", EXPIRES_ON, AT, SPY, CALLS, PUTS)


def spec(structure: Structure, **strikes: StrikeRule) -> TradeSpec:
    return TradeSpec("SPY", structure, ANY, tuple(strikes.items()))


def met(one: TradeSpec, chain: Chain = CHAIN) -> Opportunity:
    found = build(one, chain, SPY)
    assert isinstance(found, Opportunity), found
    return found


def strike_by(rule: StrikeRule, structure: Structure = Structure.LONG_PUT) -> str:
    """Choose the only leg of a long put or call."""
    found = build(spec(structure, **{structure.value: rule}), CHAIN, SPY)
    return found.code if isinstance(found, NoTrade) else str(strikes_of(found.legs)[0])


def after(*days: int) -> list[date]:
    return [TODAY + timedelta(day) for day in days]


@pytest.mark.parametrize(
    ("rule", "listed", "expected"),
    [
        (ExpirationRule(M.EXACTLY, 30), (28, 35), None),
        (ExpirationRule(M.AT_LEAST, 30), (28, 35, 42), 35),
        (ExpirationRule(M.BETWEEN, 10, 30), (14, 21), 14),
        (ExpirationRule(M.BETWEEN, 10, 13), (9, 14), None),
        (ExpirationRule(M.EXACTLY, 0), (0, 1), 0),
        (ExpirationRule(M.AT_LEAST, 0), (), None),
    ],
)
def test_an_expiration_is_picked_by_calendar_days(
    rule: ExpirationRule, listed: tuple[int, ...], expected: int | None
) -> None:
    """The golden cases of 3.3; nothing listed is W5."""
    found = pick_expiration(rule, TODAY, after(*listed))
    if expected is None:
        assert found == NoTrade("W5", "No expiration available")
    else:
        assert found == TODAY + timedelta(expected)


@pytest.mark.parametrize(
    ("rule", "strike"),
    [
        (ByDelta(D("0.35")), "95"),
        (ByDelta(D("0.40")), "95"),  # 0.35 and 0.45 are as near: the lower strike
        (ByDelta(D("0.20"), StrikeMode.OR_HIGHER), "85"),  # -0.15 is higher than -0.20
        (ByDelta(D("0.20"), StrikeMode.OR_LOWER), "90"),
        (ByDelta(D("0.22"), StrikeMode.OR_HIGHER), "85"),  # -0.25 is nearer, but lower
        (ByDelta(D("0.25"), StrikeMode.OR_HIGHER), "90"),
        (ByDelta(D("0.25"), StrikeMode.OR_LOWER), "90"),
        (ByDelta(D("0.25"), StrikeMode.EXACTLY), "90"),
        (ByDelta(D("0.26"), StrikeMode.EXACTLY), "E2"),
        (ByOffset(D(-4)), "95"),
        (ByOffset(D("-7.5")), "90"),  # 90 and 95 are as near: the lower strike
        (ByOffset(D(-1)), "95"),  # 100 is nearer, but not below the price
        (ByOffset(D(1)), "105"),
        (ByOffset(D(7)), "105"),
        (ByOffset(D(-20)), "80"),  # the lowest there is
        (ByOffset(D(0)), "100"),
        (ByOffset(D(-12), is_percent=True), "90"),  # 88: 90 is nearer than 85
        (ByOffset(D(-12), True, StrikeMode.OR_LOWER), "85"),
        (ByOffset(D(12), True, StrikeMode.OR_HIGHER), "115"),
        (ByOffset(D(-10), mode=StrikeMode.EXACTLY), "90"),
        (ByOffset(D(-11), mode=StrikeMode.EXACTLY), "E2"),
        (ByOffset(D(-21)), "E2"),  # below the lowest strike
        (ByOffset(D(21)), "E2"),
    ],
)
def test_a_strike_is_chosen(rule: StrikeRule, strike: str) -> None:
    assert strike_by(rule) == strike


def test_a_calls_delta_or_higher_is_closer_to_the_money() -> None:
    assert strike_by(ByDelta(D("0.30"), StrikeMode.OR_HIGHER), Structure.LONG_CALL) == "105"
    assert strike_by(ByDelta(D("0.30"), StrikeMode.OR_LOWER), Structure.LONG_CALL) == "110"


def test_a_width_never_gives_the_leg_it_leans_on() -> None:
    """$1 wide on strikes $5 apart: the next one down."""
    found = met(
        spec(
            Structure.SHORT_PUT_SPREAD,
            long_put=ByWidth("short_put", D(-1)),
            short_put=ByDelta(D("0.35")),
        )
    )
    assert strikes_of(found.legs) == (D(90), D(95))


def test_a_condor_resolves_its_widths_after_what_they_lean_on() -> None:
    """Legs 85/90/110/115; mids 0.50, 1.25, 1.25, 0.50: a credit of 1.50, 350 at risk."""
    found = met(
        spec(
            Structure.IRON_CONDOR,
            long_put=ByWidth("short_put", D(-5)),
            short_put=ByDelta(D("0.25")),
            long_call=ByWidth("short_call", D(5)),
            short_call=ByWidth("short_put", D(20)),
        )
    )
    assert strikes_of(found.legs) == (D(85), D(90), D(110), D(115))
    assert [leg.ratio for leg in found.legs] == [1, -1, -1, 1]
    assert (found.bid, found.mid, found.ask) == (D("-1.70"), D("-1.50"), D("-1.30"))
    assert (found.max_profit, found.max_loss) == (Money(15_000), Money(35_000))
    assert found.delta == pytest.approx(100 * (-0.15 + 0.25 - 0.25 + 0.15))


def test_shares_need_no_chain() -> None:
    found = build(TradeSpec("SPY", Structure.LONG_EQUITY), None, SPY)
    assert isinstance(found, Opportunity)
    assert (found.mid, found.max_loss, found.max_profit) == (D(100), Money(10_000), None)


def refused(one: TradeSpec, chain: Chain | None = CHAIN, quote: Quote = SPY) -> str:
    found = build(one, chain, quote)
    assert isinstance(found, NoTrade), found
    return found.code


SPREAD = spec(Structure.SHORT_PUT_SPREAD, long_put=ByDelta(D("0.25")), short_put=ByDelta(D("0.35")))


def quoted(strike: int, bid: str | None, ask: str | None) -> Chain:
    sides = [None if side is None else D(side) for side in (bid, ask)]
    puts = tuple(
        replace(put, bid=sides[0], ask=sides[1]) if put.option.strike == strike else put
        for put in PUTS
    )
    return replace(CHAIN, puts=puts)


@pytest.mark.parametrize(
    "chain",
    [
        quoted(95, None, "3"),  # sold without a bid
        quoted(95, "2", None),  # sold, and worth nobody knows what
        quoted(90, "1", None),  # bought without an ask
        quoted(95, "3", "2"),  # crossed
        quoted(95, "0.10", "0.20"),  # no credit
        quoted(95, "9", "9.2"),  # a credit beyond the width
        quoted(95, "0", "0"),
    ],
)
def test_a_price_that_makes_no_sense_is_an_anomaly(chain: Chain) -> None:
    assert refused(SPREAD, chain) == "W2"


def test_a_bought_leg_nobody_bids_for_is_worth_nothing() -> None:
    found = met(SPREAD, quoted(90, None, "0.05"))
    assert found.bid == -(PUTS[3].ask or 0)


@pytest.mark.parametrize("last", [None, D(0), D(-1)])
def test_an_underlying_without_a_price_is_an_anomaly(last: Decimal | None) -> None:
    assert refused(SPREAD, quote=replace(SPY, last=last)) == "W2"


def test_shares_quoted_on_one_side_are_an_anomaly() -> None:
    assert refused(TradeSpec("SPY", Structure.LONG_EQUITY), None, replace(SPY, bid=None)) == "W2"


def test_no_chain_is_no_expiration() -> None:
    assert refused(SPREAD, None) == "W5"


def test_strikes_that_do_not_rise_are_refused() -> None:
    same = spec(
        Structure.SHORT_PUT_SPREAD, long_put=ByDelta(D("0.31")), short_put=ByDelta(D("0.35"))
    )
    turned = spec(
        Structure.SHORT_PUT_SPREAD, long_put=ByDelta(D("0.45")), short_put=ByDelta(D("0.35"))
    )
    assert (refused(same), refused(turned)) == ("E1", "E1")


def test_a_missing_or_circular_leg_is_refused() -> None:
    missing = spec(Structure.SHORT_PUT_SPREAD, short_put=ByDelta(D("0.35")))
    circle = spec(
        Structure.SHORT_PUT_SPREAD,
        long_put=ByWidth("short_put", D(-5)),
        short_put=ByWidth("long_put", D(5)),
    )
    assert (refused(missing), refused(circle)) == ("E1", "E1")


deltas = st.lists(st.floats(0.01, 0.99) | st.none(), min_size=1, max_size=30)


@given(deltas, st.decimals(min_value=D("0.01"), max_value=D("0.99"), places=2))
def test_no_listed_strike_has_a_nearer_delta(values: list[float | None], wanted: Decimal) -> None:
    """Whatever the order of deltas; and none nearer lies below the one chosen."""
    calls = tuple(
        replace(option(Right.CALL, 10 + n, 0.5, "5"), delta=delta) for n, delta in enumerate(values)
    )
    chain = replace(CHAIN, calls=calls)
    found = build(spec(Structure.LONG_CALL, long_call=ByDelta(wanted)), chain, SPY)
    gaps = [None if d is None else round(abs(d - float(wanted)), 8) for d in values]
    known = [gap for gap in gaps if gap is not None]
    if isinstance(found, NoTrade):
        assert (found.code, known) == ("E2", [])
    else:
        chosen = int(strikes_of(found.legs)[0]) - 10
        assert chosen == gaps.index(min(known))
