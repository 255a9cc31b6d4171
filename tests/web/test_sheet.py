"""A bot on a sheet: all of its automations, nothing loaded, nothing hidden, nothing interpreted."""

from pathlib import Path

import pytest

from botfleet.adapters.botfile import parse, read
from botfleet.domain.trees.nodes import every_node
from botfleet.web.sheet import bot_svg
from tests.adapters.botfile.test_faults import PRICE, bot, chain
from tests.web.parsing import parse as parse_svg

DEMO_BOTS = Path(__file__).parents[2] / "botfleet" / "cli" / "demo_bots"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("path", sorted(DEMO_BOTS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_node_of_every_automation_is_drawn(path: Path) -> None:
    definition = read(path.read_bytes())
    svg = bot_svg(definition)
    drawn = [g for g in parse_svg(svg).iter(f"{SVG}g") if (g.get("class") or "").startswith("node")]
    trees = [one.tree for one in definition.automations]
    assert len(drawn) == sum(len(list(every_node(tree))) for tree in trees)
    for word in ("http://www.w3.org/1999/xlink", "<image", "<script", "@import", "url("):
        assert word not in svg


def test_yes_lies_left_and_no_right_under_a_root_on_top() -> None:
    definition = parse(bot({"if": PRICE, "yes": {"notify": "left"}, "no": {"notify": "right"}}))
    boxes = {
        "".join(text.text or "" for text in group.iter(f"{SVG}text")): group.find(f"{SVG}rect")
        for group in parse_svg(bot_svg(definition)).iter(f"{SVG}g")
        if (group.get("class") or "").startswith("node")
    }

    def place(word: str, axis: str) -> float:
        (found,) = (box for words, box in boxes.items() if word in words and box is not None)
        return float(found.get(axis, "nan"))

    assert place("left", "x") < place("right", "x")
    assert place("SPY price", "y") < place("left", "y") == place("right", "y")


def test_a_deep_tree_is_drawn_and_an_author_cannot_write_markup() -> None:
    svg = bot_svg(parse(bot(chain(49), name="<script>alert(1)</script>")))
    assert "<script>" not in svg
    assert parse_svg(svg).get("aria-label") == "Bot <script>alert(1)</script>"
