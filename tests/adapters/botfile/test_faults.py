"""Bad bot files: every fault is named with its path, all of them in one go, and nothing is read."""

import json
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.adapters.botfile import parse, read
from botfleet.adapters.botfile.reading import FAULTS_MAX
from botfleet.adapters.botfile.text import NESTING_MAX, SIZE_MAX
from botfleet.errors import BadInput

TRADE: dict[str, Any] = {
    "symbol": "SPY",
    "structure": "short_put_spread",
    "expiration": {"at_least": 30},
    "strikes": {"short_put": {"delta": 0.3}, "long_put": {"width": -5, "of": "short_put"}},
}
OPEN: dict[str, Any] = {"open": {**TRADE, "size": {"contracts": 1}}}
PRICE = {"recipe": "stock_price", "symbol": "SPY", "relation": "above", "value": 100}
GOOD: dict[str, Any] = {
    "botfleet": 1,
    "name": "Good",
    "limits": {"allocation": 10000, "daily_positions": 3, "open_positions": 3},
    "symbols": ["SPY"],
    "automations": [
        {"name": "one", "lane": "scanner", "tree": {"if": PRICE, "yes": OPEN, "no": "nothing"}}
    ],
}
TREE = "automations[0].tree"


def bot(tree: object = None, **changes: object) -> dict[str, Any]:
    """Make the good bot, with another tree or other settings."""
    made: dict[str, Any] = deepcopy(GOOD) | changes
    if tree is not None:
        made["automations"][0]["tree"] = tree
    return made


def faults(data: object) -> dict[str, str]:
    with pytest.raises(BadInput) as caught:
        parse(data)
    return {fault.path: fault.message for fault in caught.value.faults}


def opening(**changes: object) -> dict[str, Any]:
    return bot({"open": {**deepcopy(OPEN["open"]), **changes}})


def asking(condition: object) -> dict[str, Any]:
    return bot({"if": condition, "yes": "nothing", "no": "nothing"})


def limits(**changes: object) -> dict[str, Any]:
    return bot(limits=GOOD["limits"] | changes)


def legs(**changes: object) -> dict[str, Any]:
    return opening(strikes=TRADE["strikes"] | changes)


def growing(**changes: object) -> dict[str, Any]:
    return {"progressive": {"start": 2, "end": 8, "increment": 1, "on": "wins", **changes}}


def chain(length: int, link: str = "no") -> object:
    tree: object = "nothing"
    for _ in range(length):
        tree = {"if": PRICE, "yes": "nothing", "no": "nothing"} | {link: tree}
    return tree


def groups(depth: int) -> object:
    condition: object = PRICE
    for _ in range(depth):
        condition = {"all": [condition]}
    return condition


def bush(depth: int) -> object:
    if not depth:
        return "nothing"
    return {"if": PRICE, "yes": bush(depth - 1), "no": bush(depth - 1)}


def loops(count: int, body: object = "nothing") -> object:
    for _ in range(count):
        body = {"loop": {"symbols": ["SPY"]}, "do": body}
    return body


