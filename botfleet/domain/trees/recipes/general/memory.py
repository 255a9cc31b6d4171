"""Recipes on the bot's switches and counters."""

from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding
from botfleet.domain.trees.memory import BOT, Mark
from botfleet.domain.trees.recipes.asking import Answers, memory_asks
from botfleet.domain.trees.recipes.comparison import TALLY, compared


def _is_switched(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    number = answers[0].number(Mark.SWITCH, BOT, arguments["name"])
    return bool((number > 0) == (arguments["state"] == "on"))


def _counted(arguments: Arguments, _: Binding, answers: Answers) -> int:
    return int(answers[0].number(Mark.COUNTER, BOT, arguments["name"]))


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "general_switch",
        "general",
        "switch {name} is {state}",
        {"name": "name", "state": "switched"},
        memory_asks,
        _is_switched,
    ),
    compared(
        "general_counter",
        "counter {name} is {relation} {count}",
        {"name": "name", **TALLY},
        memory_asks,
        _counted,
        "count",
    ),
)
