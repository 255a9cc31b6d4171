"""Recipes on how positions of the bot ended.

Win and loss are by realised gain; a position that realised nothing is neither.
"""

from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData
from botfleet.domain.trees.recipes.asking import Answers, history_asks
from botfleet.domain.trees.recipes.comparison import TALLY, compared, unknown
from botfleet.domain.trees.recipes.position.events import is_reason


def _streak(arguments: Arguments, _: Binding, answers: Answers) -> int:
    length = int(answers[0].streak.length)
    return length if arguments["results"] == "wins" else -length


def _last_result(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    gain = answers[0].streak.last_gain
    if gain is None:
        return unknown("the last closed position", "there is none")
    return bool(gain > 0 if arguments["result"] == "win" else gain < 0)


def _last_reason(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    if answers[0].streak.last_gain is None:
        return unknown("the last closed position", "there is none")
    return is_reason(answers[0].streak.last_why, arguments["reason"])


RECIPES: tuple[Recipe, ...] = (
    compared(
        "bot_streak",
        "bot streak of {results} is {relation} {count} in a row",
        {"results": "results", **TALLY},
        history_asks,
        _streak,
        "count",
    ),
    Recipe(
        "bot_last_result",
        "bot",
        "bot last closed position was a {result}",
        {"result": "result"},
        history_asks,
        _last_result,
    ),
    Recipe(
        "bot_last_reason",
        "bot",
        "bot last closed position was closed for {reason}",
        {"reason": "exit_reason"},
        history_asks,
        _last_reason,
    ),
)
