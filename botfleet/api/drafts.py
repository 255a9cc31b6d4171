"""Drafts: bot files that are drawn, written anew and looked at before any is stored."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response

from botfleet.adapters import botfile
from botfleet.api.bodies import JSON, YAML, Body, kind_of, parse_json
from botfleet.api.callers import Caller, Wired
from botfleet.api.doors import doors
from botfleet.domain.bots.bot import Definition
from botfleet.domain.positions.presets import Preset
from botfleet.web.sheet import bot_svg

router = doors("/v1", "bots")

_FILE = {"schema": {"type": "object", "description": "A bot file; its schema is at /v1/schema."}}
#: How the reference of the API tells of a body that is a bot file.
FILE_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {JSON[0]: _FILE, YAML[0]: _FILE}}
}
#: A drawing carries its style, and nothing that runs.
_DRAWING = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


@router.get("/schema")
def show_schema(_: Caller) -> dict[str, Any]:
    """Give the JSON Schema of bot files; whatever it lets through is still looked at as a whole."""
    return botfile.schema()


@router.post("/drafts/drawing", response_class=Response, openapi_extra=FILE_BODY)
def draw_draft(request: Request, body: Body, caller: Caller, wiring: Wired) -> Response:
    """Draw a bot file, or name every fault of it; nothing is stored."""
    return drawing(read(request, body, wiring.panels.presets(caller.user_id)))


@router.post("/drafts/file", response_class=Response, openapi_extra=FILE_BODY)
def write_draft(request: Request, body: Body, caller: Caller, wiring: Wired) -> Response:
    """Write a bot file as we would: YAML, or JSON where that is what you accept; none is stored."""
    return file(request, read(request, body, wiring.panels.presets(caller.user_id)))


def read(request: Request, body: bytes, presets: Sequence[Preset]) -> Definition:
    """Read the bot file that a request brings, in either kind.

    Raises:
        BadInput: with every fault of it.
    """
    if kind_of(request, *JSON, *YAML) in JSON:
        return botfile.parse(parse_json(body), presets)
    return botfile.read(body, presets)


def file(request: Request, definition: Definition) -> Response:
    """Answer with a bot file, in the kind that is accepted."""
    as_json = JSON[0] in request.headers.get("accept", "")
    kind = JSON[0] if as_json else YAML[0]
    return Response(botfile.write(definition, as_json=as_json), media_type=kind)


def drawing(definition: Definition) -> Response:
    """Answer with a bot's trees as SVG: root on top, Yes left, No right (S74)."""
    return Response(bot_svg(definition), media_type="image/svg+xml", headers=_DRAWING)
