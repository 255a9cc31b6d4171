"""Presets are filled in where a bot file is taken in; after that the panel is the bot's own."""

import json
from decimal import Decimal
from typing import Any

import pytest

from botfleet.adapters.botfile import parse, read, write
from botfleet.adapters.botfile.presets import filled
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.presets import PositionClass, Preset, class_of
from botfleet.domain.trades.structures import Structure
from botfleet.errors import BadInput
from tests.adapters.botfile.test_language import OPEN, bot

CAREFUL = Preset("Careful", PositionClass.CREDIT, Exits(profit=Decimal("0.5"), stop=Decimal(2)))
LONGS = Preset("Longs", PositionClass.DEBIT, Exits(profit=Decimal(1)))
PRESETS = (CAREFUL, LONGS)
PLACE = "automations[0].tree.open.exits.preset"


def opening(exits: dict[str, Any]) -> dict[str, Any]:
    return bot({"open": {**OPEN["open"], "exits": exits}})


def panel(data: dict[str, Any]) -> Exits:
    found: Exits = parse(data, PRESETS).automations[0].tree.exits  # type: ignore[union-attr]
    return found


def test_a_preset_is_filled_in_and_what_stands_beside_it_goes_first() -> None:
    assert panel(opening({"preset": "Careful"})) == CAREFUL.exits
    mixed = panel(opening({"preset": "Careful", "stop": "150%", "earnings": 1}))
    assert mixed == Exits(profit=Decimal("0.5"), stop=Decimal("1.5"), earnings_days=1)


def test_an_export_knows_no_preset_and_needs_none() -> None:
    text = write(parse(opening({"preset": "Careful"}), PRESETS))
    assert "preset" not in text
    assert write(read(text)) == text


@pytest.mark.parametrize(
    ("exits", "presets", "says"),
    [
        ({"preset": "Careful"}, (), "is no preset of yours"),
        ({"preset": "Careful"}, None, "say whose, with --user NAME"),
        ({"preset": "careful"}, PRESETS, "is no preset of yours"),
        ({"preset": "Longs"}, PRESETS, "is for debit positions, not credit"),
    ],
)
def test_a_preset_that_does_not_fit_is_named_with_its_place(
    exits: dict[str, Any], presets: tuple[Preset, ...] | None, says: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read(json.dumps(opening(exits), default=str), presets)
    assert [fault.path for fault in caught.value.faults] == [PLACE]
    assert says in str(caught.value)


def test_inputs_and_updates_take_presets_too() -> None:
    inputs = [{"name": "Way out", "kind": "exits", "default": {"preset": "Longs"}}]
    update = {"update_exits": {"exits": {"input": "Way out"}}}
    data = bot({"loop": "positions", "do": update}, inputs=inputs)
    action = parse(data, PRESETS).automations[0].tree.body  # type: ignore[union-attr]
    assert action.exits == LONGS.exits  # type: ignore[union-attr]


def test_every_structure_has_a_class() -> None:
    assert class_of(Structure.IRON_CONDOR) is PositionClass.CREDIT
    assert class_of(Structure.LONG_CALL_SPREAD) is PositionClass.DEBIT
    assert class_of(Structure.LONG_EQUITY) is PositionClass.EQUITY
    assert {class_of(one) for one in Structure} == set(PositionClass)


def test_what_is_nested_beyond_use_is_left_for_others_to_refuse() -> None:
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    assert filled(nested, PRESETS)[0] is nested
