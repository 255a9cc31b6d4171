"""Every point of docs/crashes.md is shown by tests that are there."""

import ast
import re
from pathlib import Path

import pytest

from tests.faults import crashes

TESTS = Path(__file__).parents[1]
POINT_COUNT = 40


def test_the_page_has_every_point_and_is_as_it_is_written() -> None:
    rows = re.findall(r"^\| (\d+) \|", crashes.PAGE.read_text(), re.MULTILINE)
    assert rows == [str(n) for n in range(1, POINT_COUNT + 1)]
    assert crashes.PAGE.read_text() == crashes.written()


def test_every_point_is_shown_by_tests() -> None:
    for *words, tests in crashes.POINTS:
        assert all(words)
        assert tests
        assert set(tests) <= set(crashes.tests_named())


@pytest.mark.parametrize("named", crashes.tests_named())
def test_what_shows_it_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    found = ast.walk(ast.parse((TESTS / path).read_text()))
    there = {one.name for one in found if isinstance(one, ast.FunctionDef)}
    assert name in there if name else any(one.startswith("test_") for one in there)