CONDITION = f"{TREE}.if"
AMOUNTS: list[object] = [0, -1, 249.99, 10**18, "ten", "1e3", 1000.001]
AMOUNTS += [True, None, float("nan"), float("inf"), []]
COUNTS: list[object] = [0, 101, 1.5, "x"]
ONE_FAULT: list[tuple[dict[str, Any], str]] = [
    # settings
    (bot(botfleet=2), "botfleet"),
    (bot(botfleet=True), "botfleet"),
    (bot(name=""), "name"),
    (bot(name="x" * 101), "name"),
    (bot(name="a\x1b[31mb"), "name"),
    (bot(name="a\u202eb"), "name"),
    (bot(name=7), "name"),
    (bot(interval=7), "interval"),
    (bot(interval="15"), "interval"),
    (bot(colour="red"), "colour"),
    (bot(symbols=["spy"]), "symbols[0]"),
    (bot(symbols=["^VIX"]), "symbols[0]"),
    (bot(symbols=["SPY", "QQQ", "SPY"]), "symbols[2]"),
    (bot(automations=[]), "automations"),
    (bot(limits={"allocation": 1000, "daily_positions": 1}), "limits.open_positions"),
    *((limits(allocation=one), "limits.allocation") for one in AMOUNTS),
    *((limits(daily_positions=one), "limits.daily_positions") for one in COUNTS),
    # trees
    (bot({"if": PRICE, "yes": "nothing"}), f"{TREE}.no"),
    (bot({"if": PRICE, "yes": "nothing", "no": None}), f"{TREE}.no"),
    (bot({"if": PRICE, "yes": "nothing", "no": "nothing", "maybe": "nothing"}), f"{TREE}.maybe"),
    (bot({**OPEN, "yes": "nothing"}), f"{TREE}.yes"),
    (bot({"notify": "a", "no": OPEN}), f"{TREE}.no"),
    (bot({}), TREE),
    (bot(["nothing"]), TREE),
    (bot({"notify": ""}), f"{TREE}.notify"),
    (bot({"not": PRICE, "yes": "nothing", "no": "nothing"}), TREE),
    (bot("close"), TREE),
    (bot({"close": {}}), f"{TREE}.close"),
    (bot(chain(50)), TREE + ".no" * 49),
    (bot(bush(8)), TREE),
    (bot(loops(3)), f"{TREE}.do.do.loop"),
    (bot({"loop": "bot_symbols", "do": "nothing"}, symbols=[]), f"{TREE}.loop"),
    (bot({"loop": "everything", "do": "nothing"}), f"{TREE}.loop"),
    (bot({"loop": {"symbols": []}, "do": "nothing"}), f"{TREE}.loop.symbols"),
    (bot({"loop": {"symbols": ["A"] * 2}, "do": "nothing"}), f"{TREE}.loop.symbols[1]"),
    (
        bot({"loop": {"symbols": [f"A{n}" for n in range(101)]}, "do": "nothing"}),
        f"{TREE}.loop.symbols",
    ),
    (bot({"loop": "positions"}), f"{TREE}.do"),
    # conditions
    (asking({"all": []}), f"{CONDITION}.all"),
    (asking({"not": [PRICE]}), CONDITION),
    (asking({"all": [PRICE], "any": [PRICE]}), f"{CONDITION}.any"),
    (asking(PRICE | {"not": True}), f"{CONDITION}.not"),
    (asking(PRICE | {"recipe": "stock_prize"}), f"{CONDITION}.recipe"),
    (asking(PRICE | {"recipe": ["x"]}), f"{CONDITION}.recipe"),
    (asking(PRICE | {"relation": "over"}), f"{CONDITION}.relation"),
    (asking(PRICE | {"value": -1}), f"{CONDITION}.value"),
    (asking(PRICE | {"symbol": "$symbol"}), f"{CONDITION}.symbol"),
    (asking({"recipe": "stock_price", "symbol": "SPY", "relation": "above"}), f"{CONDITION}.value"),
    (
        asking({"recipe": "position_return", "relation": "above", "percent": "10%"}),
        f"{CONDITION}.recipe",
    ),
    (
        asking({"recipe": "stock_change", "symbol": "SPY", "relation": "above", "percent": 25}),
        f"{CONDITION}.percent",
    ),
    (
        asking({"recipe": "opportunity_available", "trade": TRADE | {"symbol": "$symbol"}}),
        f"{CONDITION}.trade.symbol",
    ),
    (
        asking(
            {
                "recipe": "opportunity_available",
                "trade": TRADE | {"strikes": {"short_put": {"delta": 0.3}}},
            }
        ),
        f"{CONDITION}.trade.strikes.long_put",
    ),
    (asking(groups(6)), CONDITION + ".all[0]" * 5 + ".all"),
    # opens
    (opening(symbol="$symbol"), f"{TREE}.open.symbol"),
    (opening(structure="naked_put"), f"{TREE}.open.structure"),
    (opening(expiration={}), f"{TREE}.open.expiration"),
    (opening(expiration={"exactly": 1, "at_least": 1}), f"{TREE}.open.expiration"),
    (opening(expiration={"between": [30, 10]}), f"{TREE}.open.expiration.between"),
    (opening(expiration={"exactly": -1}), f"{TREE}.open.expiration.exactly"),
    (opening(expiration={"exactly": 1.5}), f"{TREE}.open.expiration.exactly"),
    (legs(short_put={"delta": 1.2}), f"{TREE}.open.strikes.short_put.delta"),
    (legs(short_put={"delta": 0.3, "offset": 1}), f"{TREE}.open.strikes.short_put"),
    (legs(short_put={"delta": 0.3, "of": "long_put"}), f"{TREE}.open.strikes.short_put.of"),
    (legs(long_put={"width": 0, "of": "short_put"}), f"{TREE}.open.strikes.long_put.width"),
    (legs(long_put={"width": 5, "of": "short_put"}), f"{TREE}.open.strikes.long_put.width"),
    (legs(long_put={"width": -5, "of": "long_put"}), f"{TREE}.open.strikes.long_put.of"),
    (legs(long_put={"width": -5, "of": "long_call"}), f"{TREE}.open.strikes.long_put.of"),
    (legs(long_put={"delta": 0.5}), f"{TREE}.open.strikes.short_put.delta"),
    (legs(short_call={"delta": 0.5}), f"{TREE}.open.strikes.short_call"),
    (legs(fifth={"delta": 0.5}), f"{TREE}.open.strikes.fifth"),
    (opening(size={"contracts": 0}), f"{TREE}.open.size.contracts"),
    (opening(size={"contracts": 1.5}), f"{TREE}.open.size.contracts"),
    (opening(size={"shares": 1}), f"{TREE}.open.size.shares"),
    (opening(size={"percent": "45%"}), f"{TREE}.open.size.of"),
    *(
        (opening(size={"percent": one, "of": "available"}), f"{TREE}.open.size.percent")
        for one in (0, "100.01%", "-5%", "45.123456%", 45)
    ),
    (opening(size={}), f"{TREE}.open.size"),
    (opening(size={"contracts": 1, "max": 2}), f"{TREE}.open.size.max"),
    (opening(size={"amount": 500, "max": 0}), f"{TREE}.open.size.max"),
    (opening(size={"same_as": "position"}), f"{TREE}.open.size"),
    (opening(size={"same_as": "closed"}), f"{TREE}.open.size.same_as"),
    (opening(size={"same_as": "nobody"}), f"{TREE}.open.size.same_as"),
    (opening(size=growing(end=1)), f"{TREE}.open.size.progressive.end"),
    (opening(size=growing(increment=0)), f"{TREE}.open.size.progressive.increment"),
    (opening(size=growing(on="luck")), f"{TREE}.open.size.progressive.on"),
    (opening(price={"from_mid": -1}), f"{TREE}.open.price.from_mid"),
    (opening(price={"fixed": 0}), f"{TREE}.open.price.fixed"),
    (opening(price={"of_entry": "50%"}), f"{TREE}.open.price.of_entry"),
    (opening(price={"final": "160%"}), f"{TREE}.open.price.final"),
    (opening(price={"speed": "market"}), f"{TREE}.open.price.speed"),
    (opening(exits={"profit": "-5%"}), f"{TREE}.open.exits.profit"),
    (opening(exits={"trail": "5%"}), f"{TREE}.open.exits.trail_from"),
    (opening(tags=["x" * 33]), f"{TREE}.open.tags[0]"),
    (opening(quantity=1), f"{TREE}.open.quantity"),
]


