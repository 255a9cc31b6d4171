"""Recipes on a theoretical trade beside the bot's own book."""

from math import inf

from botfleet.domain.positions.position import HOLDING
from botfleet.domain.trades.opportunities import Opportunity
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import BOOK, Binding, Book, NoData, Question
from botfleet.domain.trees.recipes.asking import Answers
from botfleet.domain.trees.recipes.comparison import compared
from botfleet.domain.trees.recipes.opportunity.trades import met, trade_asks


def _with_book(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    asked = trade_asks(arguments, binding)
    return (*asked, BOOK) if asked else ()


def _meets(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    one = met(answers)
    if isinstance(one, NoData):
        return one
    return bool(_shared(one, answers[1], 1 if arguments["match"] == "matches" else -1))


def _shared(one: Opportunity, book: Book, sign: int) -> bool:
    """Say whether a held position has a leg of the trade on the same (1) or other (-1) side."""
    wanted = {(leg.option, leg.ratio * sign > 0) for leg in one.legs if leg.option is not None}
    return any(
        (leg.option, leg.ratio > 0) in wanted
        for position in book.positions
        if position.state in HOLDING
        for leg in position.legs
    )


def _has_leg(_: Arguments, __: Binding, answers: Answers) -> bool | NoData:
    one = met(answers)
    return one if isinstance(one, NoData) else _shared(one, answers[1], 1)


def _affordable(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    """Measure how many units the bot's available capital pays for."""
    one = met(answers)
    if isinstance(one, NoData):
        return one
    return answers[1].available // one.max_loss.cents if one.max_loss.cents > 0 else inf


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "opportunity_legs",
        "opportunity",
        "opportunity {trade} {match} with legs of existing positions",
        {"trade": "trade", "match": "legs_match"},
        _with_book,
        _meets,
    ),
    Recipe(
        "bot_has_leg",
        "bot",
        "bot has a position with a leg of {trade}",
        {"trade": "trade"},
        _with_book,
        _has_leg,
    ),
    compared(
        "bot_can_afford",
        "bot has capital for {relation} {count} units of {trade}",
        {"trade": "trade", "relation": "count_relation", "count": "count"},
        _with_book,
        _affordable,
        "count",
    ),
)
