"""RELIABILITY 7 at the door: tree, recipe values, worst case, strings and definition files.

Every row goes through the real command in a process of bounded memory. It ends with 1 and one
sentence a fault, each with its path; there is no traceback, and nothing is written anywhere.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from botfleet.adapters.botfile import parse, read, write
from botfleet.domain.trees.nodes import NODES_MAX
from botfleet.web.sheet import bot_svg
from tests.adapters.botfile.test_faults import (
    GOOD,
    OPEN,
    PRICE,
    TREE,
    asking,
    bot,
    bush,
    chain,
    faults,
    legs,
    loops,
    opening,
)
from tests.cli.test_main import botfleet

#: A process that may hold this much, and no more, reads what it is given in bounded memory.
BOUNDED = "import resource; resource.setrlimit(resource.RLIMIT_DATA, (400 << 20, 400 << 20))"

TREES: dict[str, dict[str, Any]] = {
    "missing branch": bot({"if": PRICE, "yes": "nothing"}),
    "a node that is no node": bot({"if": PRICE, "yes": {"id": 7}, "no": "nothing"}),
    "too many nodes": bot(bush(8)),
    "too deep": bot(chain(50)),
    "an action in the middle": bot({**OPEN, "yes": "nothing", "no": "nothing"}),
    "empty group": asking({"all": []}),
    "negation": asking({"not": PRICE}),
    "unknown recipe": asking(PRICE | {"recipe": "stock_prize"}),
    "another version": bot(botfleet=99),
    "leaf without action": bot({"open": None}),
    "loop in loop in loop": bot(loops(3)),
    "201 symbols": bot({"loop": {"symbols": [f"A{n}" for n in range(201)]}, "do": "nothing"}),
    "duplicate symbols": bot({"loop": {"symbols": ["SPY", "SPY"]}, "do": "nothing"}),
}
VALUES: dict[str, dict[str, Any]] = {
    "wrong unit": asking(
        {"recipe": "stock_change", "symbol": "SPY", "relation": "above", "percent": "25 dollars"}
    ),
    "price below zero": asking(PRICE | {"value": -1}),
    "expiration in the past": opening(expiration={"exactly": -3}),
    "strikes reversed": legs(long_put={"delta": 0.5}),
    "delta above one": legs(short_put={"delta": 1.01}),
    "five legs": legs(**{f"leg_{n}": {"delta": 0.1} for n in range(3)}),
    "quantity 0": opening(size={"contracts": 0}),
    "quantity 1.5": opening(size={"contracts": 1.5}),
    "a caret ticker": asking(PRICE | {"symbol": "^VIX"}),
    "an emoji ticker": asking(PRICE | {"symbol": "🚀"}),
    "width 0": legs(long_put={"width": 0, "of": "short_put"}),
    "huge number": asking(PRICE | {"value": 10**400}),
}
WORST: dict[str, dict[str, Any]] = {
    "naked call": opening(structure="short_call", strikes={"short_call": {"delta": 0.3}}),
    "naked put": opening(structure="short_put", strikes={"short_put": {"delta": 0.3}}),
    "ratio": legs(short_put={"delta": 0.3, "ratio": 2}),
    "market order without a cap": opening(price={"speed": "market"}),
    "beyond the far side": opening(price={"final": "151%"}),
    "missing multiplier": opening(multiplier=None),
}
REFUSED_TEXT = {
    "CRLF": "a\r\nb",
    "ANSI": "\x1b[31mred",
    "right to left": "abc\u202edcba",
    "zero width": "a\u200bb",
    "NUL": "a\0b",
    "1 MB": "x" * 1_000_000,
}
KEPT_TEXT = {
    "SQL": "'; DROP TABLE bots; --",
    "Lua": "return redis.call('flushall')",
    "Jinja": "{{ 7*7 }}{% for x in y %}",
    "CSV": "=cmd|' /C calc'!A0",
    "markup": "</text><script>alert(1)</script>",
    "slow for a regular expression": "a" * 40 + "!" * 40,
    "a format string": "{0.__class__} %s %n",
    "YAML": "!!python/object:os.system {}",
}


def test_a_whole_house_of_bad_rows_is_refused_in_one_go(home: Path) -> None:
    """One process, every row of tree, values and worst case: a fault with a path for each."""
    rows = TREES | VALUES | WORST
    paths = []
    for n, data in enumerate(rows.values()):
        paths.append(home / f"{n}.json")
        paths[-1].write_text(json.dumps(data))
    done = botfleet("bot", "validate", "--json", *map(str, paths), home=home, program=BOUNDED)
    assert (done.returncode, done.stderr) == (1, "")
    for name, report in zip(rows, json.loads(done.stdout), strict=True):
        assert report["faults"], name
        assert all(fault["path"] and fault["message"] for fault in report["faults"]), name
    assert sorted(home.iterdir()) == sorted(paths)


@pytest.mark.parametrize("name", TREES | VALUES | WORST)
def test_a_bad_row_is_refused_with_the_path_to_it(name: str) -> None:
    """In the tree, or at the setting that is wrong; nowhere else."""
    for path in faults((TREES | VALUES | WORST)[name]):
        assert path.startswith((TREE, "botfleet")), path


def test_a_tree_that_bites_its_tail_is_refused() -> None:
    """A cycle cannot be written, for there are no aliases; handed over as data it is refused."""
    tree: dict[str, Any] = {"if": PRICE, "yes": "nothing"}
    tree["no"] = tree
    assert faults(bot(tree))


def test_all_faults_of_a_tree_of_nothing_else_are_bounded() -> None:
    """Thousands of wrong nodes, more than a tree may have: refused, and told how many more."""
    wide: object = [PRICE | {"recipe": f"r{n}"} for n in range(50)]
    for _ in range(4):
        wide = [{"all": wide}] * 6
    assert len(faults(asking({"all": wide}))) <= NODES_MAX + 1


@pytest.mark.parametrize("name", REFUSED_TEXT)
@pytest.mark.parametrize("place", ["name", "notify"])
def test_text_that_could_mislead_a_reader_is_refused(name: str, place: str) -> None:
    text = REFUSED_TEXT[name]
    data = bot(name=text) if place == "name" else bot({"notify": text})
    assert list(faults(data)) == ["name" if place == "name" else f"{TREE}.notify"]


@pytest.mark.parametrize("name", KEPT_TEXT)
def test_text_that_means_something_elsewhere_is_kept_as_text(name: str) -> None:
    """Stored as it was written, drawn as it was written, and interpreted by nobody."""
    text = KEPT_TEXT[name]
    made = parse(bot({"notify": text}, name=text))
    assert made.name == text
    assert read(write(made)) == made
    assert "<script" not in bot_svg(made)


def test_a_file_of_50_mb_is_refused_without_being_read(home: Path) -> None:
    path = home / "bad.yaml"
    with path.open("wb") as file:
        file.truncate(50 << 20)
    done = botfleet("bot", "validate", str(path), home=home, program=BOUNDED)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("must be at most 1,048,576 bytes\n")


#: Files that are no bots, each with words of its fault.
FILES: dict[str, tuple[str | bytes, str]] = {
    "aliases": ("a: &a [x]\nb: [*a, *a]\n", "aliases are not allowed"),
    "deep YAML": (f"botfleet: 1\nlimits: {'[' * 100_000}", "too deeply"),
    "deep JSON": ('{"a":' * 150_000, "too deeply"),
    "not numbers": ("limits: {allocation: .nan, daily_positions: 1e999}\n", "must be a number"),
    "tag": ("limits: !!python/object/apply:os.system [id]\n", "tags are not allowed"),
    "not UTF-8": (b"\xff\xfe\x00", "UTF-8"),
    "two documents": (json.dumps(GOOD) * 2, "line 1"),
    "a long list": ("- x\n" * 140_000, "must be a mapping"),
    "too long a list": ("- x\n" * 250_000, "must have at most 150,000 lines and commas"),
    "many faults": ("symbols: [" + "spy," * 140_000 + "]\n", "more faults"),
    "many keys": ("".join(f"k{n}: 1\n" for n in range(80_000)), "more faults"),
}


def test_bad_files_are_refused_in_bounded_memory(home: Path) -> None:
    """One process reads them all, and holds no more for it; the house stays as empty as it was."""
    for name, (text, _) in FILES.items():
        (home / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    done = botfleet("bot", "validate", "--json", *FILES, home=home, program=BOUNDED)
    assert (done.returncode, done.stderr) == (1, "")
    for (name, (_, words)), report in zip(FILES.items(), json.loads(done.stdout), strict=True):
        assert not report["is_valid"], name
        faults = " ".join(f"{one['path']}: {one['message']}" for one in report["faults"])
        assert words in faults, (name, faults)
    assert {each.name for each in home.iterdir()} == set(FILES)


def test_where_a_link_leads_is_what_counts(home: Path) -> None:
    """A link to a bot is that bot; one to itself, to nowhere or to a folder is refused."""
    (home / "good.json").write_text(json.dumps(GOOD))
    (home / "link.json").symlink_to("good.json")
    (home / "round.json").symlink_to("round.json")
    (home / "gone.json").symlink_to("nowhere.json")
    (home / "endless.json").symlink_to("/dev/zero")
    assert botfleet("bot", "validate", "link.json", home=home).returncode == 0
    for name in ("round.json", "gone.json", ".", "endless.json"):
        done = botfleet("bot", "validate", name, home=home, program=BOUNDED)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), name
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["bot", "draw"], ["automation", "test", "--simulated"]])
def test_every_command_that_takes_a_file_refuses_a_bad_one_with_its_paths(
    home: Path, command: list[str]
) -> None:
    (home / "bad.json").write_text(json.dumps(TREES["missing branch"]))
    when = ["--date", "2026-03-10"] if command[0] == "automation" else []
    done = botfleet(*command, "bad.json", *when, home=home)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"botfleet: {TREE}.no: is missing\n"
