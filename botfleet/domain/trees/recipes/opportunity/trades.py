"""Recipes on a theoretical trade, worded exactly as the open action words it (S81-S83).

A trade that cannot be met now is a No to `opportunity_available` and no data to the others: what
does not exist has no rate of return, and must not open anything by way of the No branch (R2).
"""

from decimal import Decimal

from botfleet.domain.trades.opportunities import LOOP_SYMBOL, NoTrade, Opportunity
from botfleet.domain.trades.rewards import reward_risk
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData, OpportunityOf, Question
from botfleet.domain.trees.recipes.asking import Answers
from botfleet.domain.trees.recipes.comparison import NO_SYMBOL, compared
from botfleet.domain.trees.walk import bind


def trade_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    """Ask for the trade a criterion names; for nothing where no symbol is bound."""
    spec = bind(arguments["trade"], binding)
    return () if spec.symbol == LOOP_SYMBOL else (OpportunityOf(spec),)


def _is_available(_: Arguments, __: Binding, answers: Answers) -> bool | NoData:
    return isinstance(answers[0], Opportunity) if answers else NO_SYMBOL


def met(answers: Answers) -> Opportunity | NoData:
    """Give the trade where it can be met; the question behind it comes first."""
    if not answers:
        return NO_SYMBOL
    answer: Opportunity | NoTrade = answers[0]
    return NoData("opportunity", answer.message) if isinstance(answer, NoTrade) else answer


def _rate_of_return(_: Arguments, __: Binding, answers: Answers) -> Decimal | float | NoData:
    one = met(answers)
    if isinstance(one, NoData):
        return one
    ratio = reward_risk(one)
    return NoData("opportunity", "nothing is at risk") if ratio is None else ratio


def _spread(_: Arguments, __: Binding, answers: Answers) -> Decimal | NoData:
    one = met(answers)
    return one if isinstance(one, NoData) else one.ask - one.bid


def _premium(_: Arguments, __: Binding, answers: Answers) -> Decimal | NoData:
    one = met(answers)
    return one if isinstance(one, NoData) else abs(one.mid)


def _max_loss(_: Arguments, __: Binding, answers: Answers) -> Decimal | NoData:
    one = met(answers)
    return one if isinstance(one, NoData) else one.max_loss.dollars


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "opportunity_available",
        "opportunity",
        "opportunity {trade} is available",
        {"trade": "trade"},
        trade_asks,
        _is_available,
    ),
    compared(
        "opportunity_return",
        "opportunity {trade} rate of return is {relation} {percent}",
        {"trade": "trade", "relation": "relation", "percent": "percent"},
        trade_asks,
        _rate_of_return,
        "percent",
    ),
    compared(
        "opportunity_spread",
        "opportunity {trade} bid/ask spread is less than {value}",
        {"trade": "trade", "value": "amount"},
        trade_asks,
        _spread,
    ),
    compared(
        "opportunity_premium",
        "opportunity {trade} premium is {relation} {value}",
        {"trade": "trade", "relation": "relation", "value": "amount"},
        trade_asks,
        _premium,
    ),
    compared(
        "opportunity_max_loss",
        "opportunity {trade} max loss of one unit is {relation} {value}",
        {"trade": "trade", "relation": "relation", "value": "amount"},
        trade_asks,
        _max_loss,
    ),
)
