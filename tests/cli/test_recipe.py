"""The catalogue at the door: whole, with examples that are themselves valid."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from botfleet.adapters.botfile import parse
from botfleet.adapters.botfile.descriptions import catalogue_version
from botfleet.cli.recipe import app
from botfleet.domain.trees.grammar import KINDS, render_condition
from botfleet.domain.trees.nodes import Decision, Loop, Node
from botfleet.domain.trees.recipes.catalogue import CATALOGUE, CATEGORIES
from botfleet.errors import BadInput, NotFound
from tests.cli.test_main import botfleet


def listed(*words: str) -> list[dict[str, object]]:
    done = CliRunner().invoke(app, ["list", "--json", *words], catch_exceptions=False)
    lines: list[dict[str, object]] = json.loads(done.stdout)
    return lines


def test_the_catalogue_as_json_is_the_whole_catalogue() -> None:
    lines = listed()
    assert [line["id"] for line in lines] == list(CATALOGUE)
    for line in lines:
        recipe = CATALOGUE[str(line["id"])]
        parameters = line["parameters"]
        assert isinstance(parameters, list)
        assert [one["name"] for one in parameters] == list(recipe.parameters)
        for one in parameters:
            assert one["kind"] in KINDS
            assert one["description"]
            assert one["schema"]


def test_a_category_is_listed_alone() -> None:
    assert {line["category"] for category in CATEGORIES for line in listed("--category", category)}
    for category in CATEGORIES:
        assert {line["category"] for line in listed("--category", category)} == {category}


@pytest.mark.parametrize("recipe_id", CATALOGUE)
def test_an_example_stands_in_a_bot_file_as_it_is_shown(recipe_id: str) -> None:
    """Below both kinds of loop, where every recipe may stand, the example is read and worded."""
    done = CliRunner().invoke(app, ["show", recipe_id, "--json"], catch_exceptions=False)
    shown = json.loads(done.stdout)
    decision = {"if": shown["example"], "yes": "nothing", "no": "nothing"}
    tree = {"loop": "positions", "do": {"loop": {"symbols": ["SPY"]}, "do": decision}}
    limits = {"allocation": 1000, "daily_positions": 1, "open_positions": 1}
    automation = {"name": "one", "lane": "scanner", "tree": tree}
    bot = parse({"botfleet": 1, "name": "One", "limits": limits, "automations": [automation]})
    node: Node = bot.automations[0].tree
    while isinstance(node, Loop):
        node = node.body
    assert isinstance(node, Decision)
    assert render_condition(node.condition) == shown["example_sentence"]


def test_a_recipe_is_shown_with_its_parameters_and_its_example(home: Path) -> None:
    done = botfleet("recipe", "show", "indicator_value", home=home)
    assert done.returncode == 0
    for words in (
        "{symbol} {indicator}({period})",
        "one of RSI",
        "daily bars",
        "recipe: indicator",
    ):
        assert words in done.stdout


def test_what_is_not_there_is_refused() -> None:
    for words, error in ((["show", "nope"], NotFound), (["list", "--category", "x"], BadInput)):
        with pytest.raises(error):
            CliRunner().invoke(app, words, catch_exceptions=False)


def test_the_catalogue_has_a_version_of_its_own(home: Path) -> None:
    """S76: the same in every process; the schema of bot files names it."""
    once, twice = (botfleet("recipe", "version", home=home).stdout for _ in range(2))
    assert once == twice == f"{catalogue_version()}\n"
    assert once.strip() in json.loads(botfleet("bot", "schema", home=home).stdout)["$comment"]
