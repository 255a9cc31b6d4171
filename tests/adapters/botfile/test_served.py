"""The page of served lines is current, and the schema tells what every field is."""

from pathlib import Path
from typing import Any

from botfleet.adapters.botfile import schema
from botfleet.adapters.botfile.descriptions import serves
from botfleet.adapters.botfile.served import lines, page
from botfleet.domain.trees.recipes.catalogue import CATALOGUE

PAGE = Path(__file__).parents[3] / "docs" / "served.md"
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
