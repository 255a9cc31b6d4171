"""One number a session of a symbol, as a recipe's parameter: an indicator or a price, and when.

`{symbol: SPY, indicator: MACD, output: signal, params: [12, 26, 9]}`, `{symbol: VIX, price: last}`.
Daily bars up to yesterday's; `intraday` counts today as the last bar, at the live price; `ago`
counts sessions back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.readers import (
    Plain,
    number,
    read_mapping,
    read_number,
    read_symbol,
    read_whole,
)

PARAMS_MAX, AGO_MAX = 4, 365
#: The outputs of indicators that have several; the first is what is meant where none is named.
OUTPUTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "MACD": ("macd", "signal", "hist"),
        "BBANDS": ("middle", "upper", "lower"),
        "STOCH": ("k", "d"),
        "STOCHRSI": ("k", "d"),
    }
)
AVERAGES = ("SMA", "EMA", "TRIMA", "KAMA")
INDICATORS = (
    *("RSI", "ADX", "DX", "ATR", "CCI", "CMO", "MFI", "MOM", "ROC", "WILLR", "STDDEV"),
    *("BOP", "ULTOSC", "MACD", "STOCH", "STOCHRSI", "BBANDS"),
    *AVERAGES,
)
PRICES = ("last", "open", "high", "low", "previous_close")
#: Those of which a past is known.
CLOSES = ("last", "previous_close")
#: The period where none is given.
PERIODS: Mapping[str, int] = MappingProxyType({"MACD": 26, "BBANDS": 20, "ULTOSC": 7, "STDDEV": 30})
PERIOD = 14


@dataclass(frozen=True, slots=True)
class Series:
    """An indicator (with its period, further parameters and output) or a price of a symbol."""

    symbol: str
    indicator: str = ""
    price: str = ""
    period: int = 0
    output: str = ""
    params: tuple[int | Decimal, ...] = ()
    is_intraday: bool = False
    ago: int = 0

    def of(self, symbol: str) -> "Series":
        """Give the same of the symbol that a loop bound."""
        return replace(self, symbol=symbol)


def read_series(raw: object) -> Series:
    """Read a series.

    Raises:
        ValueError: it is none; the message names the part that is wrong.
    """
    given = read_mapping(raw, _READERS)
    if "symbol" not in given:
        raise ValueError("symbol is missing")
    name = given.get("indicator", "")
    if bool(name) == bool(given.get("price")):
        raise ValueError("must give one of indicator, price")
    if not name and given.keys() & {"period", "output", "params", "intraday"}:
        raise ValueError("period, output, params and intraday are for an indicator")
    output = given.pop("output", "")
    if output and output not in OUTPUTS.get(name, ()):
        raise ValueError(f"output must be one of {', '.join(OUTPUTS.get(name, ())) or 'none'}")
    if given.get("ago") and given.get("price", "last") not in CLOSES:
        raise ValueError("ago counts closes back: the price must be last or previous_close")
    usual = OUTPUTS.get(name, ("",))[0]
    period = given.pop("period", PERIODS.get(name, PERIOD) if name else 0)
    is_intraday = given.pop("intraday", False)
    rest = {"output": "" if output == usual else output, "is_intraday": is_intraday}
    return Series(period=period, **rest, **given)


def read_past_series(raw: object) -> Series:
    """Read a series that is held against its own past.

    Raises:
        ValueError: it is none, or a price of which no past is known.
    """
    series = read_series(raw)
    if series.price and series.price not in CLOSES:
        raise ValueError("has closes alone for a past: the price must be last or previous_close")
    return series


def write_series(series: Series) -> dict[str, Plain]:
    """Write a series without what is as usual."""
    usual = PERIODS.get(series.indicator, PERIOD) if series.indicator else 0
    written: dict[str, Plain | bool] = {"symbol": series.symbol}
    written |= {"indicator": series.indicator} if series.indicator else {"price": series.price}
    written |= {"period": series.period} if series.period != usual else {}
    written |= {"output": series.output} if series.output else {}
    written |= {"params": [number(Decimal(one)) for one in series.params]} if series.params else {}
    written |= {"intraday": True} if series.is_intraday else {}
    return written | ({"ago": series.ago} if series.ago else {})


def say_series(series: Series) -> str:
    """Say a series: `SPY MACD(26, 12, 9) signal, intraday, 2 sessions ago`."""
    symbol = "the loop's symbol" if series.symbol == LOOP_SYMBOL else series.symbol
    if series.price:
        what = series.price.replace("_", " ")
        name = f"{symbol} {'close' if series.ago else f'{what} price' if what == 'last' else what}"
    else:
        numbers = ", ".join(map(str, (series.period, *series.params)))
        name = f"{symbol} {series.indicator}({numbers}) {series.output}".strip()
    name += " with today" if series.is_intraday else ""
    plural = "session" if series.ago == 1 else "sessions"
    return f"{name} {series.ago} {plural} ago" if series.ago else name


def _read_word(words: tuple[str, ...]) -> Any:
    def read(raw: object) -> str:
        if not isinstance(raw, str) or raw not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return raw

    return read


def _read_params(raw: object) -> tuple[int | Decimal, ...]:
    if not isinstance(raw, list) or not 0 < len(raw) <= PARAMS_MAX:
        raise ValueError(f"must list 1 to {PARAMS_MAX} numbers")
    found = [read_number(one, low=Decimal("0.1"), high=Decimal(400), places=2) for one in raw]
    return tuple(int(one) if one == int(one) else one for one in found)


def _read_flag(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("must be true or false")  # noqa: TRY004  what the author wrote is wrong
    return raw


_READERS: Mapping[str, Any] = {
    "symbol": read_symbol,
    "indicator": _read_word(INDICATORS),
    "price": _read_word(PRICES),
    "period": lambda raw: read_whole(raw, low=2, high=400),
    "output": _read_word(tuple(dict.fromkeys(word for one in OUTPUTS.values() for word in one))),
    "params": _read_params,
    "intraday": _read_flag,
    "ago": lambda raw: read_whole(raw, low=0, high=AGO_MAX),
}

_SERIES_PARTS: dict[str, object] = {
    "symbol": {"type": "string"},
    "indicator": {"enum": list(INDICATORS)},
    "price": {"enum": list(PRICES)},
    "period": {"type": "integer", "minimum": 2, "maximum": 400},
    "output": {"enum": ["macd", "signal", "hist", "middle", "upper", "lower", "k", "d"]},
    "params": {"type": "array", "items": {"type": "number"}, "maxItems": PARAMS_MAX},
    "intraday": {"type": "boolean", "description": "today is the last bar, at the live price"},
    "ago": {"type": "integer", "minimum": 0, "maximum": AGO_MAX},
}
SERIES_SHAPE: dict[str, object] = {
    "type": "object",
    "description": "an indicator or a price of a symbol, daily bars",
    "required": ["symbol"],
    "additionalProperties": False,
    "properties": _SERIES_PARTS,
}
PAST_SHAPE: dict[str, object] = {
    **SERIES_SHAPE,
    "properties": {**_SERIES_PARTS, "price": {"enum": list(CLOSES)}},
}
