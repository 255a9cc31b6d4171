"""Technical indicators of daily bars, computed by TA-Lib.

Source: TA-Lib's definitions (Wilder's smoothing for RSI, ATR and ADX; the population's standard
deviation). A value needs the look-back TA-Lib states for the period; with fewer bars there is none.

Parameters beyond the period, and what stands for them where none are given: MACD fast, slow, signal
(12, 26, 9; its period says nothing); STOCH %K, smoothing, %D (period, 3, 3); STOCHRSI %K, %D (5, 3
of an RSI of the period); BBANDS deviations up, down (2, 2); ULTOSC three periods (the period,
twice, four times it). BOP has no period at all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
import talib
from numpy.typing import NDArray

from botfleet.domain.market.quotes import Bar, Quote
from botfleet.errors import BadInput

Floats = NDArray[np.float64]
Params = tuple[int | Decimal, ...]
#: TA-Lib's number of the simple moving average, which smooths %K and %D.
_SMA: Any = 0


@dataclass(frozen=True, slots=True)
class _Columns:
    opens: Floats
    highs: Floats
    lows: Floats
    closes: Floats
    volumes: Floats


_Compute = Callable[[_Columns, int, Params], Any]


def _of_closes(function: Callable[..., Any]) -> _Compute:
    return lambda bars, period, _: function(bars.closes, timeperiod=period)


def _of_ranges(function: Callable[..., Any]) -> _Compute:
    return lambda bars, period, _: function(bars.highs, bars.lows, bars.closes, timeperiod=period)


def _money_flow(bars: _Columns, period: int, _: Params) -> Any:
    return talib.MFI(bars.highs, bars.lows, bars.closes, bars.volumes, timeperiod=period)


def _balance_of_power(bars: _Columns, _: int, __: Params) -> Any:
    return talib.BOP(bars.opens, bars.highs, bars.lows, bars.closes)


def _macd(bars: _Columns, _: int, params: Params) -> Any:
    fast, slow, signal = _whole(params, (12, 26, 9))
    return talib.MACD(bars.closes, fast, slow, signal)


def _bands(bars: _Columns, period: int, params: Params) -> Any:
    up = float(params[0]) if params else 2.0
    down = float(params[1]) if len(params) > 1 else up
    upper, middle, lower = talib.BBANDS(bars.closes, period, up, down)
    return middle, upper, lower


def _stochastic(bars: _Columns, period: int, params: Params) -> Any:
    k, smooth, d = _whole(params, (period, 3, 3))
    return talib.STOCH(bars.highs, bars.lows, bars.closes, k, smooth, _SMA, d, _SMA)


def _stochastic_rsi(bars: _Columns, period: int, params: Params) -> Any:
    k, d = _whole(params, (5, 3))
    return talib.STOCHRSI(bars.closes, period, k, d, _SMA)


def _ultimate(bars: _Columns, period: int, params: Params) -> Any:
    one, two, three = _whole(params, (period, 2 * period, 4 * period))
    return talib.ULTOSC(bars.highs, bars.lows, bars.closes, one, two, three)


def _whole(params: Params, usual: tuple[int, ...]) -> tuple[int, ...]:
    """Fill up what was given with what is usual."""
    return tuple(int(given) for given in params[: len(usual)]) + usual[len(params) :]


_COMPUTE: Mapping[str, _Compute] = MappingProxyType(
    {
        "RSI": _of_closes(talib.RSI),
        "SMA": _of_closes(talib.SMA),
        "EMA": _of_closes(talib.EMA),
        "ATR": _of_ranges(talib.ATR),
        "CCI": _of_ranges(talib.CCI),
        "ADX": _of_ranges(talib.ADX),
        "DX": _of_ranges(talib.DX),
        "CMO": _of_closes(talib.CMO),
        "MFI": _money_flow,
        "TRIMA": _of_closes(talib.TRIMA),
        "KAMA": _of_closes(talib.KAMA),
        "MOM": _of_closes(talib.MOM),
        "ROC": _of_closes(talib.ROC),
        "WILLR": _of_ranges(talib.WILLR),
        "STDDEV": _of_closes(talib.STDDEV),
        "BOP": _balance_of_power,
        "MACD": _macd,
        "BBANDS": _bands,
        "STOCH": _stochastic,
        "STOCHRSI": _stochastic_rsi,
        "ULTOSC": _ultimate,
    }
)

#: The names `indicator` understands.
INDICATORS = tuple(_COMPUTE)
#: What those with several outputs call them; the first stands where none is named.
OUTPUTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "MACD": ("macd", "signal", "hist"),
        "BBANDS": ("middle", "upper", "lower"),
        "STOCH": ("k", "d"),
        "STOCHRSI": ("k", "d"),
    }
)
PERIOD_MIN, PERIOD_MAX = 2, 400


def indicator(
    name: str,
    period: int,
    bars: Sequence[Bar],
    *,
    output: str = "",
    params: Params = (),
    sessions_ago: int = 0,
) -> float | None:
    """Give an indicator's value at the last bar, or `sessions_ago` before it; bars oldest first.

    None where the bars are too few or the value is not a finite number.

    Raises:
        BadInput: no such indicator or output, or a period or parameter out of bounds.
    """
    if name not in _COMPUTE:
        raise BadInput(f"There is no indicator {name}; known are {', '.join(INDICATORS)}.")
    place = _place(name, output)
    _check(name, period, params)
    if not 0 <= sessions_ago < len(bars):
        return None
    found = _COMPUTE[name](_columns(bars[: len(bars) - sessions_ago]), period, params)
    value = float((found[place] if name in OUTPUTS else found)[-1])
    return value if np.isfinite(value) else None


def today_so_far(quote: Quote) -> Bar | None:
    """Give today as a bar whose close is the live price: the intraday form's last (R2.2)."""
    if quote.last is None:
        return None
    last = quote.last
    high, low = max(quote.high or last, last), min(quote.low or last, last)
    return Bar(quote.at.date(), quote.open or last, high, low, last, quote.volume)


def _place(name: str, output: str) -> int:
    known = OUTPUTS.get(name, ("",))
    if output and output not in known:
        shown = ", ".join(known) if known != ("",) else "one value alone"
        raise BadInput(f"{name} has no output {output}; it has {shown}.")
    return known.index(output) if output else 0


def _check(name: str, period: int, params: Params) -> None:
    is_free = name in {"MACD", "BOP"}
    if not is_free and not PERIOD_MIN <= period <= PERIOD_MAX:
        raise BadInput(f"The period of {name} is {PERIOD_MIN} to {PERIOD_MAX}, not {period}.")
    for given in params:
        if not 0 < given <= PERIOD_MAX:
            raise BadInput(f"The parameters of {name} are up to {PERIOD_MAX}, not {given}.")


def _columns(bars: Sequence[Bar]) -> _Columns:
    rows = [(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars]
    return _Columns(*np.ascontiguousarray(np.array(rows, dtype=np.float64).T))
