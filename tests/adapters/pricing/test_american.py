"""American exercise: never worth less than European, told from prices, and only where it is."""

import sys
from datetime import date, time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.adapters.market.recording import RecordingMarket
from botfleet.adapters.pricing.american import american, models_of
from botfleet.config import Settings
from botfleet.domain.eastern import instant
from botfleet.domain.trades.models import CLOSED_FORM, EUROPEAN, Models
from botfleet.domain.trades.pricing import Terms, bounds
from botfleet.errors import BadInput
from tests.contracts.test_market import RECORDED, FixedClock

MODEL = american()
NAMES = ("price", "delta", "gamma", "theta", "vega", "rho")

volatilities = st.floats(0.1, 0.9)
options = st.builds(
    Terms,
    st.booleans(),
    st.just(100.0),
    st.floats(70, 140),
    st.floats(2 / 365, 2),
    st.floats(0.001, 0.08),
    st.floats(0, 0.06),
)


def at_once(terms: Terms) -> float:
    return max((1 if terms.is_call else -1) * float(terms.spot - terms.strike), 0.0)


@given(options, volatilities)
def test_it_is_worth_no_less_than_european_and_than_exercise_now(
    terms: Terms, volatility: float
) -> None:
    ours = float(MODEL.greeks(terms, volatility).price[0])
    theirs = float(EUROPEAN.greeks(terms, volatility).price)
    assert ours >= max(theirs, at_once(terms)) - 1e-3
    assert ours <= (terms.spot if terms.is_call else terms.strike)


@given(options, volatilities)
def test_a_price_gives_its_volatility_back(terms: Terms, volatility: float) -> None:
    """To a millionth of the strike's price again, or none where exercise now pays all of it."""
    price = float(MODEL.greeks(terms, volatility).price[0])
    found = float(MODEL.implied_volatility(terms, price)[0])
    if np.isnan(found):
        assert price <= max(at_once(terms), float(bounds(terms)[0])) + 1e-3
    else:
        assert float(MODEL.greeks(terms, found).price[0]) == pytest.approx(price, abs=1e-4)


def test_rows_without_a_reason_to_exercise_early_keep_the_closed_form() -> None:
    """Calls without dividends, puts without a rate, an option that has expired: to the last bit."""
    is_call = np.array([True, True, False, False])
    years, rate = np.array([0.5, 0.0, 0.0, 0.5]), np.array([0.05, 0.05, 0.05, 0.0])
    terms = Terms(is_call, 100.0, np.array([95.0, 90.0, 110.0, 120.0]), years, rate)
    ours, plain = MODEL.greeks(terms, 0.3), EUROPEAN.greeks(terms, 0.3)
    for name in NAMES:
        assert getattr(ours, name).tolist() == np.broadcast_to(getattr(plain, name), 4).tolist()


def test_deep_in_the_money_it_is_exercised_and_moves_with_the_underlying() -> None:
    terms = Terms(False, 50.0, 100.0, 0.5, 0.05)
    found = MODEL.greeks(terms, 0.2)
    assert float(found.price[0]) == pytest.approx(50, abs=1e-6)
    assert [float(getattr(found, name)[0]) for name in NAMES[1:]] == [-1, 0, 0, 0, 0]
    assert np.isnan(MODEL.implied_volatility(terms, 50.0)).all()
    assert np.isnan(MODEL.implied_volatility(terms, np.nan)).all()
    assert np.isnan(MODEL.greeks(terms, np.nan).price).all()


def test_index_options_stay_european() -> None:
    """The Cboe's and Nasdaq's cash-settled indices; the S&P 100's OEX is American, its XEO not."""
    models = Models(MODEL)
    for root in ("SPX", "SPXW", "XSP", "VIX", "VIXW", "NDX", "RUT", "XEO"):
        assert models.of(root) is EUROPEAN
    for root in ("SPY", "GOOG", "OEX", "BRK.B"):
        assert models.of(root) is MODEL


def test_the_setting_decides_and_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    assert models_of(Settings.read()) is CLOSED_FORM
    monkeypatch.setenv("BOTFLEET_EXERCISE", "american")
    assert type(models_of(Settings.read()).of("SPY")) is type(MODEL)
    monkeypatch.setitem(sys.modules, "QuantLib", None)
    with pytest.raises(BadInput, match=r"pip install 'botfleet\[american\]'"):
        models_of(Settings.read())


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded market data beside the project")
def test_a_recorded_chain_read_as_american_differs_in_its_puts_alone() -> None:
    """GOOG paid no dividends: calls are the same; a put's volatility is no higher than European."""
    clock = FixedClock(instant(date(2015, 12, 24), time(11)))
    plain, early = (RecordingMarket(RECORDED, clock, m) for m in (CLOSED_FORM, Models(MODEL)))
    on = plain.expirations(["GOOG"])["GOOG"][-3]
    one, other = (m.chains([("GOOG", on)])["GOOG", on] for m in (plain, early))
    assert [q.delta for q in one.calls if q.bid] == [q.delta for q in other.calls if q.bid]
    pairs = [
        (a.implied_volatility, b.implied_volatility)
        for a, b in zip(one.puts, other.puts, strict=True)
        if a.implied_volatility and b.implied_volatility and a.bid
    ]
    assert len(pairs) > 20
    assert all(early <= european + 1e-6 for european, early in pairs)
    assert any(early < european - 1e-5 for european, early in pairs)
