"""Every number lies where an independent reference puts it; the page that says so is current."""

from datetime import date, time
from pathlib import Path

import numpy as np
import pytest

from botfleet.adapters.market.recording import RATE, RecordingMarket
from botfleet.domain.eastern import instant
from botfleet.domain.market.instruments import Right
from botfleet.domain.trades.pricing import (
    Terms,
    bounds,
    implied_volatility,
    years_to_expiration,
)
from tests.contracts.test_market import RECORDED, FixedClock
from tests.references import REFERENCES, Reference, page

DOCS = Path(__file__).parents[3] / "docs/references.md"


@pytest.mark.parametrize("one", REFERENCES, ids=lambda one: one.number)
def test_a_number_agrees_with_its_reference(one: Reference) -> None:
    assert one.largest() <= one.tolerance


def test_the_page_of_references_is_current() -> None:
    assert DOCS.read_text() == page(), "run: python -m tests.references > docs/references.md"


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded market data beside the project")
def test_every_two_sided_quote_of_the_recorded_day_has_a_volatility_or_says_why_not() -> None:
    """No volatility only where the mid price is not inside its bounds: less than exercise pays."""
    at = instant(date(2015, 12, 24), time(11))
    market = RecordingMarket(RECORDED, FixedClock(at))
    spot = float(market.quotes(["GOOG"])["GOOG"].last or 0)
    days = market.expirations(["GOOG"])["GOOG"]
    chains = market.chains([("GOOG", day) for day in days]).values()
    quotes = [q for chain in chains for q in (*chain.calls, *chain.puts) if q.mid is not None]
    terms = Terms(
        np.array([q.option.right is Right.CALL for q in quotes]),
        spot,
        np.array([float(q.option.strike) for q in quotes]),
        np.array([years_to_expiration(at, q.option.expires_on) for q in quotes]),
        RATE,
    )
    mids = np.array([float(q.mid or 0) for q in quotes])
    found, (low, high) = implied_volatility(terms, mids), bounds(terms)
    is_explained = (mids <= low) | (mids >= high)
    assert len(quotes) > 1_500
    assert (np.isfinite(found) != is_explained).all()
    assert np.isfinite(found).mean() > 0.85
