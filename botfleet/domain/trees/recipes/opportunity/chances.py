"""Recipes on the chances of a theoretical trade."""

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
    """Say whether max profit x its chance outweighs max loss x the chance that it fails."""
    one = met(answers)
    if isinstance(one, NoData):
        return one
    if one.odds is None or one.max_profit is None:
        return unknown(f"chances of {one.symbol}")
    chance = one.odds.max_profit
    return bool(one.max_profit.cents * chance > one.max_loss.cents * (1 - chance))


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
