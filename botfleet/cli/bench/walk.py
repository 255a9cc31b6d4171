"""`botfleet bench walk`: how long a walk takes with its facts at hand, and a tree's validation.

The trees are chains: the walk passes every decision, and each asks something else. Nothing is
gathered and nothing is stored; what is timed is the language alone.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import typer

from botfleet.adapters import botfile
from botfleet.cli.bench.figures import tell
from botfleet.cli.options import AsJson
from botfleet.domain.market.quotes import Quote
from botfleet.domain.trees.facts import Facts, IndicatorOf, Question, QuoteOf
from botfleet.domain.trees.nodes import NODES_MAX, Node, every_node
from botfleet.domain.trees.walk import Verdict, walk
from botfleet.errors import InvariantBroken

app = typer.Typer()

SIZES = (1, 5, 20, 100)
ROUNDS, ROUND_S = 9, 0.05
AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
Mapped = dict[str, Any]


@app.command("walk", epilog="Examples:  botfleet bench walk   ·   botfleet bench walk --json")
def bench_walk(*, as_json: AsJson = False) -> None:
    """Walk trees of 1 to 100 nodes with their facts at hand; validate one of 500."""
    figures: Mapped = {}
    for count in SIZES:
        tree = _tree(chain(count))
        facts = _facts()
        if not isinstance(walk(tree, facts), Verdict) or _size(tree) != count:
            raise InvariantBroken("the bench's own tree is not what it should be")
        seconds = _timed(lambda tree=tree, facts=facts: walk(tree, facts))  # type: ignore[misc]
        figures[f"walk_{count}_nodes_us"] = round(seconds * 1e6, 2)
    figures |= _validation()
    tell("walk", figures, as_json=as_json)


def chain(count: int) -> Mapped | str:
    """Give the plain data of a tree of `count` nodes whose walk passes every decision."""
    if count == 1:
        return "nothing"
    if count == 2:  # noqa: PLR2004  a loop over a leaf
        return {"loop": {"symbols": ["SPY"]}, "do": "nothing"}
    beside = 2 - count % 2
    return {"if": _asked(count), "yes": chain(beside), "no": chain(count - 1 - beside)}


def bush(count: int) -> Mapped | str:
    """Give the plain data of a tree of `count` nodes (odd), as flat as two branches allow."""
    if count == 1:
        return "nothing"
    half = (count - 1) // 2
    left = half if half % 2 else half - 1
    return {"if": _asked(count), "yes": bush(left), "no": bush(count - 1 - left)}


def bot_of(tree: object) -> Mapped:
    """Give the plain data of a bot of one tree."""
    limits = {"allocation": 10_000, "daily_positions": 3, "open_positions": 3}
    automation = {"name": "One", "lane": "scanner", "tree": tree}
    return {"botfleet": 1, "name": "Bench", "limits": limits, "automations": [automation]}


def _asked(count: int) -> Mapped:
    """Ask something that is false, of a quote or of an indicator by turns."""
    if count % 4 < 2:  # noqa: PLR2004
        return {"recipe": "stock_price", "symbol": "SPY", "relation": "above", "value": 900 + count}
    named = {"recipe": "indicator_value", "symbol": "SPY", "indicator": "RSI", "period": 14}
    return {**named, "relation": "above", "value": 90}


def _tree(plain: object) -> Node:
    return botfile.parse(bot_of(plain)).automations[0].tree


def _size(tree: Node) -> int:
    return sum(1 for _ in every_node(tree))


def _facts() -> Facts:
    price = Decimal("683.10")
    facts: dict[Question, object] = {
        QuoteOf("SPY"): Quote("SPY", AT, price, price + Decimal("0.01"), price),
        IndicatorOf("SPY", "RSI", 14): 55.0,
    }
    return facts


def _validation() -> Mapped:
    """Time the text of a bot file of the most nodes, from bytes to a bot or to its faults."""
    good = bot_of(bush(NODES_MAX - 1))
    text = json.dumps(good).encode()
    yaml_text = botfile.write(botfile.parse(good)).encode()
    return {
        "validate_500_nodes_json_ms": round(_timed(lambda: botfile.read(text)) * 1e3, 2),
        "validate_500_nodes_yaml_ms": round(_timed(lambda: botfile.read(yaml_text)) * 1e3, 2),
        "validate_500_nodes_plain_ms": round(_timed(lambda: botfile.parse(good)) * 1e3, 2),
    }


def _timed(do: Callable[[], object]) -> float:
    """Give the seconds of one call: the least of several rounds, for others' noise only adds."""
    count = 1
    while _round(do, count) * count < ROUND_S:
        count *= 2
    return min(_round(do, count) for _ in range(ROUNDS))


def _round(do: Callable[[], object], count: int) -> float:
    began_s = time.perf_counter()
    for _ in range(count):
        do()
    return (time.perf_counter() - began_s) / count
