"""Recipes on a position's attempts to leave, and on what comes before it expires."""

from datetime import timedelta

from botfleet.domain.eastern import day_of
from botfleet.domain.positions.exits import REASONS
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import NOW, Binding, EventsOf, NoData, Question
from botfleet.domain.trees.history import History
from botfleet.domain.trees.recipes.asking import Answers, history_asks
from botfleet.domain.trees.recipes.comparison import NO_POSITION, OF_POSITION, compared, unknown
from botfleet.domain.trees.recipes.stock.events import comes_by

#: Exits that the minute watch takes by itself.
WATCHED = frozenset(REASONS)


def _attempts(arguments: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if binding.position is None:
        return NO_POSITION
    history: History = answers[0]
    wanted = arguments["reason"]
    return sum(
        one.count
        for one in history.attempts
        if one.position_id == binding.position.position_id and is_reason(one.why, wanted)
    )


def is_reason(why: str, wanted: str) -> bool:
    """Say whether a close was for a reason: `any`, `any_option` (the watch's), or by name."""
    if wanted == "any":
        return True
    return why in WATCHED if wanted == "any_option" else why == wanted


def _events(_: Arguments, binding: Binding) -> tuple[Question, ...]:
    return (NOW, EventsOf(binding.position.symbol)) if binding.position else ()


def _event_within(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    if binding.position is None:
        return NO_POSITION
    last = day_of(answers[0].at) + timedelta(days=arguments["days"])
    return comes_by(answers[1], answers[0], arguments["event"], last)


def _event_before(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    position = binding.position
    if position is None:
        return NO_POSITION
    if position.expires_on is None:
        return unknown("expiration", "shares never expire")
    return comes_by(answers[1], answers[0], arguments["event"], position.expires_on)


RECIPES: tuple[Recipe, ...] = (
    compared(
        "position_exit_attempts",
        "bot tried to exit {position} for {reason} {relation} {count} times",
        {**OF_POSITION, "reason": "exit_reason", "relation": "count_relation", "count": "count"},
        history_asks,
        _attempts,
        "count",
    ),
    Recipe(
        "position_event_within",
        "position",
        "{position} has {event} within {days} days",
        {**OF_POSITION, "event": "company_event", "days": "year_days"},
        _events,
        _event_within,
    ),
    Recipe(
        "position_event_before_expiration",
        "position",
        "{position} has {event} before it expires",
        {**OF_POSITION, "event": "company_event"},
        _events,
        _event_before,
    ),
)
