"""Every number lies where an independent reference puts it; the page that says so is current."""

from datetime import date, datetime, time
from pathlib import Path

import pytest

from botfleet.adapters.market.recording import RATE, RecordingMarket
from botfleet.domain.eastern import instant
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Right
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.trades.pricing import (
    Terms,
    bounds,
    implied_volatility,
    price,
    years_to_expiration,
)
from tests.contracts.test_market import RECORDED, FixedClock
from tests.references.page import REFERENCES, Reference, page

DOCS = Path(__file__).parents[3] / "docs/references.md"


@pytest.mark.parametrize("one", REFERENCES, ids=lambda one: one.number)
def test_a_number_agrees_with_its_reference(one: Reference) -> None:
    assert one.largest() <= one.tolerance


def test_the_page_of_references_is_current() -> None:
    assert DOCS.read_text() == page(), "run: python -m tests.references > docs/references.md"


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded market data beside the project")
@pytest.mark.parametrize("clock", [time(9, 36), time(11), time(12, 59)])
def test_every_two_sided_quote_of_the_recorded_day_has_a_volatility_or_says_why_not(
    clock: time,
) -> None:
    """Inside its bounds a mid price has the volatility that gives it back, to 0.01 of a cent.

    Outside them (less than exercise pays, mostly deep in the money) the quote takes that of its
    other right, and has none only where that has none either.
    """
    at = instant(date(2015, 12, 24), clock)
    market = RecordingMarket(RECORDED, FixedClock(at))
    chains = market.chains([("GOOG", day) for day in market.expirations(["GOOG"])["GOOG"]])
    counted = explained = 0
    for chain in chains.values():
        found = {q.option: (q, _own(q, chain, at)) for q in (*chain.calls, *chain.puts)}
        for option, (quote, own) in found.items():
            if quote.mid is None:
                continue
            counted += 1
            other = Right.PUT if option.right is Right.CALL else Right.CALL
            _, opposite = found.get(option._replace(right=other), (None, None))
            expected = opposite if own is None else own
            assert (quote.implied_volatility is None) == (expected is None), option
            if expected is not None:
                assert quote.implied_volatility == pytest.approx(expected, rel=1e-6)
            explained += own is not None
    assert counted > 1_500
    assert explained / counted > 0.85


def _own(quote: OptionQuote, chain: Chain, at: datetime) -> float | None:
    """Give the volatility of a quote's own mid price; checked by pricing with it."""
    underlying = chain.underlying
    if quote.mid is None or underlying.bid is None or underlying.ask is None:
        return None
    option, years = quote.option, years_to_expiration(at, quote.option.expires_on)
    spot = float(underlying.bid + underlying.ask) / 2
    terms = Terms(option.right is Right.CALL, spot, float(option.strike), years, RATE)
    low, high = bounds(terms)
    if not low < float(quote.mid) < high:
        return None
    volatility = float(implied_volatility(terms, float(quote.mid)))
    assert float(price(terms, volatility)) == pytest.approx(float(quote.mid), abs=1e-4)
    return volatility
