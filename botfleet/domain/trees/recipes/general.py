"""Recipes on market time. Clock times are Eastern and compare by whole minutes."""

from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any

from botfleet.domain.eastern import wall
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import NOW, Binding, Question
from botfleet.domain.trees.grammar import WEEKDAYS
from botfleet.domain.trees.recipes.comparison import compared

_ASK_NOW: tuple[Question, ...] = (NOW,)
_MINUTE = timedelta(minutes=1)


def _now(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return _ASK_NOW


def _clock(_: Arguments, __: Binding, answers: Sequence[Any]) -> time:
    return wall(answers[0].at).time().replace(second=0, microsecond=0)


def _minutes_left(_: Arguments, __: Binding, answers: Sequence[Any]) -> int:
    left: timedelta = answers[0].closes_at - answers[0].at
    return left // _MINUTE


def _minutes_gone(_: Arguments, __: Binding, answers: Sequence[Any]) -> int:
    gone: timedelta = answers[0].at - answers[0].opens_at
    return gone // _MINUTE


def _is_weekday(arguments: Arguments, _: Binding, answers: Sequence[Any]) -> bool:
    day = wall(answers[0].at).weekday()
    return day < len(WEEKDAYS) and WEEKDAYS[day] in arguments["days"]


RECIPES: tuple[Recipe, ...] = (
    compared(
        "general_time",
        "market time is {relation} {time} Eastern",
        {"relation": "clock_relation", "time": "clock"},
        _now,
        _clock,
        "time",
    ),
    compared(
        "general_closes_in",
        "market closes in {relation} {minutes} minutes",
        {"relation": "span_relation", "minutes": "minutes"},
        _now,
        _minutes_left,
        "minutes",
    ),
    compared(
        "general_open_for",
        "market has been open for {relation} {minutes} minutes",
        {"relation": "span_relation", "minutes": "minutes"},
        _now,
        _minutes_gone,
        "minutes",
    ),
    Recipe(
        "general_weekday",
        "general",
        "today is {days}",
        {"days": "weekdays"},
        _now,
        _is_weekday,
    ),
)
