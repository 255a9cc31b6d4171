"""Composition rules (R3, 3.1): allowed, but worth a word, each at its place."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from botfleet.adapters.botfile import over, parse, warnings
from tests.adapters.botfile.test_faults import OPEN, PRICE, TREE, bot

LOOPED = {"open": {**OPEN["open"], "symbol": "$symbol"}}
SHARE = {"open": {**LOOPED["open"], "size": {"percent": "10%", "of": "available"}}}
SYMBOLS = {"symbols": ["SPY", "QQQ"]}
FREE = {"recipe": "bot_available_capital", "relation": "above", "value": 1000}


def warned(tree: object) -> list[str]:
    return [fault.path for fault in warnings(parse(bot(tree)))]


def given(condition: object, node: object) -> dict[str, Any]:
    return {"if": condition, "yes": node, "no": "nothing"}


QUIET = [
    OPEN,
    {"loop": SYMBOLS, "do": LOOPED},
    {"loop": SYMBOLS, "do": given(FREE, SHARE)},
    {"loop": SYMBOLS, "do": given({"any": [PRICE, {"all": [FREE]}]}, SHARE)},
    given(FREE, {"loop": SYMBOLS, "do": SHARE}),
    {"if": PRICE, "yes": OPEN, "no": OPEN},
    {"loop": "positions", "do": given(PRICE, "close")},
]
LOUD = [
    ({"loop": SYMBOLS, "do": SHARE}, [f"{TREE}.do.open.size"]),
    ({"loop": SYMBOLS, "do": given(PRICE, SHARE)}, [f"{TREE}.do.yes.open.size"]),
    ({"loop": SYMBOLS, "do": given(PRICE, OPEN)}, [f"{TREE}.do.yes.open.symbol"]),
    ({"loop": SYMBOLS, "do": {"loop": "positions", "do": "close"}}, [f"{TREE}.do.loop"]),
    (
        {
            "if": PRICE,
            "yes": {"loop": SYMBOLS, "do": LOOPED},
            "no": {"loop": SYMBOLS, "do": LOOPED},
        },
        [f"{TREE}.no.loop"],
    ),
]


FIRST = {"symbol": "SPY"}
LOUD += [
    # stacked opens: one after the other on one path, or after what a conditional may have opened
    ({**OPEN, "then": OPEN}, [f"{TREE}.then.open"]),
    ({"when": PRICE, "do": OPEN, "then": OPEN}, [f"{TREE}.then.open"]),
    ({"loop": SYMBOLS, "do": LOOPED, "then": OPEN}, [f"{TREE}.then.open"]),
    ({**OPEN, "then": given(PRICE, OPEN)}, [f"{TREE}.then.yes.open"]),
    # an open and a close on one path, whichever comes first
    ({**OPEN, "then": {"close": {"position": FIRST}}}, [f"{TREE}.then.close"]),
    ({"close": {"position": FIRST}, "then": OPEN}, [f"{TREE}.then.open"]),
    ({"loop": "positions", "do": "close", "then": OPEN}, [f"{TREE}.then.open"]),
    # a position of its own below a positions loop
    ({"loop": "positions", "do": {"close": {"position": FIRST}}}, [f"{TREE}.do.close.position"]),
    # one loop an automation: the second is named, side by side as well
    (
        {"loop": SYMBOLS, "do": "nothing", "then": {"loop": "positions", "do": "close"}},
        [f"{TREE}.then.loop"],
    ),
]
QUIET += [
    # either branch may open: only one of them is walked
    {"if": PRICE, "yes": OPEN, "no": {"close": {"position": FIRST}}},
    # what is told or remembered on the way stacks nothing
    {"notify": "a", "then": {"tag": {"tags": ["b"]}, "then": OPEN}},
    {"loop": "positions", "do": {"update_exits": {"exits": {"profit": "50%"}}}, "then": OPEN},
    # a fixed size in a symbol loop needs no check of the capital
    {"loop": SYMBOLS, "do": given(PRICE, LOOPED)},
]


@pytest.mark.parametrize("tree", QUIET)
def test_what_is_well_composed_gets_no_warning(tree: object) -> None:
    assert warned(tree) == []


@pytest.mark.parametrize(("tree", "paths"), LOUD)
def test_what_is_likely_not_meant_is_named_at_its_place(tree: object, paths: list[str]) -> None:
    assert warned(tree) == paths


def test_an_event_that_is_over_is_told() -> None:
    """What is past never comes due; a rule goes on until its last day."""
    made = bot("nothing")
    made["automations"] = [
        {"name": f"{n}", "lane": "event", "trigger": trigger, "tree": "nothing"}
        for n, trigger in enumerate(
            (
                {"date": "2026-03-10", "at": "10:00"},
                {"every": "day", "at": "10:00", "until": "2026-03-10"},
                {"every": "day", "at": "10:00"},
                "market_open",
            )
        )
    ]
    definition = parse(made)
    before = datetime(2026, 3, 10, 13, 59, tzinfo=UTC)
    assert over(definition, before) == ()
    told = [one.path for one in over(definition, before + timedelta(minutes=1))]
    assert told == ["automations[0].trigger", "automations[1].trigger"]


def test_a_window_without_a_mark_is_told() -> None:
    """10:01 to 10:14 holds no quarter of an hour, but minutes."""
    made = bot("nothing")
    made["automations"][0]["trigger"] = {"between": ["10:01", "10:14"]}
    assert [one.path for one in warnings(parse(made))] == ["automations[0].trigger.between"]
    assert warnings(parse(made | {"interval": 1})) == ()


def fed(tree: object) -> dict[str, Any]:
    data = bot(tree)
    width = {"name": "width", "kind": "price", "default": 5, "bot": "House width"}
    data["automations"][0]["inputs"] = [width]
    return data


def test_an_input_that_is_missing_is_warned_of_while_the_bot_is_built() -> None:
    """5.4: what stands with the link is used, and its author told so."""
    tree = given({**PRICE, "value": {"input": "level", "default": 9}}, "nothing")
    found = warnings(parse(fed(tree)))
    assert [fault.path for fault in found] == ["automations[0].inputs[0].bot", f"{TREE}.if.value"]
    assert all("has no input" in fault.message for fault in found)


def test_inputs_that_are_there_are_not_warned_of() -> None:
    tree = given({**PRICE, "value": {"input": "width", "default": 9}}, "nothing")
    above = {"inputs": [{"name": "House width", "kind": "price", "default": 7}]}
    assert warnings(parse(fed(tree) | above)) == ()