def test_the_good_bot_is_good() -> None:
    assert parse(GOOD).name == "Good"


@pytest.mark.parametrize(
    ("data", "path"), ONE_FAULT, ids=[f"{n}-{path[-60:]}" for n, (_, path) in enumerate(ONE_FAULT)]
)
def test_one_fault_is_named_with_its_path_and_nothing_else_is(
    data: dict[str, Any], path: str
) -> None:
    found = faults(data)
    assert list(found) == [path]
    assert found[path]


def test_every_fault_is_listed_in_one_go_in_the_order_of_their_paths() -> None:
    data = opening(symbol="$symbol", size={"contracts": 0})
    data |= {"interval": 2, "name": ""}
    data["automations"] += [{"name": "one", "lane": "button", "tree": "close"}]
    assert list(faults(data)) == [
        "automations[0].tree.open.size.contracts",
        "automations[0].tree.open.symbol",
        "automations[1].label",
        "automations[1].name",
        "automations[1].tree",
        "interval",
        "name",
    ]


def test_the_deepest_and_widest_allowed_are_allowed() -> None:
    for tree in (chain(49), chain(49, "yes"), bush(7), loops(2)):
        assert parse(bot(tree)).name == "Good"
    assert parse(asking(groups(5))).name == "Good"


def test_a_close_and_a_position_recipe_stand_below_a_positions_loop() -> None:
    return_of = {"recipe": "position_return", "relation": "above", "percent": "10%"}
    body = {"if": return_of, "yes": "close", "no": {"close": {"price": {"speed": "fast"}}}}
    parse(bot({"loop": "positions", "do": body}))
    filtered = {"positions": {"symbol": "$symbol", "structure": "iron_condor"}}
    parse(bot({"loop": "bot_symbols", "do": {"loop": filtered, "do": "close"}}))
    assert faults(bot({"loop": filtered, "do": "close"})) == {
        f"{TREE}.loop.positions.symbol": "$symbol needs a symbol loop above it"
    }


