"""What a trade can lose: the arithmetic of R21, and no terminal price that loses more."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from botfleet.domain.money import Money, dollars
from botfleet.domain.trades.margin import (
    bound,
    bound_to_close,
    max_profit,
    payoff,
    worst_case,
)
from botfleet.domain.trades.structures import CREDIT, ON_SHARES, ROLES, Structure, multiplier
from botfleet.errors import Refusal

D = Decimal
S = Structure


def strikes(*values: str) -> tuple[Decimal, ...]:
    return tuple(map(D, values))


PUTS, CONDOR = strikes("95", "100"), strikes("90", "95", "105", "115")


@pytest.mark.parametrize(
    ("structure", "at", "price", "loss", "gain"),
    [
        # (width 5.00 - credit 1.20) x 100; the credit x 100
        (S.SHORT_PUT_SPREAD, PUTS, "-1.20", "380", "120"),
        (S.SHORT_CALL_SPREAD, PUTS, "-1.20", "380", "120"),
        # debit x 100; (width - debit) x 100
        (S.LONG_CALL_SPREAD, PUTS, "2", "200", "300"),
        (S.LONG_PUT_SPREAD, PUTS, "2", "200", "300"),
        # the wider wing, 10.00, less the credit
        (S.IRON_CONDOR, CONDOR, "-2", "800", "200"),
        (S.LONG_PUT, strikes("100"), "3.5", "350", "9650"),
        (S.LONG_CALL, strikes("100"), "3.5", "350", None),
        (S.LONG_EQUITY, (), "187.123", "187.13", None),
        # shares at 100.00 less 4.00 for the call; the strike, 105.00, less what was paid
        (S.COVERED_CALL, strikes("105"), "96", "9600", "900"),
        # nothing beyond the shares, which another position has drawn; the credit
        (S.CALL_ON_SHARES, strikes("105"), "-4", "0", "400"),
        # half a cent of a share is rounded against us: up for the loss, down for the gain
        (S.SHORT_PUT_SPREAD, PUTS, "-1.20005", "380", "120"),
    ],
)
def test_the_worst_case_and_the_best(
    structure: Structure, at: tuple[Decimal, ...], price: str, loss: str, gain: str | None
) -> None:
    assert worst_case(structure, at, D(price)) == dollars(loss)
    assert max_profit(structure, at, D(price)) == (None if gain is None else dollars(gain))


@pytest.mark.parametrize(
    ("structure", "at", "price"),
    [
        (S.SHORT_PUT_SPREAD, strikes("100"), "-1"),  # a naked put
        (S.SHORT_CALL_SPREAD, strikes("100", "95"), "-1"),  # wings turned round
        (S.IRON_CONDOR, strikes("90", "95", "95", "100"), "-1"),  # a butterfly
        (S.SHORT_PUT_SPREAD, PUTS, "-5"),  # a credit of the whole width
        (S.SHORT_PUT_SPREAD, PUTS, "0.1"),  # a credit that costs
        (S.LONG_CALL_SPREAD, PUTS, "-0.1"),  # a debit that pays
        (S.LONG_CALL, strikes("100"), "0"),  # nothing at risk
        (S.LONG_EQUITY, strikes("100"), "100"),
        (S.LONG_PUT, strikes("-5"), "1"),
        (S.COVERED_CALL, strikes("105"), "-1"),  # a call that brings more than the shares cost
        (S.CALL_ON_SHARES, strikes("105"), "1"),  # a call sold for nothing
        (S.CALL_ON_SHARES, strikes("105", "110"), "-1"),
    ],
)
def test_what_is_not_the_structure_it_claims_is_refused(
    structure: Structure, at: tuple[Decimal, ...], price: str
) -> None:
    with pytest.raises(Refusal, match="UNBOUNDED_RISK"):
        worst_case(structure, at, D(price))


@pytest.mark.parametrize(
    ("structure", "at", "opening", "closing"),
    [
        (S.SHORT_PUT_SPREAD, PUTS, "-0.01", "5"),
        (S.IRON_CONDOR, CONDOR, "-0.01", "10"),
        (S.LONG_CALL_SPREAD, PUTS, "4.99", "-0.01"),
        (S.LONG_PUT, strikes("100"), "99.99", "-0.01"),
        (S.LONG_CALL, strikes("100"), "100000", "-0.01"),
        (S.COVERED_CALL, strikes("105"), "104.99", "-0.01"),
        (S.CALL_ON_SHARES, strikes("105"), "-0.01", "100000"),
    ],
)
def test_no_limit_price_passes_what_the_trade_allows(
    structure: Structure, at: tuple[Decimal, ...], opening: str, closing: str
) -> None:
    """R34: a credit never becomes a debit, a close never pays more than the width."""
    assert bound(structure, at) == D(opening)
    assert bound_to_close(structure, at) == D(closing)


amounts = st.decimals(min_value=D("0.5"), max_value=500, places=2)
structures = st.sampled_from([one for one in Structure if ROLES[one] and one not in ON_SHARES])


@given(structures, st.sets(amounts, min_size=4, max_size=4), amounts, amounts)
def test_no_terminal_price_loses_more_than_the_worst_case(
    structure: Structure, levels: set[Decimal], paid: Decimal, terminal: Decimal
) -> None:
    at = tuple(sorted(levels)[: len(ROLES[structure])])
    price = -paid if structure in CREDIT else paid
    try:
        worst = worst_case(structure, at, price)
    except Refusal:
        assume(False)
        raise
    best = max_profit(structure, at, price)
    outcome = (payoff(structure, at, terminal) - price) * multiplier(structure) * 100
    assert outcome >= -worst.cents
    assert best is None or outcome <= best.cents
    assert worst > Money(0)


@given(amounts, amounts, amounts, amounts)
def test_a_call_and_the_shares_that_cover_it_lose_no_more_than_the_shares(
    strike: Decimal, paid: Decimal, credit: Decimal, terminal: Decimal
) -> None:
    """Why it draws nothing: with any end the two together lose at most what the shares drew."""
    shares = worst_case(S.LONG_EQUITY, (), paid).cents * 100
    call = (payoff(S.CALL_ON_SHARES, (strike,), terminal) + credit) * 100 * 100
    stock = (payoff(S.LONG_EQUITY, (), terminal) - paid) * 100 * 100
    assert worst_case(S.CALL_ON_SHARES, (strike,), -credit) == Money(0)
    assert call + stock >= -shares


@given(structures, st.sets(amounts, min_size=4, max_size=4))
def test_the_worst_limit_still_risks_what_is_defined(
    structure: Structure, levels: set[Decimal]
) -> None:
    """What a draw reserves at the bound covers every rung of its ladder."""
    at = tuple(sorted(levels)[: len(ROLES[structure])])
    try:
        limit = bound(structure, at)
        worst = worst_case(structure, at, limit)
    except Refusal:
        assume(False)
        raise
    better = worst_case(structure, at, limit - D("0.01")) if limit > D("0.02") else worst
    assert better <= worst
