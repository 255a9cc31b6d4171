"""The drawing in the docs is what `bot draw` makes of its example today."""

from pathlib import Path

from botfleet.adapters.botfile import read, warnings
from botfleet.domain.trees.nodes import every_node
from botfleet.web.sheet import bot_svg

ROOT = Path(__file__).parents[2]


def test_the_drawn_desk_is_current_and_has_twenty_nodes() -> None:
    """Written by `botfleet bot draw examples/condor_desk.yaml --svg docs/condor_desk.svg`."""
    bot = read((ROOT / "examples/condor_desk.yaml").read_text())
    assert sum(len(list(every_node(one.tree))) for one in bot.automations) == 20
    assert (ROOT / "docs/condor_desk.svg").read_text().rstrip() == bot_svg(bot).rstrip()


def test_the_bot_of_the_tour_is_valid_and_gets_no_warning() -> None:
    page = (ROOT / "docs/writing_bots.md").read_text()
    shown = page.partition("```yaml\n")[2].partition("```")[0]
    assert warnings(read(shown)) == ()
