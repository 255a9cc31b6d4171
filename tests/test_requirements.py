"""Every promise has a row in docs/requirements.md, and every test named there exists.

The numbers stand here once more, so that a row cannot vanish with its promise.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "requirements.md"

#: The numbers of the founding documents' promises.
NUMBERS = """
3 4 5 6 7 8 10 11 12 13 15 16 18 19 21 22 23 24 25 29 30 33 34 35 36 37 39 40 41 42 43 44 45 46 47
48 54 56 57 58 59 60 61 62 63 64 66 69 70 71 72 73 74 76 77 78 79 80 81 82 83 84 85 86 87 90 91 92
93 95 96 99 100 101 102 104 105 106 107 108 110 111 112 113 114 115 118 119 120 121 122 123 124 125
126 127 128 129 130 132 133 134 135 137 138 139 140 141 142 143 144 145 146 148 149 150 151 152 153
154 155 156 157 158 160 161 162 163
"""
BENCHES = {
    f"botfleet bench {name}"
    for name in (
        *("mark", "lag", "fairness", "rescale", "walk", "chain", "pool", "boot", "orders", "seats"),
    )
}
_ROW = re.compile(r"^\| S(\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
ROWS = {number: cells for number, *cells in _ROW.findall(PAGE.read_text())}


@cache
def names_in(path: Path) -> frozenset[str]:
    """Name the tests of a file."""
    module = ast.parse(path.read_text())
    return frozenset(
        node.name
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    )


def shown_by(number: str) -> list[str]:
    return re.findall(r"`([^`]+)`", ROWS[number][2])


def test_every_promise_has_its_row_and_no_other_has_one() -> None:
    assert [number for number, *_ in _ROW.findall(PAGE.read_text())] == NUMBERS.split()


@pytest.mark.parametrize("number", NUMBERS.split())
def test_a_promise_is_kept_where_its_row_says(number: str) -> None:
    _, state, _ = ROWS[number]
    named = shown_by(number)
    assert re.match(r"(served$|partly: .|not yet($|: .))", state)
    assert bool(named) != state.startswith("not yet")
    for test in named:
        file, _, name = test.partition("::")
        if test in BENCHES:
            continue
        assert (TESTS / file).is_file(), file
        names = names_in(TESTS / file)
        assert names if not name else name in names, test


def test_the_count_is_that_of_the_rows() -> None:
    states = [cells[1] for cells in ROWS.values()]
    served, partly = states.count("served"), sum(one.startswith("partly") for one in states)
    rest = len(states) - served - partly
    words = f"Today {served} of {len(states)} are served, {partly} partly, {rest} not yet."
    assert words in PAGE.read_text()
