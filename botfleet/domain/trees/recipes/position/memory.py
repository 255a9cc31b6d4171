"""Recipes on switches and counters of a position."""

from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData
from botfleet.domain.trees.memory import Mark, of_position
from botfleet.domain.trees.recipes.asking import Answers, memory_asks
from botfleet.domain.trees.recipes.comparison import NO_POSITION, OF_POSITION, TALLY, compared


def _is_position_switched(
    arguments: Arguments, binding: Binding, answers: Answers
) -> bool | NoData:
    if binding.position is None:
        return NO_POSITION
    subject = of_position(binding.position.position_id)
    number = answers[0].number(Mark.SWITCH, subject, arguments["name"])
    return bool((number > 0) == (arguments["state"] == "on"))


def _position_counted(arguments: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if binding.position is None:
        return NO_POSITION
    subject = of_position(binding.position.position_id)
    return int(answers[0].number(Mark.COUNTER, subject, arguments["name"]))


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "position_switch",
        "position",
        "{position} switch {name} is {state}",
        {**OF_POSITION, "name": "name", "state": "switched"},
        memory_asks,
        _is_position_switched,
    ),
    compared(
        "position_counter",
        "{position} counter {name} is {relation} {count}",
        {**OF_POSITION, "name": "name", **TALLY},
        memory_asks,
        _position_counted,
        "count",
    ),
)
