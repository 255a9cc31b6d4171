"""Technical indicators of daily bars, computed by TA-Lib.

Source: TA-Lib's definitions (Wilder's smoothing for RSI, ATR and ADX; the population's standard
deviation). A value needs the look-back TA-Lib states for the period; with fewer bars there is none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import talib
from numpy.typing import NDArray

from botfleet.domain.market.quotes import Bar
from botfleet.errors import BadInput

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Columns:
    highs: Floats
    lows: Floats
    closes: Floats
    volumes: Floats


_Compute = Callable[[_Columns, int], Any]


def _of_closes(function: Callable[..., Any]) -> _Compute:
    return lambda bars, period: function(bars.closes, timeperiod=period)


def _of_ranges(function: Callable[..., Any]) -> _Compute:
    return lambda bars, period: function(bars.highs, bars.lows, bars.closes, timeperiod=period)


def _money_flow(bars: _Columns, period: int) -> Any:
    return talib.MFI(bars.highs, bars.lows, bars.closes, bars.volumes, timeperiod=period)


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
    }
)

#: The names `indicator` understands.
INDICATORS = tuple(_COMPUTE)
PERIOD_MIN, PERIOD_MAX = 2, 400


def indicator(name: str, period: int, bars: Sequence[Bar]) -> float | None:
    """Give an indicator's value at the last bar; `bars` oldest first.

    None where the bars are too few or the value is not a finite number.

    Raises:
        BadInput: no such indicator, or a period outside 2 to 400.
    """
    if name not in _COMPUTE:
        raise BadInput(f"There is no indicator {name}; known are {', '.join(INDICATORS)}.")
    if not PERIOD_MIN <= period <= PERIOD_MAX:
        raise BadInput(f"The period of {name} is {PERIOD_MIN} to {PERIOD_MAX}, not {period}.")
    if not bars:
        return None
    value = float(_COMPUTE[name](_columns(bars), period)[-1])
    return value if np.isfinite(value) else None


def _columns(bars: Sequence[Bar]) -> _Columns:
    rows = [(bar.high, bar.low, bar.close, bar.volume) for bar in bars]
    return _Columns(*np.ascontiguousarray(np.array(rows, dtype=np.float64).T))
