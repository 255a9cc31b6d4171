"""Recipes on how long a position has been open and has left."""

from datetime import timedelta
from math import inf

from botfleet.domain.eastern import day_of
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData
from botfleet.domain.trees.recipes.asking import Answers, now_asks
from botfleet.domain.trees.recipes.comparison import NO_POSITION, OF_POSITION, compared
from botfleet.domain.trees.recipes.position.properties import sessions_between


def _days_left(_: Arguments, binding: Binding, answers: Answers) -> float | NoData:
    position = binding.position
    if position is None:
        return NO_POSITION
    if position.expires_on is None:
        return inf  # shares never expire
    return (position.expires_on - day_of(answers[0].at)).days


def _minutes_open(_: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if binding.position is None:
        return NO_POSITION
    age: timedelta = answers[0].at - binding.position.opened_at
    return age // timedelta(minutes=1)


def _sessions_open(_: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if binding.position is None:
        return NO_POSITION
    return sessions_between(day_of(binding.position.opened_at), day_of(answers[0].at))


RECIPES: tuple[Recipe, ...] = (
    compared(
        "position_expires_in",
        "{position} expires in {relation} {days} days",
        {**OF_POSITION, "relation": "span_relation", "days": "days"},
        now_asks,
        _days_left,
        "days",
    ),
    compared(
        "position_open_for",
        "{position} has been open for {relation} {minutes} minutes",
        {**OF_POSITION, "relation": "span_relation", "minutes": "minutes"},
        now_asks,
        _minutes_open,
        "minutes",
    ),
    compared(
        "position_sessions_open",
        "{position} has been open for {relation} {sessions} market days",
        {**OF_POSITION, "relation": "span_relation", "sessions": "sessions_back"},
        now_asks,
        _sessions_open,
        "sessions",
    ),
)
