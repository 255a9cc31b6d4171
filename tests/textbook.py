"""Indicators by their definitions, in plain Python and nothing else, each for the last bar.

Written from the definitions their authors gave (Wilder 1978: RSI, ATR, directional movement; Lane:
stochastics; Lambert: CCI; Appel: MACD; Bollinger; Chande: CMO, stochastic RSI; Kaufman 1995: KAMA;
Williams: %R, ultimate oscillator; Quong and Soudack: MFI; Livshin: BOP). Averages that never forget
begin with their first value; over the hundreds of bars they are tried on, a beginning washes out.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from botfleet.domain.market.quotes import Bar

Series = Sequence[float]


def closes(bars: Sequence[Bar]) -> list[float]:
    return [float(bar.close) for bar in bars]


def highs(bars: Sequence[Bar]) -> list[float]:
    return [float(bar.high) for bar in bars]


def lows(bars: Sequence[Bar]) -> list[float]:
    return [float(bar.low) for bar in bars]


def mean(values: Series) -> float:
    return sum(values) / len(values)


def means(values: Series, count: int) -> list[float]:
    return [mean(values[at - count : at]) for at in range(count, len(values) + 1)]


def smoothed(values: Series, weight: float) -> list[float]:
    """Move each value's weight towards it: an exponential average."""
    found = [values[0]]
    for value in values[1:]:
        found.append(found[-1] + weight * (value - found[-1]))
    return found


def exponential(values: Series, period: int) -> list[float]:
    return smoothed(values, 2 / (period + 1))


def wilder(values: Series, period: int) -> list[float]:
    return smoothed(values, 1 / period)


def typical(bars: Sequence[Bar]) -> list[float]:
    return [sum(prices) / 3 for prices in zip(highs(bars), lows(bars), closes(bars), strict=True)]


def true_ranges(bars: Sequence[Bar]) -> list[float]:
    return [
        max(float(now.high), float(before.close)) - min(float(now.low), float(before.close))
        for before, now in pairwise(bars)
    ]


def gains(values: Series) -> tuple[list[float], list[float]]:
    changes = [after - before for before, after in pairwise(values)]
    return [max(one, 0.0) for one in changes], [max(-one, 0.0) for one in changes]


def rsi_series(values: Series, period: int) -> list[float]:
    up, down = (wilder(side, period) for side in gains(values))
    return [100 * u / (u + d) if u + d else 0.0 for u, d in zip(up, down, strict=True)]


def rsi(bars: Sequence[Bar], period: int) -> float:
    return rsi_series(closes(bars), period)[-1]


def cmo(bars: Sequence[Bar], period: int) -> float:
    """Chande's oscillator over Wilder's averages (Chande himself took plain sums)."""
    up, down = (wilder(side, period)[-1] for side in gains(closes(bars)))
    return 100 * (up - down) / (up + down)


def sma(bars: Sequence[Bar], period: int) -> float:
    return mean(closes(bars)[-period:])


def ema(bars: Sequence[Bar], period: int) -> float:
    return exponential(closes(bars), period)[-1]


def trima(bars: Sequence[Bar], period: int) -> float:
    """A weighted mean whose weights rise by one to the middle and fall again."""
    weights = [min(at + 1, period - at) for at in range(period)]
    pairs = zip(weights, closes(bars)[-period:], strict=True)
    return sum(weight * close for weight, close in pairs) / sum(weights)


def kama(bars: Sequence[Bar], period: int) -> float:
    """Between averages of 2 and 30 days, the faster the straighter the way has been."""
    values = closes(bars)
    found, fast, slow = values[period - 1], 2 / 3, 2 / 31
    for at in range(period, len(values)):
        way = sum(abs(b - a) for a, b in pairwise(values[at - period : at + 1]))
        straight = abs(values[at] - values[at - period]) / way if way else 0.0
        found += (straight * (fast - slow) + slow) ** 2 * (values[at] - found)
    return found


def atr(bars: Sequence[Bar], period: int) -> float:
    return wilder(true_ranges(bars), period)[-1]


def cci(bars: Sequence[Bar], period: int) -> float:
    last = typical(bars)[-period:]
    middle = mean(last)
    return (last[-1] - middle) / (0.015 * mean([abs(one - middle) for one in last]))


def dx_series(bars: Sequence[Bar], period: int) -> list[float]:
    ups = [float(now.high - before.high) for before, now in pairwise(bars)]
    downs = [float(before.low - now.low) for before, now in pairwise(bars)]
    pairs = list(zip(ups, downs, strict=True))
    plus = wilder([up if up > down and up > 0 else 0.0 for up, down in pairs], period)
    minus = wilder([down if down > up and down > 0 else 0.0 for up, down in pairs], period)
    return [100 * abs(p - m) / (p + m) if p + m else 0.0 for p, m in zip(plus, minus, strict=True)]


def dx(bars: Sequence[Bar], period: int) -> float:
    return dx_series(bars, period)[-1]


def adx(bars: Sequence[Bar], period: int) -> float:
    return wilder(dx_series(bars, period), period)[-1]


