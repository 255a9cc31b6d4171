"""The bot file's JSON Schema, published by `botfleet bot schema`."""

from typing import Any

from botfleet.adapters.botfile.models import BotModel


def schema() -> dict[str, Any]:
    """Give the JSON Schema of a bot file.

    It describes shapes, not the rules that look beyond one mapping (loops, uniqueness, depth).
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **BotModel.model_json_schema(by_alias=True),
        "title": "botfleet bot file",
    }
