from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.market.indicators import INDICATORS, OUTPUTS, indicator
from botfleet.domain.market.quotes import Bar
from botfleet.errors import BadInput
from tests.textbook import TEXTBOOK


def bars_of(closes: list[float]) -> list[Bar]:
    first = date(2026, 1, 5)
    return [
        Bar(first + timedelta(n), price, price + 1, price - 2, price, 1000)
        for n, close in enumerate(closes)
        for price in [Decimal(str(close))]
    ]


#: StockCharts' worked example of Wilder's RSI(14) (QQQQ closes); the published RSI of its last
#: bars, from the 15th close on, is 70.53, 66.32, 66.55, 69.41, 66.36, 57.97.
WILDER = [
    *(44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433),
    *(46.0826, 45.8931, 46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116),
    *(46.2222, 45.6439),
]


@pytest.mark.parametrize(
    ("count", "published"),
    [(15, 70.53), (16, 66.32), (17, 66.55), (18, 69.41), (19, 66.36), (20, 57.97)],
)
def test_rsi_agrees_with_the_published_example(count: int, published: float) -> None:
    value = indicator("RSI", 14, bars_of(WILDER[:count]))
    assert value == pytest.approx(published, abs=0.01)


#: StockCharts' worked example of the 10-day EMA (Intel's closes), its last values as published.
INTEL = [
    *(22.2734, 22.1940, 22.0847, 22.1741, 22.1840, 22.1344, 22.2337, 22.4323, 22.2436, 22.2933),
    *(22.1542, 22.3926, 22.3816, 22.6109, 23.3558, 24.0519, 23.7530, 23.8324, 23.9516, 23.6338),
    *(23.8225, 23.8722, 23.6537, 23.1870, 23.0976, 23.3260, 22.6805, 23.0976, 22.4025, 22.1725),
]


@pytest.mark.parametrize(
    ("count", "published"), [(10, 22.22), (11, 22.21), (15, 22.52), (20, 23.34), (30, 22.92)]
)
def test_ema_agrees_with_the_published_example(count: int, published: float) -> None:
    value = indicator("EMA", 10, bars_of(INTEL[:count]))
    assert value == pytest.approx(published, abs=0.01)


def test_every_indicator_and_output_has_its_definition_written_out() -> None:
    """`tests/references/` holds each against it; here that none is left out."""
    outputs = {(name, out) for name in INDICATORS for out in OUTPUTS.get(name, ("",))}
    assert {(name, output) for name, output, _ in TEXTBOOK} == outputs


prices = st.lists(st.integers(500, 20_000).map(lambda cents: cents / 100), min_size=30, max_size=60)


@given(prices, st.integers(2, 20))
def test_plain_arithmetic_agrees(closes: list[float], period: int) -> None:
    """Mean, deviation of the population, change and its per cent over `period` bars."""
    bars, window, then, now = bars_of(closes), closes[-period:], closes[-period - 1], closes[-1]
    mean = sum(window) / period
    variance = sum((close - mean) ** 2 for close in window) / period
    assert indicator("SMA", period, bars) == pytest.approx(mean)
    assert indicator("STDDEV", period, bars) == pytest.approx(variance**0.5, abs=1e-3)
    assert indicator("MOM", period, bars) == pytest.approx(now - then, abs=1e-9)
    assert indicator("ROC", period, bars) == pytest.approx((now / then - 1) * 100, abs=1e-9)
    low, high = min(window) - 2, max(window) + 1
    assert indicator("WILLR", period, bars) == pytest.approx(-100 * (high - now) / (high - low))


@given(prices, st.integers(2, 14))
def test_atr_follows_wilders_smoothing(closes: list[float], period: int) -> None:
    """Start at the mean of the first `period` true ranges; then 1 / period of each new one."""
    ranges = [max(close + 1, before) - min(close - 2, before) for before, close in pairwise(closes)]
    expected = sum(ranges[:period]) / period
    for one in ranges[period:]:
        expected += (one - expected) / period
    assert indicator("ATR", period, bars_of(closes)) == pytest.approx(expected)


@pytest.mark.parametrize("name", INDICATORS)
def test_too_few_bars_have_no_value_and_enough_have_one(name: str) -> None:
    closes = [100.0 + (n * 7 % 11) for n in range(60)]
    if name != "BOP":  # the balance of power needs one bar alone
        assert indicator(name, 14, bars_of(closes[:10])) is None
    assert indicator(name, 14, []) is None
    assert isinstance(indicator(name, 14, bars_of(closes)), float)


@pytest.mark.parametrize(("name", "period"), [("GEX", 14), ("RSI", 1), ("SMA", 401)])
def test_what_is_not_offered_is_refused(name: str, period: int) -> None:
    with pytest.raises(BadInput, match=name):
        indicator(name, period, bars_of(WILDER))
