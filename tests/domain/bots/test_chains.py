"""Circles of events are found where a bot is written, and told from those a decision may break."""

from copy import deepcopy
from typing import Any

import pytest

from botfleet.adapters.botfile import parse, warnings
from botfleet.errors import BadInput
from tests.adapters.botfile.test_faults import GOOD, OPEN, PRICE

OTHER: dict[str, Any] = deepcopy(OPEN)
OTHER["open"] |= {
    "structure": "short_call_spread",
    "strikes": {"short_call": {"delta": 0.3}, "long_call": {"width": 5, "of": "short_call"}},
}
LONG_PUTS = {"positions": {"structure": "long_put"}}
CLOSE = {"close": {"position": "opened"}}
OPENED, CLOSED = {"position_opened": "any"}, {"position_closed": "any"}
PUTS, CALLS = {"position_opened": "short_put_spread"}, {"position_opened": "short_call_spread"}


def maybe(tree: object) -> dict[str, object]:
    return {"if": PRICE, "yes": tree, "no": "nothing"}


def bot(*automations: tuple[object, object]) -> dict[str, Any]:
    made = deepcopy(GOOD)
    made["automations"] = [
        {"name": f"{n}", "lane": "event", "trigger": trigger, "tree": tree}
        for n, (trigger, tree) in enumerate(automations)
    ]
    return made


@pytest.mark.parametrize(
    ("automations", "circling"),
    [
        ([(OPENED, OPEN)], [0]),
        ([(PUTS, OPEN)], [0]),
        ([(PUTS, OTHER), (CALLS, OPEN)], [0, 1]),
        ([(OPENED, CLOSE), (CLOSED, OPEN)], [0, 1]),
        ([(OPENED, {**OPEN, "then": "nothing"})], [0]),
        ([(OPENED, {"when": PRICE, "do": "nothing", "then": OPEN})], [0]),
        ([(OPENED, {"loop": "bot_symbols", "do": OPEN})], [0]),
    ],
)
def test_a_circle_that_nothing_breaks_is_refused(
    automations: list[tuple[object, object]], circling: list[int]
) -> None:
    with pytest.raises(BadInput) as caught:
        parse(bot(*automations))
    assert [one.path for one in caught.value.faults] == [
        f"automations[{i}].trigger" for i in circling
    ]


@pytest.mark.parametrize(
    ("automations", "circling"),
    [
        ([(OPENED, maybe(OPEN))], [0]),
        ([(PUTS, OTHER), (CALLS, maybe(OPEN))], [0, 1]),
        ([(OPENED, maybe(CLOSE)), (CLOSED, OPEN)], [0, 1]),
        ([(CLOSED, {"loop": "positions", "do": "close"})], [0]),
    ],
)
def test_a_circle_that_a_decision_may_break_is_worth_a_warning(
    automations: list[tuple[object, object]], circling: list[int]
) -> None:
    told = [one.path for one in warnings(parse(bot(*automations))) if "trigger" in one.path]
    assert told == [f"automations[{i}].trigger" for i in circling]


@pytest.mark.parametrize(
    "automations",
    [
        [(PUTS, OTHER)],
        [(PUTS, OTHER), (CALLS, CLOSE)],
        [(CLOSED, OPEN)],
        [(CALLS, OPEN), (CLOSED, OPEN)],
        [({"position_closed": "iron_condor"}, {"loop": LONG_PUTS, "do": "close"})],
        [(PUTS, CLOSE), ({"position_closed": "short_call_spread"}, OPEN)],
        [("market_open", OPEN), (OPENED, {"notify": "opened"})],
    ],
)
def test_a_chain_that_ends_is_neither(automations: list[tuple[object, object]]) -> None:
    told = [one.path for one in warnings(parse(bot(*automations))) if "trigger" in one.path]
    assert told == []