def test_a_percentage_without_its_mark_gets_a_hint() -> None:
    found = faults(opening(size={"percent": 45, "of": "available"}))
    assert 'write "45%"' in found[f"{TREE}.open.size.percent"]


def test_a_file_of_nothing_but_faults_is_refused_soon() -> None:
    """At most so many are listed; the last entry counts the rest."""
    found = faults(bot(symbols=["spy"] * 50_000))
    assert len(found) == FAULTS_MAX + 1
    assert found[""].endswith("more faults")


YAML = "botfleet: 1\nname: x\n"


def text_faults(text: str | bytes) -> str:
    with pytest.raises(BadInput) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (YAML + "limits: !!python/object:os.system {}\n", "limits: tags are not allowed"),
        (YAML + "limits: &a {x: 1}\n", "limits: anchors are not allowed"),
        (YAML + "limits: *a\n", "limits: aliases are not allowed"),
        (YAML + "name: y\n", "name: is given twice"),
        (YAML + "limits: {allocation: 1, allocation: 2}\n", "limits.allocation: is given twice"),
        ('{"botfleet": 1, "botfleet": 1}', "botfleet: is given twice"),
        (YAML + "limits: {allocation: .nan}\n", "limits.allocation: must be a number"),
        (YAML + "limits: {allocation: .inf}\n", "limits.allocation: must be a number"),
        ('{"limits": {"allocation": NaN}}', "limits.allocation: must be a number"),
        ('{"limits": {"allocation": 1e999}}', "limits.allocation: must be"),
        ('{"limits": {"allocation": ' + "9" * 10_000 + "}}", "limits.allocation: must be a number"),
        (YAML + "limits: {allocation: " + "9" * 10_000 + "}\n", "limits.allocation: must be"),
        (YAML + "---\nname: y\n", "one document"),
        (YAML + "? [a, b]\n: c\n", "a key must be text"),
        (YAML + "limits: {\n", "line "),
        ("name: \x00", "characters"),
        ("name: a\tb: c: d", "line 1"),
        (b"name: \xff\xfe", "UTF-8"),
        (b"#" * (SIZE_MAX + 1), "at most"),
        ("#" * (SIZE_MAX + 1), "at most"),
        ("[" * (NESTING_MAX + 1), "too deeply"),
        ('{"a":' * 100_000, "too deeply"),
        ("a: " + "[" * 100_000, "too deeply"),
        ("", "must be a mapping"),
        ("just text", "must be a mapping"),
        ("- a\n- b\n", "must be a mapping"),
    ],
    ids=range(26),
)
def test_text_that_is_not_plain_is_refused(text: str | bytes, words: str) -> None:
    assert words in text_faults(text)


def test_a_billion_laughs_are_not_laughed() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}x]" for n in range(1, 30)]
    assert "aliases are not allowed" in text_faults("\n".join(lines))


def test_a_json_document_of_surrogates_is_refused() -> None:
    assert "name: must not hold" in text_faults(json.dumps(GOOD | {"name": "\ud800"}))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["if", "yes", "no", "open", "loop", "do", "all", "recipe", "close", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(junk)
def test_any_junk_for_a_tree_is_refused_or_read_but_never_breaks(tree: object) -> None:
    made = bot()
    made["automations"][0]["tree"] = tree
    with suppress(BadInput):
        assert parse(made).name == "Good"


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_is_refused_but_never_breaks(text: str | bytes) -> None:
    with pytest.raises(BadInput):
        read(text)
