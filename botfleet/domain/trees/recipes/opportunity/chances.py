"""Recipes on the chances of a theoretical trade."""

from botfleet.domain.trades.rewards import is_favorable
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData
from botfleet.domain.trees.recipes.asking import Answers
from botfleet.domain.trees.recipes.comparison import compared, guarded, unknown
from botfleet.domain.trees.recipes.opportunity.trades import met, trade_asks


def _chance(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    one = met(answers)
    if isinstance(one, NoData):
        return one
    if one.odds is None:
        return unknown(f"chances of {one.symbol}")
    return float(getattr(one.odds, arguments["chance"]))


def _is_favorable(_: Arguments, __: Binding, answers: Answers) -> bool | NoData:
    one = met(answers)
    if isinstance(one, NoData):
        return one
    favor = is_favorable(one)
    return unknown(f"chances of {one.symbol}") if favor is None else favor


RECIPES: tuple[Recipe, ...] = (
    compared(
        "opportunity_chance",
        "opportunity {trade} chance of {chance} is {relation} {percent}",
        {"trade": "trade", "chance": "chance", "relation": "relation", "percent": "percent"},
        trade_asks,
        _chance,
        "percent",
    ),
    guarded(
        Recipe(
            "opportunity_favorable",
            "opportunity",
            "opportunity {trade} reward is favorable for its chance of max profit",
            {"trade": "trade"},
            trade_asks,
            _is_favorable,
        )
    ),
)
