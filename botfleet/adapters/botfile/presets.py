"""Presets in a bot file: `exits: {preset: NAME}` is filled in where the file is taken in (X13).

From then on the panel is the bot's own: an export shows it whole, and a change of the preset does
not reach it. What stands beside the name goes before what the preset says.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from botfleet.adapters.botfile.exits import plain_exits
from botfleet.domain.positions.presets import Preset, class_of
from botfleet.domain.trades.structures import Structure
from botfleet.errors import Fault

_NOBODYS = "names a preset, and presets are a user's: say whose, with --user NAME"


def filled(document: Any, presets: Iterable[Preset] | None) -> tuple[Any, list[Fault]]:
    """Give a bot file's plain data with every preset filled in, and what does not fit.

    A name that is none of the presets stays, to be refused where it stands; None where it is not
    known whose they are.
    """
    known = None if presets is None else {preset.name: preset for preset in presets}
    filling = _Filling(known)
    try:
        return filling.fill(document, ""), filling.faults
    except RecursionError:  # what is nested so deeply is refused anyway
        return document, []


class _Filling:
    def __init__(self, presets: Mapping[str, Preset] | None) -> None:
        self._presets = presets
        self.faults: list[Fault] = []

    def fill(self, node: Any, path: str) -> Any:
        if isinstance(node, list):
            return [self.fill(one, f"{path}[{i}]") for i, one in enumerate(node)]
        if not isinstance(node, dict):
            return node
        is_input = node.get("kind") == "exits"
        return {
            key: self._panel(value, f"{path}.{key}".lstrip("."), node)
            if key == "exits" or (is_input and key in {"default", "value"})
            else self.fill(value, f"{path}.{key}".lstrip("."))
            for key, value in node.items()
        }

    def _panel(self, panel: Any, path: str, holder: Mapping[Any, Any]) -> Any:
        name = panel.get("preset") if isinstance(panel, dict) else None
        if self._presets is None and isinstance(name, str):
            self.faults.append(Fault(f"{path}.preset", _NOBODYS))
        preset = self._presets.get(name) if self._presets and isinstance(name, str) else None
        if preset is None:
            return panel
        structure = holder.get("structure")
        if isinstance(structure, str) and structure in set(Structure):
            wanted = class_of(Structure(structure))
            if wanted is not preset.position_class:
                words = f"is for {preset.position_class} positions, not {wanted}"
                self.faults.append(Fault(f"{path}.preset", words))
        own = {key: value for key, value in panel.items() if key != "preset"}
        return plain_exits(preset.exits) | own
