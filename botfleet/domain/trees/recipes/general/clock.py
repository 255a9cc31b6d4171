"""Recipes on market time. Clock times are Eastern and compare by whole minutes."""

from datetime import time, timedelta

from botfleet.domain.eastern import wall
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding
from botfleet.domain.trees.recipes.asking import Answers, now_asks
from botfleet.domain.trees.recipes.comparison import compared

_MINUTE = timedelta(minutes=1)


def _time(_: Arguments, __: Binding, answers: Answers) -> time:
    return wall(answers[0].at).time().replace(second=0, microsecond=0)


def _minutes_left(_: Arguments, __: Binding, answers: Answers) -> int:
    left: timedelta = answers[0].closes_at - answers[0].at
    return left // _MINUTE


def _minutes_gone(_: Arguments, __: Binding, answers: Answers) -> int:
    gone: timedelta = answers[0].at - answers[0].opens_at
    return gone // _MINUTE


def _clock(answers: Answers) -> time:
    return wall(answers[0].at).time().replace(second=0, microsecond=0)


def _is_between(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    return bool(arguments["start"] <= _clock(answers) <= arguments["end"])


def _is_at(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    return bool(_clock(answers) == arguments["time"])


def _closes_at(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    return bool(wall(answers[0].closes_at).time() == arguments["time"])


RECIPES: tuple[Recipe, ...] = (
    compared(
        "general_time",
        "market time is {relation} {time} Eastern",
        {"relation": "clock_relation", "time": "clock"},
        now_asks,
        _time,
        "time",
    ),
    Recipe(
        "general_time_between",
        "general",
        "market time is between {start} and {end} Eastern",
        {"start": "clock", "end": "clock"},
        now_asks,
        _is_between,
    ),
    Recipe(
        "general_time_at",
        "general",
        "market time is exactly {time} Eastern",
        {"time": "clock"},
        now_asks,
        _is_at,
    ),
    compared(
        "general_closes_in",
        "market closes in {relation} {minutes} minutes",
        {"relation": "span_relation", "minutes": "minutes"},
        now_asks,
        _minutes_left,
        "minutes",
    ),
    Recipe(
        "general_closes_at",
        "general",
        "market closes at {time} Eastern today",
        {"time": "clock"},
        now_asks,
        _closes_at,
    ),
    compared(
        "general_open_for",
        "market has been open for {relation} {minutes} minutes",
        {"relation": "span_relation", "minutes": "minutes"},
        now_asks,
        _minutes_gone,
        "minutes",
    ),
)
