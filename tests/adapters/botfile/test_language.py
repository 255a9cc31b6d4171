"""The whole language in a bot file: all that is read is written, and read again the same."""

from copy import deepcopy
from typing import Any

import pytest

from botfleet.adapters.botfile import dump, load, parse, plain, read, warnings, write
from botfleet.adapters.botfile.descriptions import example_of
from botfleet.domain.bots.bot import Definition
from botfleet.domain.trees.conditions import Held
from botfleet.domain.trees.nodes import Conditional, Decision, Loop, Notify, Open, Step
from botfleet.domain.trees.recipes.catalogue import CATALOGUE, RULED_OUT
from botfleet.domain.trees.traces import decode_facts
from botfleet.errors import BadInput
from tests.adapters.botfile.test_bounds import is_refused_within

PRICE = {"recipe": "stock_price", "symbol": "SPY", "relation": "above", "value": 100}
BOT: dict[str, Any] = {
    "botfleet": 1,
    "name": "Whole",
    "limits": {"allocation": 10000, "daily_positions": 3, "open_positions": 3},
    "symbols": ["SPY"],
    "automations": [],
}
OPEN: dict[str, Any] = {
    "open": {
        "symbol": "SPY",
        "structure": "short_put_spread",
        "expiration": {"at_least": 30},
        "strikes": {"short_put": {"delta": 0.3}, "long_put": {"width": -5, "of": "short_put"}},
        "size": {"contracts": 1},
    }
}
TREE = "automations[0].tree"


def bot(tree: object, **automation: object) -> dict[str, Any]:
    one = {"name": "one", "lane": "scanner", "tree": tree, **automation}
    return deepcopy(BOT) | {"automations": [one]}


def faults(data: object) -> list[str]:
    with pytest.raises(BadInput) as caught:
        parse(data)
    return [fault.path for fault in caught.value.faults]


def comes_back(data: object) -> Definition:
    """Read, write, read: the same bot, and from then on the same bytes."""
    definition = parse(data)
    text = write(definition)
    assert read(text) == definition
    assert write(read(text)) == text
    assert load(dump(definition)) == definition
    assert write(load(dump(definition))) == text
    assert dump(read(text)) == dump(definition)
    return definition


def asking(condition: object, over: str = "positions") -> dict[str, Any]:
    decision = {"if": condition, "yes": "nothing", "no": "nothing"}
    return bot({"loop": over, "do": decision})


