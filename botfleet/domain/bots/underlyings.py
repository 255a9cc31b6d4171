"""What a bot looks at and trades: every symbol its author named anywhere."""

from collections.abc import Iterator

from botfleet.domain.bots.bot import Definition
from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.conditions import Condition, Criterion, Held
from botfleet.domain.trees.nodes import Conditional, Decision, Loop, Node, Open, Step, every_node


def underlyings(definition: Definition) -> frozenset[str]:
    """Give the symbols of a bot: its own list, and those in its trees."""
    named = (
        symbol
        for automation in definition.automations
        for _, node in every_node(automation.tree)
        for symbol in _of_node(node)
    )
    return frozenset({*definition.symbols, *named}) - {LOOP_SYMBOL}


def _of_node(node: Node) -> Iterator[str]:
    match node:
        case Open(spec):
            yield spec.symbol
        case Step(action):
            yield from _of_node(action)
        case Loop(symbols=symbols):
            yield from symbols
        case Decision(condition) | Conditional(condition):
            yield from _of_condition(condition)
        case _:
            return


def _of_condition(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Criterion):
        yield from _of_criterion(condition)
        return
    parts = (condition.part,) if isinstance(condition, Held) else condition.parts
    for part in parts:
        yield from _of_condition(part)


def _of_criterion(criterion: Criterion) -> Iterator[str]:
    """Name its symbols, and those of the trades and series it is about."""
    for name, kind in criterion.recipe.parameters.items():
        given = criterion.arguments.get(name)
        symbol = given if kind.startswith("symbol") else getattr(given, "symbol", None)
        if isinstance(symbol, str) and kind != "symbol_kind":
            yield symbol
