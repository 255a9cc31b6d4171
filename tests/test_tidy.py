"""House style as a test (after TigerBeetle's src/tidy.zig)."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from botfleet import errors

ROOT = Path(__file__).parent.parent
HOUSE = ("botfleet", "workers", "beat_schedules")
SOURCES = sorted(path for top in HOUSE for path in (ROOT / top).rglob("*.py"))
LINES_MAX, FUNCTION_LINES_MAX = 400, 60
NOT_A_ROOM = frozenset(
    {"base", "common", "core", "helper", "helpers", "lib", "manager", "managers"}
    | {"misc", "service", "services", "shared", "util", "utils"}
)
REACTIONS = frozenset({errors.Refusal, errors.Transient, errors.InvariantBroken})
PROVIDERS = packages_distributions()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def distribution(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-")


def imported(tree: ast.AST) -> Iterator[str]:
    """Top-level names of everything a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_room_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_room_has_the_name_of_something(path: Path) -> None:
    assert not NOT_A_ROOM & {part.lower() for part in path.relative_to(ROOT).with_suffix("").parts}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_fits_in_the_head(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= LINES_MAX
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            line_count = (node.end_lineno or 0) - node.lineno + 1
            assert line_count <= FUNCTION_LINES_MAX, f"{node.name} has {line_count} lines"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_an_import_at_run_time_is_a_declared_dependency(path: Path) -> None:
    declared = {distribution(requirement) for requirement in PROJECT["dependencies"]}
    for extra, requirements in PROJECT["optional-dependencies"].items():
        if extra not in {"dev", "build"}:
            declared |= {distribution(requirement) for requirement in requirements}
    for name in set(imported(ast.parse(path.read_text()))) - sys.stdlib_module_names - set(HOUSE):
        providers = {distribution(each) for each in PROVIDERS.get(name, [name])}
        assert providers & declared, f"{name} is not among the dependencies"


def test_every_dependency_has_its_reason_on_record() -> None:
    reasons = (ROOT / "docs" / "adr" / "0002-libraries.md").read_text()
    missing = {
        name
        for name in map(distribution, PROJECT["dependencies"])
        if not re.search(rf"(^\| |, ){re.escape(name)}(,| \|)", reasons, re.MULTILINE)
    }
    assert not missing


def test_every_error_asks_exactly_one_reaction() -> None:
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.BotfleetError):
            expected = 0 if error is errors.BotfleetError else 1
            assert len(REACTIONS & set(error.__mro__)) == expected, error


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_place_and_pins_every_hash(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert "==" in entry
        assert "--hash=sha256:" in entry


#: Words with which Celery is told to do something later, and those that send past the one door.
LATER = re.compile(r"\b(eta|countdown|apply_async|delay|retry_backoff|self\.retry)\s*[=(]")
DOORS = {"botfleet/adapters/celery/messages.py", "botfleet/cli/bench/mark.py"}


def test_nothing_is_sent_to_be_done_later() -> None:
    """Messages leave through one module (and a benchmark), at once: what is due later is a row."""
    found = [
        f"{path}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if LATER.search(line) or ("send_task(" in line and name_of(path) not in DOORS)
    ]
    assert found == []
