"""Recipes on signals, lines and bands of indicators.

Signals are the readings the documentation keeps: RSI and MFI 70/30 and 80/20, stochastics 80/20,
CCI and CMO at 100 and 50, Williams %R at -20/-80: oversold is buy, overbought is sell. MACD is buy
above its signal line, BOP above zero.
"""

from collections.abc import Mapping
from dataclasses import replace

from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, IndicatorOf, NoData, Question, QuoteOf
from botfleet.domain.trees.recipes.asking import Answers, last_of
from botfleet.domain.trees.recipes.comparison import (
    NO_SYMBOL,
    RELATED,
    compared,
    symbol_of,
    unknown,
)
from botfleet.domain.trees.recipes.indicator.series import question
from botfleet.domain.trees.series import Series

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


def _signal_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol, name = symbol_of(arguments, binding), arguments["indicator"]
    if symbol is None:
        return ()
    series = Series(symbol, name, period=26 if name == "MACD" else 14)
    if name == "MACD":
        series = replace(series, output="hist")
    return question(series, binding)


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


RECIPES: tuple[Recipe, ...] = (
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
            **RELATED,
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
        {**RELATED, "band": "band", "period": "period", "deviations": "deviations"},
        _band_asks,
        _above_band,
        "",
    ),
    compared(
        "indicator_stochastic",
        "{symbol} stochastic %K({k}, {smooth}) is {relation} its %D({d})",
        {**RELATED, "k": "period", "smooth": "period", "d": "period"},
        _stoch_asks,
        _k_above_d,
        "",
    ),
)
