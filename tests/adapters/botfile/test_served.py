"""The page of served lines is current, and the schema tells what every field is."""

from collections.abc import Iterator
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from typer.main import get_command

from botfleet.adapters.botfile import schema
from botfleet.adapters.botfile.descriptions import serves
from botfleet.adapters.botfile.served import lines, page
from botfleet.cli.main import COMMANDS
from botfleet.domain.trees.recipes.catalogue import CATALOGUE
from tests.test_requirements import names_in

TESTS = Path(__file__).parents[2]
PAGE = TESTS.parent / "docs" / "served.md"
#: How many lines each family of the specification has.
FAMILIES = {"K": 34, "N": 17, "P": 23, "B": 29, "O": 11, "G": 13}


def test_the_page_of_served_lines_is_current() -> None:
    """Written by `botfleet recipe served > docs/served.md`."""
    assert PAGE.read_text() == page()


def test_every_line_of_the_catalogue_stands_on_the_page_once() -> None:
    ids = [line.line_id for line in lines() if line.line_id[0] in FAMILIES]
    wanted = [f"{letter}{n}" for letter, count in FAMILIES.items() for n in range(1, count + 1)]
    assert ids == wanted


def test_a_recipe_serves_only_lines_there_are_and_none_that_is_ruled_out() -> None:
    known = {line.line_id: line for line in lines()}
    for recipe in CATALOGUE.values():
        for line_id in serves(recipe):
            assert line_id in known, f"{recipe.recipe_id} serves {line_id}"
            assert not known[line_id].ruled_by


def test_every_field_of_the_schema_is_described() -> None:
    document: dict[str, Any] = schema()
    shapes = {"bot file": document, **document["$defs"]}
    bare = [
        f"{name}.{field}"
        for name, shape in shapes.items()
        for field, content in shape.get("properties", {}).items()
        if not content.get("description")
    ]
    assert not bare


def named() -> list[str]:
    """Everything that is said to serve a line of when bots run and what holds them back."""
    text = files("botfleet.adapters.botfile").joinpath("running.yaml").read_text(encoding="utf-8")
    sections = yaml.safe_load(text).values()
    return [name for entries in sections for one in entries.values() for name in one.get("by", ())]


def commands() -> set[str]:
    """Every command there is, as it is typed."""

    def below(command: object, words: str) -> Iterator[str]:
        yield words
        for name, one in getattr(command, "commands", {}).items():
            yield from below(one, f"{words} {name}")

    parts = {name: get_command(import_module(f"botfleet.cli.{name}").app) for name in COMMANDS}
    return {typed for name, one in parts.items() for typed in below(one, f"botfleet {name}")}


def test_every_test_field_and_command_that_serves_a_line_is_there() -> None:
    served = {name for line in lines() for name in line.served_by}
    there = commands()
    for name in named():
        assert name in served, f"{name} is no field of a bot file"
        file, _, test = name.partition("::")
        if file.endswith(".py"):
            assert (TESTS / file).is_file(), file
            assert not test or test in names_in(TESTS / file), name
        elif name.startswith("botfleet "):
            assert name in there, name


def test_every_page_of_running_stands_there_and_no_line_is_open() -> None:
    sections = {line.line_id for line in lines()}
    assert sections >= {*(f"4.{n}" for n in range(1, 5)), *(f"5.{n}" for n in range(1, 8))}
    assert [line for line in lines() if not line.is_settled] == []


def test_each_silence_of_the_reference_has_a_rule_of_ours_and_a_test_of_it() -> None:
    silences = [line for line in lines() if line.line_id == "5.7"]
    assert len(silences) == 12
    assert all(line.rule and line.served_by for line in silences)
