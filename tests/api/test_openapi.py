"""What a client's writer is given: every route with its shapes, and a page whose examples run."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from botfleet.adapters.notify.apprise import is_installed
from botfleet.api.app import create
from tests.api.door import Door
from tests.deploy.needs import need

PAGE = Path(__file__).parents[2] / "docs/api.md"
BLOCKS = re.findall(r"^```(bash|json)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
#: Said between two blocks' outputs, so that each can be told from the next.
MARK = "--- next ---"


def paths_of(app: Any) -> Iterator[tuple[str, str]]:
    """Every route there is, wherever it was put in: its method and its path."""
    for route in app.routes:
        if isinstance(route, APIRoute) and not route.include_in_schema:
            continue  # a page, for browsers
        if isinstance(route, APIRoute):
            yield from ((method.lower(), route.path) for method in route.methods or ())
        elif hasattr(route, "original_router"):
            prefix = route.include_context.prefix
            yield from ((method, prefix + path) for method, path in paths_of(route.original_router))


@pytest.fixture
def spec(door: Door) -> dict[str, Any]:
    given: dict[str, Any] = door.client.get("/openapi.json").json()
    return given


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in spec["paths"].items():
        yield from ((method, path, one) for method, one in methods.items())


def test_every_route_is_told_with_what_it_does(door: Door, spec: dict[str, Any]) -> None:
    known = set(paths_of(create(door.wiring)))
    assert len(known) > 40
    assert {(method, path) for method, path, _ in operations(spec)} == known
    for method, path, one in operations(spec):
        assert one["description"].strip(), (method, path)
        assert one["tags"], (method, path)


def test_every_change_tells_its_body_and_every_answer_its_shape(spec: dict[str, Any]) -> None:
    for method, path, one in operations(spec):
        good = next(status for status in one["responses"] if status.startswith("2"))
        content = one["responses"][good].get("content", {})
        plain = content.get("application/json", {}).get("schema")
        is_other = path.endswith(("/stream", "/file", "/drawing")) or path == "/readyz"
        assert good == "204" or plain or is_other, (method, path)
        if method in {"put", "patch"}:
            assert one["requestBody"]["content"]["application/json"]["schema"], (method, path)


def test_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for one in node.values():
                yield from references(one)
        elif isinstance(node, list):
            for one in node:
                yield from references(one)

    found = set(references(spec))
    assert found
    for reference in found:
        place: Any = spec
        for part in reference.removeprefix("#/").split("/"):
            assert part in place, reference
            place = place[part]


def test_the_pages_examples_do_what_it_says(door: Door, tmp_path: Path) -> None:
    """Each block in turn, in one shell; where JSON follows, it is part of what was answered."""
    need("curl")
    if not is_installed():
        pytest.skip("apprise, which knows addresses of channels, is not installed")
    script = f"\necho '{MARK}'\n".join(text for kind, text in BLOCKS if kind == "bash")
    given = {"BOTFLEET_URL": str(door.client.base_url).rstrip("/"), "PATH": "/usr/bin:/bin"}
    given["BOTFLEET_TOKEN"] = door.tokens["ann"]
    command = ["bash", "-euc", script]
    done = subprocess.run(
        command, env=given, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-500:]
    answers = done.stdout.split(MARK)
    asked = [index for index, (kind, _) in enumerate(BLOCKS) if kind == "bash"]
    assert len(answers) == len(asked)
    for index, answer in zip(asked, answers, strict=True):
        if index + 1 < len(BLOCKS) and BLOCKS[index + 1][0] == "json":
            assert_part(json.loads(BLOCKS[index + 1][1]), last_of(answer))


def last_of(answer: str) -> Any:
    """Give the last of the JSON documents that stand one behind the other."""
    decoder, at, found = json.JSONDecoder(), 0, None
    text = answer.strip()
    while at < len(text):
        found, at = decoder.raw_decode(text, at)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


def assert_part(wanted: Any, given: Any) -> None:
    """See that all that is wanted is in what is given, mappings by key, lists by place."""
    if isinstance(wanted, dict):
        assert isinstance(given, dict)
        for key, value in wanted.items():
            assert_part(value, given[key])
    elif isinstance(wanted, list) and wanted:
        assert len(wanted) <= len(given)
        for one, other in zip(wanted, given, strict=False):
            assert_part(one, other)
    else:
        assert wanted == given
