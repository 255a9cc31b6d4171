"""Recipes on which symbol an underlying is, of what kind, and its tags."""

from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData, Question
from botfleet.domain.trees.memory import of_symbol, quantified
from botfleet.domain.trees.recipes.asking import Answers, memory_asks, no_asks
from botfleet.domain.trees.recipes.comparison import NO_SYMBOL, symbol_of, unknown
from botfleet.domain.trees.recipes.stock.properties import asks_for


def _is_symbol(arguments: Arguments, binding: Binding, _: Answers) -> bool | NoData:
    symbol = symbol_of(arguments, binding)
    return symbol == arguments["other"] if symbol else NO_SYMBOL


def _kind_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    return asks_for(symbol_of(arguments, binding), "iv_rank")


def _is_kind(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    if not answers:
        return NO_SYMBOL
    kind = answers[0].kind
    return bool(kind == arguments["kind"]) if kind else unknown(f"kind of {answers[0].symbol}")


def _is_tagged(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return NO_SYMBOL
    tags = answers[0].tags(of_symbol(symbol))
    return quantified(arguments["quantifier"], arguments["tags"], tags)


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "stock_is",
        "stock",
        "{symbol} is {other}",
        {"symbol": "symbol", "other": "symbol"},
        no_asks,
        _is_symbol,
    ),
    Recipe(
        "stock_kind",
        "stock",
        "{symbol} type is {kind}",
        {"symbol": "symbol", "kind": "symbol_kind"},
        _kind_asks,
        _is_kind,
    ),
    Recipe(
        "stock_tags",
        "stock",
        "{symbol} has {quantifier} of the tags {tags}",
        {"symbol": "symbol", "quantifier": "quantifier", "tags": "tags"},
        memory_asks,
        _is_tagged,
    ),
)