def mfi(bars: Sequence[Bar], period: int) -> float:
    prices = typical(bars)
    flows = [price * bar.volume for price, bar in zip(prices, bars, strict=True)]
    up = down = 0.0
    for at in range(len(bars) - period, len(bars)):
        if prices[at] > prices[at - 1]:
            up += flows[at]
        elif prices[at] < prices[at - 1]:
            down += flows[at]
    return 100 * up / (up + down)


def momentum(bars: Sequence[Bar], period: int) -> float:
    return closes(bars)[-1] - closes(bars)[-1 - period]


def roc(bars: Sequence[Bar], period: int) -> float:
    return 100 * (closes(bars)[-1] / closes(bars)[-1 - period] - 1)


def williams(bars: Sequence[Bar], period: int) -> float:
    high, low = max(highs(bars)[-period:]), min(lows(bars)[-period:])
    return -100 * (high - closes(bars)[-1]) / (high - low)


def deviation(values: Series) -> float:
    middle = mean(values)
    return math.sqrt(mean([(value - middle) ** 2 for value in values]))


def stddev(bars: Sequence[Bar], period: int) -> float:
    return deviation(closes(bars)[-period:])


def bop(bars: Sequence[Bar], _: int) -> float:
    bar = bars[-1]
    return float((bar.close - bar.open) / (bar.high - bar.low))


def macd_series(bars: Sequence[Bar]) -> list[float]:
    fast, slow = (exponential(closes(bars), period) for period in (12, 26))
    return [one - other for one, other in zip(fast, slow, strict=True)]


def macd(bars: Sequence[Bar], _: int) -> float:
    return macd_series(bars)[-1]


def macd_signal(bars: Sequence[Bar], _: int) -> float:
    return exponential(macd_series(bars), 9)[-1]


def macd_hist(bars: Sequence[Bar], _: int) -> float:
    return macd(bars, 0) - macd_signal(bars, 0)


def band(ways: int) -> Callable[[Sequence[Bar], int], float]:
    return lambda bars, period: sma(bars, period) + ways * 2 * stddev(bars, period)


def place(value: float, low: float, high: float) -> float:
    return 100 * (value - low) / (high - low)


def stoch_series(bars: Sequence[Bar], period: int) -> list[float]:
    raw = [
        place(
            float(bars[at].close),
            min(lows(bars[at - period + 1 : at + 1])),
            max(highs(bars[at - period + 1 : at + 1])),
        )
        for at in range(period - 1, len(bars))
    ]
    return means(raw, 3)


def stoch_k(bars: Sequence[Bar], period: int) -> float:
    return stoch_series(bars, period)[-1]


def stoch_d(bars: Sequence[Bar], period: int) -> float:
    return mean(stoch_series(bars, period)[-3:])


def stochrsi_series(bars: Sequence[Bar], period: int) -> list[float]:
    values = rsi_series(closes(bars), period)
    return [
        place(values[at], min(values[at - 4 : at + 1]), max(values[at - 4 : at + 1]))
        for at in range(len(values) - 3, len(values))
    ]


def stochrsi_k(bars: Sequence[Bar], period: int) -> float:
    return stochrsi_series(bars, period)[-1]


def stochrsi_d(bars: Sequence[Bar], period: int) -> float:
    return mean(stochrsi_series(bars, period))


def ultimate(bars: Sequence[Bar], period: int) -> float:
    ranges = true_ranges(bars)
    bought = [float(now.close - min(now.low, before.close)) for before, now in pairwise(bars)]
    parts = [
        weight * sum(bought[-period * times :]) / sum(ranges[-period * times :])
        for weight, times in ((4, 1), (2, 2), (1, 4))
    ]
    return 100 * sum(parts) / 7


#: (name, output, by its definition); every indicator and every output of it.
TEXTBOOK: tuple[tuple[str, str, Callable[[Sequence[Bar], int], float]], ...] = (
    ("RSI", "", rsi),
    ("SMA", "", sma),
    ("EMA", "", ema),
    ("ATR", "", atr),
    ("CCI", "", cci),
    ("ADX", "", adx),
    ("DX", "", dx),
    ("CMO", "", cmo),
    ("MFI", "", mfi),
    ("TRIMA", "", trima),
    ("KAMA", "", kama),
    ("MOM", "", momentum),
    ("ROC", "", roc),
    ("WILLR", "", williams),
    ("STDDEV", "", stddev),
    ("BOP", "", bop),
    ("MACD", "macd", macd),
    ("MACD", "signal", macd_signal),
    ("MACD", "hist", macd_hist),
    ("BBANDS", "middle", sma),
    ("BBANDS", "upper", band(1)),
    ("BBANDS", "lower", band(-1)),
    ("STOCH", "k", stoch_k),
    ("STOCH", "d", stoch_d),
    ("STOCHRSI", "k", stochrsi_k),
    ("STOCHRSI", "d", stochrsi_d),
    ("ULTOSC", "", ultimate),
)