@pytest.mark.parametrize("recipe", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_recipe_comes_back_as_it_was_written(recipe: Any) -> None:
    example = example_of(recipe)
    definition = comes_back(asking(example))
    loop = definition.automations[0].tree
    assert isinstance(loop, Loop)
    assert isinstance(loop.body, Decision)
    assert comes_back(asking({**example, "held_for": 5})) != definition


def test_every_line_of_the_catalogue_is_served_or_ruled_out() -> None:
    """34 of stocks, 17 of indicators, 23, 29, 11 and 13 (spec/recipes.md)."""
    counts = {"K": 34, "N": 17, "P": 23, "B": 29, "O": 11, "G": 13}
    lines = {f"{letter}{n}" for letter, count in counts.items() for n in range(1, count + 1)}
    served = {line for recipe in CATALOGUE.values() for line in recipe.serves}
    assert served | set(RULED_OUT) == lines
    assert not served & set(RULED_OUT)
    assert all(
        recipe.serves
        for name, recipe in CATALOGUE.items()
        if "counter" not in name and name not in {"position_switch", "general_open_for"}
    )


EXITS = {"profit": "50%", "stop": "200%"}
PANEL: dict[str, Any] = {
    "profit": "50%",
    "profit_amount": 120.5,
    "price": 0.2,
    "stop": "200%",
    "stop_amount": 300,
    "trail_from": "20%",
    "trail": "8%",
    "trail_return_min": "-5%",
    "trail_pullback_max": "30%",
    "touch": "-1.5%",
    "expiration": "2 hours",
    "avoid": {"events": ["cpi", "full_moon"], "before_close": "15 minutes"},
    "earnings": 3,
    "no_day_trade": True,
    "spread_max": 0.3,
    "alpha_min": "-5%",
    "value_min": -20,
    "speed": "patient",
}
LOOKUP = {"symbol": "SPY", "structure": "short_put_spread", "tags": ["a"]}
STEPS: list[dict[str, Any]] = [
    {"notify": "hello"},
    OPEN,
    {"close": {"position": LOOKUP}},
    {"close": {"price": {"speed": "fast", "final": "100%"}, "position": {"tags": ["b"]}}},
    {"close": {"price": {"speed": "normal", "of_entry": "50%", "from_entry": "-0.25"}}},
    *(
        {"open": {**OPEN["open"], "size": size}}
        for size in (
            {"amount": 5000, "max": 3},
            {"percent": "10%", "of": "available", "max": 2},
            {"same_as": "position"},
            {"same_as": LOOKUP},
            {"progressive": {"start": 1, "end": 5, "increment": 2, "on": "wins"}},
            {"progressive": {"start": 1, "end": 8, "increment": "double", "on": "losses"}},
        )
    ),
    *(
        {"open": {**OPEN["open"], "price": {"speed": "fast", **price}}}
        for price in ({"from_mid": "0.1"}, {"fixed": "1.25"}, {"final": "75%", "from_mid": 0})
    ),
    {"update_exits": {"exits": EXITS}},
    {"update_exits": {"exits": {}, "position": LOOKUP}},
    {"update_exits": {"exits": PANEL}},
    {"update_exits": {"exits": {"touch": 0, "expiration": "1 day"}}},
    {"update_exits": {"exits": {"touch": 2.25, "expiration": "45 minutes"}}},
    {"update_exits": {"exits": {"avoid": {"events": ["cpi"]}}}},
    {"tag": {"tags": ["a", "b"]}},
    {"untag": {"tags": ["a"], "of": "position"}},
    {"untag": {"tags": ["a"], "of": "position", "position": LOOKUP}},
    {"reset_tags": {"tags": [], "of": "symbol"}},
    {"tag": {"tags": ["hot"], "of": "symbol", "symbol": "QQQ"}},
    {"switch": {"name": "risk", "to": "off"}},
    {"switch": {"name": "rolled", "to": "on", "of": "position"}},
    {"counter": {"name": "tries", "add": -1}},
    {"counter": {"name": "tries", "set": 0, "of": "position"}},
]


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_every_action_comes_back_alone_and_on_the_way(step: dict[str, Any]) -> None:
    inner = {"loop": {"symbols": ["SPY"]}, "do": step}
    definition = comes_back(bot({"loop": "positions", "do": inner, "then": {"notify": "end"}}))
    leaf: Any = definition.automations[0].tree.body.body  # type: ignore[union-attr]
    inner["do"] = {**step, "then": {"notify": "next"}}
    on = comes_back(bot({"loop": "positions", "do": inner}))
    assert on.automations[0].tree.body.body == Step(leaf, Notify("next"))  # type: ignore[union-attr]


def test_conditionals_loops_and_held_criteria_come_back() -> None:
    tree = {
        "when": {"all": [PRICE, {**PRICE, "held_for": 30}]},
        "do": {"loop": {"positions": {"symbol": "SPY", "tags": ["a"]}}, "do": "close"},
        "then": {"notify": "done"},
    }
    root = comes_back(bot(tree)).automations[0].tree
    assert isinstance(root, Conditional)
    (held,) = root.condition.holds
    assert isinstance(held, Held)
    assert held.minutes == 30


BAD_EXITS: list[tuple[dict[str, Any], str]] = [
    ({"profit": 50}, "profit"),
    ({"profit_amount": 0}, "profit_amount"),
    ({"trail": "8%"}, "trail_from"),
    ({"trail_return_min": "5%"}, "trail_return_min"),
    ({"trail": "8%", "trail_from": "20%", "trail_pullback_max": "7%"}, "trail_pullback_max"),
    ({"touch": "95%"}, "touch"),
    ({"touch": "near"}, "touch"),
    ({"expiration": 30}, "expiration"),
    ({"expiration": "4 minutes"}, "expiration"),
    ({"expiration": "7 hours"}, "expiration"),
    ({"expiration": "0 days"}, "expiration"),
    ({"avoid": {"events": []}}, "avoid.events"),
    ({"avoid": {"events": ["doomsday"]}}, "avoid.events[0]"),
    ({"avoid": {"events": ["cpi"], "before_close": "1 day"}}, "avoid.before_close"),
    ({"earnings": -1}, "earnings"),
    ({"no_day_trade": "maybe"}, "no_day_trade"),
    ({"spread_max": 0}, "spread_max"),
    ({"speed": "warp"}, "speed"),
    ({"preset": "mine"}, "preset"),
    ({"take_profit": "50%"}, "take_profit"),
]


@pytest.mark.parametrize(("exits", "place"), BAD_EXITS, ids=str)
def test_wrong_exits_are_named_with_their_place(exits: dict[str, Any], place: str) -> None:
    tree = {"loop": "positions", "do": {"update_exits": {"exits": exits}}}
    assert f"{TREE}.do.update_exits.exits.{place}" in faults(bot(tree))


def test_a_profit_no_credit_can_reach_is_worth_a_warning() -> None:
    for profit, count in (("100%", 0), ("101%", 1)):
        opened = {"open": {**OPEN["open"], "exits": {"profit": profit}}}
        found = [one.path for one in warnings(parse(bot(opened)))]
        assert found == [f"{TREE}.open.exits.profit"] * count


def test_shares_have_no_strike_to_touch_and_no_expiration() -> None:
    shares = {"symbol": "SPY", "structure": "long_equity", "size": {"shares": 1}}
    for name in ("touch", "expiration", "alpha_min", "value_min"):
        opened = {"open": {**shares, "exits": {name: PANEL[name]}}}
        assert faults(bot(opened)) == [f"{TREE}.open.exits.{name}"]
    comes_back(bot({"open": {**shares, "exits": {"profit": "5%", "earnings": 1}}}))


BAD: list[tuple[dict[str, Any], str]] = [
    (bot({"when": PRICE, "do": "nothing"}), f"{TREE}.then"),
    (bot({"close": {"position": "opened"}}), f"{TREE}.close.position"),
    (bot({"close": {"position": "mine"}}), f"{TREE}.close.position"),
    (bot({"close": {"position": {"symbol": "$symbol"}}}), f"{TREE}.close.position.symbol"),
    (bot({"update_exits": {"exits": EXITS}}), f"{TREE}.update_exits"),
    (bot({"tag": {"tags": ["a"], "of": "position"}}), f"{TREE}.tag"),
    (bot({"tag": {"tags": ["a"], "of": "symbol"}}), f"{TREE}.tag"),
    (bot({"tag": {"tags": []}}), f"{TREE}.tag.tags"),
    (bot({"tag": {"tags": ["a"], "symbol": "SPY"}}), f"{TREE}.tag.symbol"),
    (bot({"switch": {"name": "a", "to": "maybe"}}), f"{TREE}.switch.to"),
    (bot({"switch": {"name": "a", "to": "on", "of": "symbol", "symbol": "SPY"}}), f"{TREE}.switch"),
    (bot({"counter": {"name": "a"}}), f"{TREE}.counter"),
    (bot({"counter": {"name": "a", "add": 10**12}}), f"{TREE}.counter.add"),
    (
        bot({"if": {**PRICE, "held_for": 0}, "yes": "nothing", "no": "nothing"}),
        f"{TREE}.if.held_for",
    ),
    (
        bot({"loop": "bot_symbols", "do": "nothing", "then": "close"}),
        f"{TREE}.then",
    ),
    (
        asking(
            {
                "recipe": "indicator_level",
                "series": {"symbol": "SPY"},
                "relation": "above",
                "value": 1,
            }
        ),
        f"{TREE}.do.if.series",
    ),
]


@pytest.mark.parametrize(("data", "path"), BAD)
def test_a_fault_of_the_language_is_named_with_its_path(data: dict[str, Any], path: str) -> None:
    assert any(found.startswith(path) for found in faults(data))


INPUTS = [
    {"name": "what", "kind": "symbol", "default": "SPY"},
    {"name": "when", "kind": "expiration", "default": {"at_least": 30}, "value": {"exactly": 7}},
    {"name": "leg", "kind": "strike", "default": {"delta": "0.30"}},
    {"name": "much", "kind": "size", "default": {"percent": "45.0%", "of": "allocation"}},
    {"name": "how", "kind": "price_plan", "default": {"speed": "fast"}},
    {"name": "out", "kind": "exits", "default": {"profit": 0.5}, "bot": "Exits"},
    {"name": "level", "kind": "price", "default": 100, "value": "101.50"},
]


def linked() -> dict[str, Any]:
    opened = {
        "symbol": {"input": "what"},
        "structure": "short_put_spread",
        "expiration": {"input": "when", "default": {"at_least": "45"}},
        "strikes": {"short_put": {"input": "leg"}, "long_put": {"width": -5, "of": "short_put"}},
        "size": {"input": "much"},
        "price": {"input": "how"},
        "exits": {"input": "out"},
    }
    condition = {
        **PRICE,
        "value": {"input": "level"},
        "symbol": {"input": "gone", "default": "QQQ"},
    }
    tree = {"if": condition, "yes": {"open": opened}, "no": {"notify": "{what} is below {level}"}}
    return bot(tree, inputs=deepcopy(INPUTS)) | {
        "inputs": [{"name": "Exits", "kind": "exits", "default": {"stop": "1"}}]
    }


def test_inputs_stand_where_they_are_linked_and_links_come_back() -> None:
    definition = comes_back(linked())
    root = definition.automations[0].tree
    assert isinstance(root, Decision)
    assert isinstance(root.yes, Open)
    assert root.no == Notify("SPY is below 101.5")
    assert root.yes.spec.symbol == "SPY"
    assert root.yes.spec.expiration is not None
    assert root.yes.spec.expiration.days == 7
    assert str(root.yes.exits.stop) == "1"
    assert root.condition.arguments["symbol"] == "QQQ"  # type: ignore[union-attr]
    written = plain(definition)["automations"][0]["tree"]
    assert written["if"]["value"] == {"input": "level"}
    assert written["yes"]["open"]["expiration"] == {"input": "when", "default": {"at_least": 45}}


def test_another_value_changes_the_bot_and_nothing_else() -> None:
    data = linked()
    data["inputs"][0]["value"] = {"profit": "25%"}
    root = parse(data).automations[0].tree
    assert isinstance(root, Decision)
    assert isinstance(root.yes, Open)
    assert str(root.yes.exits.profit) == "0.25"


UNLINKABLE: list[tuple[dict[str, Any], str]] = [
    ({"if": {"input": "what"}, "yes": "nothing", "no": "nothing"}, f"{TREE}.if"),
    ({"open": {**OPEN["open"], "tags": {"input": "what"}}}, f"{TREE}.open.tags"),
    ({"open": {**OPEN["open"], "tags": [{"input": "what"}]}}, f"{TREE}.open.tags[0]"),
    (
        {"open": {**OPEN["open"], "exits": {"profit": {"input": "what"}}}},
        f"{TREE}.open.exits.profit",
    ),
    ({"open": {**OPEN["open"], "symbol": {"input": "none"}}}, f"{TREE}.open.symbol.input"),
    ({"open": {**OPEN["open"], "symbol": {"input": 7}}}, f"{TREE}.open.symbol"),
    ({"open": {**OPEN["open"], "symbol": {"input": "level"}}}, f"{TREE}.open.symbol"),
    ({"notify": "{nobody}"}, f"{TREE}.notify"),
]


@pytest.mark.parametrize(("tree", "path"), UNLINKABLE)
def test_a_link_that_cannot_be_is_a_fault(tree: dict[str, Any], path: str) -> None:
    assert path in faults(bot(tree, inputs=deepcopy(INPUTS)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x", "kind": "price", "default": "dear"},
        {"name": "x", "kind": "tags", "default": ["a"]},
        {"name": "x", "kind": "size", "default": {}},
        {"name": "x", "kind": "symbol"},
        {"name": "x", "kind": ["symbol"], "default": "SPY"},
        {"name": ["x"], "kind": "symbol", "default": "SPY"},
    ],
)
def test_an_input_that_is_not_of_its_kind_is_a_fault(wrong: dict[str, Any]) -> None:
    assert faults(bot("nothing", inputs=[wrong]))[0].startswith("automations[0].inputs[0]")


def bush(depth: int) -> object:
    if not depth:
        return {"tag": {"tags": ["a"]}}
    return {"when": PRICE, "do": bush(depth - 1), "then": bush(depth - 1)}


@pytest.mark.parametrize(
    "data",
    [
        bot(bush(12)),
        bot({"notify": "x"}, inputs=[INPUTS[0]] * 5_000),
        bot({"open": [[{"input": "what"}] * 1_000] * 50}),
        asking({"all": [{"recipe": "indicator_level", "series": {"symbol": "x" * 10**6}}] * 40}),
    ],
    ids=["bush", "inputs", "links", "series"],
)
def test_nothing_takes_a_second_to_refuse(data: dict[str, Any]) -> None:
    assert is_refused_within(lambda: faults(data), cpu_s=5)


def test_facts_of_a_kind_unknown_here_are_refused() -> None:
    with pytest.raises(ValueError, match="no kept facts"):
        decode_facts(b'[[["MarksOf"],["Memory"]]]')
