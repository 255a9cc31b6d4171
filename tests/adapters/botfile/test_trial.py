"""Inputs at other values, for a try: the bot as written stays as it is."""

from typing import Any

import pytest

from botfleet.adapters.botfile import parse, plain
from botfleet.adapters.botfile.trial import with_inputs
from botfleet.errors import BadInput
from tests.adapters.botfile.test_faults import PRICE, bot

LEVEL = {"input": "level"}


def made() -> dict[str, Any]:
    data = bot({"if": {**PRICE, "value": LEVEL}, "yes": {"notify": "up"}, "no": "nothing"})
    data["automations"][0]["inputs"] = [{"name": "level", "kind": "price", "default": 100}]
    return data


def test_an_input_is_tried_at_another_value() -> None:
    definition = parse(made())
    tried = with_inputs(definition, {"level": "250.5"})
    assert plain(tried)["automations"][0]["inputs"][0]["value"] == pytest.approx(250.5)
    assert tried.automations[0].tree != definition.automations[0].tree
    assert definition == parse(made())
    assert with_inputs(definition, {}) == definition


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"height": "1"}, "no input height; it has level"),
        ({"level": "-1"}, "automations[0].inputs[0]"),
        ({"level": "{a: 1}"}, "automations[0].inputs[0]"),
    ],
)
def test_what_is_not_of_the_input_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput) as caught:
        with_inputs(parse(made()), given)
    assert said in str(caught.value)
