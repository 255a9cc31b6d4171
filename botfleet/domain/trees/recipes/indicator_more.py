"""Recipes on any indicator or price series: levels, crossings, moves, signals and bands.

Signals are the readings the documentation keeps: RSI and MFI 70/30 and 80/20, stochastics 80/20,
CCI and CMO at 100 and 50, Williams %R at -20/-80: oversold is buy, overbought is sell. MACD is buy
above its signal line, BOP above zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import (
    Binding,
    CloseOf,
    IndicatorOf,
    NoData,
    Question,
    QuoteOf,
    StatsOf,
)
from botfleet.domain.trees.recipes.comparison import (
    NO_SYMBOL,
    between,
    compared,
    symbol_of,
    unknown,
)
from botfleet.domain.trees.recipes.stock import last_of, quote_of
from botfleet.domain.trees.recipes.stock_properties import Number, measure
from botfleet.domain.trees.series import Series

Answers = Sequence[Any]
#: Below the first is buy, above the second sell.
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "RSI": (30, 70),
    "STOCH": (20, 80),
    "STOCHRSI": (20, 80),
    "MFI": (20, 80),
    "CCI": (-100, 100),
    "CMO": (-50, 50),
    "WILLR": (-80, -20),
}


def _question(series: Series, binding: Binding, back: int = 0) -> tuple[Question, ...]:
    symbol = binding.symbol if series.symbol == LOOP_SYMBOL else series.symbol
    if symbol is None:
        return ()
    ago = series.ago + back
    if series.price:
        return (CloseOf(symbol, ago) if ago else QuoteOf(symbol),)
    indicator = IndicatorOf(
        symbol,
        series.indicator,
        series.period,
        series.output,
        series.params,
        series.is_intraday,
        ago,
    )
    return (indicator,)


def _reading(series: Series, answer: Any) -> float | NoData:
    if not series.price or not hasattr(answer, "previous_close"):
        return float(answer)
    seen = measure(series.price, [answer])
    return seen if isinstance(seen, NoData) else float(seen)


def _series_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    return _question(arguments["series"], binding)


def _level(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    return _reading(arguments["series"], answers[0]) if answers else NO_SYMBOL


def _both_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    one, other = (_question(arguments[name], binding) for name in ("series", "other"))
    return one + other if one and other else ()


def _difference(one: float | NoData, other: float | NoData) -> float | NoData:
    if isinstance(one, NoData) or isinstance(other, NoData):
        return one if isinstance(one, NoData) else other
    return one - other


def _above_other(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    pairs = zip(("series", "other"), answers, strict=True)
    return _difference(*(_reading(arguments[name], answer) for name, answer in pairs))


def _moved_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    series, back = arguments["series"], arguments["sessions"]
    return _question(series, binding) + _question(series, binding, back)


def _moved(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    moved = _difference(*(_reading(arguments["series"], answer) for answer in answers))
    if isinstance(moved, NoData):
        return moved
    return -moved if arguments["direction"] == "increased" else moved


def _signal_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol, name = symbol_of(arguments, binding), arguments["indicator"]
    if symbol is None:
        return ()
    series = Series(symbol, name, period=26 if name == "MACD" else 14)
    if name == "MACD":
        series = replace(series, output="hist")
    return _question(series, binding)


def _is_signal(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    if not answers:
        return NO_SYMBOL
    seen = float(answers[0])
    if seen != seen:  # noqa: PLR0124  NaN
        return unknown(arguments["indicator"], "not a number")
    return bool(_signal(arguments["indicator"], seen) == arguments["signal"])


def _signal(name: str, seen: float) -> str:
    if name not in _BOUNDS:  # MACD's histogram and BOP swing about zero
        return "buy" if seen > 0 else "sell" if seen < 0 else "neutral"
    low, high = _BOUNDS[name]
    return "buy" if seen < low else "sell" if seen > high else "neutral"


def _macd_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return ()
    params = (arguments["fast"], arguments["slow"], arguments["signal"])
    output = "hist" if arguments["line"] == "signal" else ""
    return (IndicatorOf(symbol, "MACD", arguments["slow"], output, params),)


def _first(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    return float(answers[0]) if answers else NO_SYMBOL


def _band_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return ()
    output = "" if arguments["band"] == "middle" else arguments["band"]
    params = (arguments["deviations"],)
    return QuoteOf(symbol), IndicatorOf(symbol, "BBANDS", arguments["period"], output, params)


def _above_band(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    last = last_of(answers[0])
    return last if isinstance(last, NoData) else float(last) - float(answers[1])


def _stoch_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return ()
    params = (arguments["k"], arguments["smooth"], arguments["d"])
    k = IndicatorOf(symbol, "STOCH", arguments["k"], "", params)
    return k, replace(k, output="d")


def _k_above_d(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    return float(answers[0]) - float(answers[1]) if answers else NO_SYMBOL


def _average_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return ()
    return QuoteOf(symbol), IndicatorOf(symbol, arguments["average"], arguments["period"])


def _is_near(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    if not answers:
        return NO_SYMBOL
    last, average = last_of(answers[0]), float(answers[1])
    if isinstance(last, NoData):
        return last
    away = (float(last) - average) / average if average else float("nan")
    if away != away:  # noqa: PLR0124  NaN
        return unknown(arguments["average"], "not a number")
    off = away if arguments["side"] == "above" else -away
    limit = float(arguments["percent"])
    return 0 <= off <= limit if arguments["within"] == "within" else off > limit


def _vix_asks(arguments: Arguments, _: Binding) -> tuple[Question, ...]:
    return quote_of(arguments["index"])


def _vix(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    return measure(arguments["price"], answers)


def _vix_moved_asks(arguments: Arguments, _: Binding) -> tuple[Question, ...]:
    return QuoteOf(arguments["index"]), CloseOf(arguments["index"], arguments["lookback"])


def _vix_moved(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    last, close = last_of(answers[0]), answers[1]
    if isinstance(last, NoData):
        return last
    move = last - close if arguments["direction"] == "increased" else close - last
    return Decimal(move) / close if arguments["unit"] == "percent" else Decimal(move)


def _atr_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return ()
    return QuoteOf(symbol), IndicatorOf(symbol, "ATR", arguments["period"])


def _atr(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    if arguments["unit"] == "dollars":
        return float(answers[1])
    last = last_of(answers[0])
    if isinstance(last, NoData):
        return last
    return float(answers[1]) / float(last) if last else unknown("ATR", "there is no price")


def _volume_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    return (QuoteOf(symbol), StatsOf(symbol)) if symbol else ()


def _volume_ratio(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    average = answers[1].average_volume(arguments["sessions"])
    if not average:
        return unknown(f"average volume of {answers[0].symbol}")
    return float(answers[0].volume) / float(average)


_VALUE = {"relation": "relation", "value": "measure"}
_NAMED = {"symbol": "symbol", "relation": "relation"}
_SERIES = {"series": "series"}

RECIPES: tuple[Recipe, ...] = (
    compared(
        "indicator_level",
        "{series} is {relation} {value}",
        {**_SERIES, **_VALUE},
        _series_asks,
        _level,
    ),
    between(
        "indicator_level_between",
        "{series} is between {low} and {high}",
        {**_SERIES, "low": "measure", "high": "measure"},
        _series_asks,
        _level,
    ),
    compared(
        "indicator_versus",
        "{series} is {relation} {other}",
        {**_SERIES, "relation": "relation", "other": "series"},
        _both_asks,
        _above_other,
        "",
    ),
    compared(
        "indicator_moved",
        "{series} has {direction} since {sessions} sessions ago",
        {**_SERIES, "direction": "direction", "sessions": "sessions"},
        _moved_asks,
        _moved,
        "",
    ),
    Recipe(
        "indicator_signal",
        "indicator",
        "{symbol} {indicator} signal is {signal}",
        {"symbol": "symbol", "indicator": "signalled", "signal": "signal"},
        _signal_asks,
        _is_signal,
    ),
    compared(
        "indicator_macd",
        "{symbol} MACD({fast}, {slow}, {signal}) is {relation} its {line} line",
        {
            **_NAMED,
            "line": "macd_line",
            "fast": "period",
            "slow": "period",
            "signal": "period",
        },
        _macd_asks,
        _first,
        "",
    ),
    compared(
        "indicator_band",
        "{symbol} price is {relation} its {band} Bollinger band({period}, {deviations})",
        {**_NAMED, "band": "band", "period": "period", "deviations": "deviations"},
        _band_asks,
        _above_band,
        "",
    ),
    compared(
        "indicator_stochastic",
        "{symbol} stochastic %K({k}, {smooth}) is {relation} its %D({d})",
        {**_NAMED, "k": "period", "smooth": "period", "d": "period"},
        _stoch_asks,
        _k_above_d,
        "",
    ),
    Recipe(
        "indicator_price_near_average",
        "indicator",
        "{symbol} price is {within} {percent} {side} its {average}({period})",
        {
            "symbol": "symbol",
            "within": "within",
            "percent": "percent",
            "side": "side",
            "average": "average",
            "period": "period",
        },
        _average_asks,
        _is_near,
    ),
    compared(
        "indicator_vix",
        "{index} {price} is {relation} {value}",
        {"index": "vix", "price": "price_field", **_VALUE},
        _vix_asks,
        _vix,
    ),
    between(
        "indicator_vix_between",
        "{index} {price} is between {low} and {high}",
        {"index": "vix", "price": "price_field", "low": "measure", "high": "measure"},
        _vix_asks,
        _vix,
    ),
    compared(
        "indicator_vix_moved",
        "{index} {direction} {relation} {value} {unit} since {lookback} sessions ago",
        {
            "index": "vix",
            "direction": "direction",
            **_VALUE,
            "unit": "point_unit",
            "lookback": "lookback",
        },
        _vix_moved_asks,
        _vix_moved,
    ),
    compared(
        "indicator_atr",
        "{symbol} ATR({period}) is {relation} {value} {unit}",
        {**_NAMED, "period": "period", "value": "measure", "unit": "size_unit"},
        _atr_asks,
        _atr,
    ),
    compared(
        "indicator_volume_average",
        "{symbol} volume today is {relation} {percent} of its {sessions}-session average",
        {**_NAMED, "percent": "percent", "sessions": "period"},
        _volume_asks,
        _volume_ratio,
        "percent",
    ),
)
