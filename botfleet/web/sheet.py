"""A whole bot on one sheet: every automation's tree below the other, in a drawing of its own.

The sheet loads nothing: its style stands in it, in plain colours that every viewer knows.
"""

from dataclasses import dataclass
from importlib.resources import files
from xml.etree.ElementTree import Element

from botfleet.domain.bots.bot import Automation, Definition
from botfleet.domain.schedules.wording import trigger_words
from botfleet.domain.trees.grammar import render_condition
from botfleet.domain.trees.wording import Sentence
from botfleet.web.svg import element, image, markup
from botfleet.web.tree import tree_image

_MARGIN, _PAD, _GAP, _TOP, _HEAD = 24.0, 20.0, 18.0, 84.0, 46.0
_WIDTH_MIN, _LETTER = 560.0, 8.2


@dataclass(frozen=True, slots=True)
class _Panel:
    automation: Automation
    tree: Element

    @property
    def width(self) -> float:
        return float(self.tree.get("width", "0")) + 2 * _PAD

    @property
    def height(self) -> float:
        return float(self.tree.get("height", "0")) + _HEAD + _PAD


def bot_svg(bot: Definition, worded: Sentence = render_condition) -> str:
    """Draw a bot's automations, one below the other; root on top, Yes left, No right."""
    panels = [
        _Panel(one, tree_image(one.tree, title=f"Tree of {one.name}", worded=worded))
        for one in bot.automations
    ]
    inner = max([_WIDTH_MIN, *(panel.width for panel in panels)])
    wide = inner + 2 * _MARGIN
    high = _TOP + sum(panel.height + _GAP for panel in panels) - _GAP + _MARGIN
    paper = element("rect", width=wide, height=high, class_="paper")
    parts = [_style(), paper, *_heading(bot), *_placed(panels, inner)]
    sheet = image(*parts, width=wide, height=high, title=f"Bot {bot.name}", style="sheet")
    sheet.set("xmlns", "http://www.w3.org/2000/svg")
    return markup(sheet)


def lane_words(one: Automation) -> str:
    """Say what starts an automation: its lane and the window of it, its event, or its button."""
    if one.label:
        return f"button “{one.label}”"
    if one.trigger is None:
        return one.lane.value
    words = trigger_words(one.trigger)
    return words if one.event else f"{one.lane.value} {words}"


def _style() -> Element:
    style = files("botfleet.web").joinpath("templates", "sheet.css")
    return element("style", style.read_text(encoding="utf-8"))


def _heading(bot: Definition) -> list[Element]:
    limits = bot.limits
    held = "1 position" if limits.open_positions == 1 else f"{limits.open_positions} positions"
    said = (
        f"{str(limits.allocation).removesuffix('.00')} · {held} at once"
        f" · {limits.daily_positions} a day · every {bot.interval_min} minutes"
    )
    symbols = f" · {', '.join(bot.symbols[:8])}" if bot.symbols else ""
    more = f" and {len(bot.symbols) - 8} more" if len(bot.symbols) > 8 else ""  # noqa: PLR2004
    return [
        element("text", bot.name, x=_MARGIN, y=42, class_="title"),
        element("text", said + symbols + more, x=_MARGIN, y=65, class_="lead"),
    ]


def _placed(panels: list[_Panel], inner: float) -> list[Element]:
    made: list[Element] = []
    top = _TOP
    for panel in panels:
        place = f"translate({_MARGIN} {top:.1f})"
        made.append(element("g", *_drawn(panel, inner), transform=place))
        top += panel.height + _GAP
    return made


def _drawn(panel: _Panel, inner: float) -> list[Element]:
    name, words = panel.automation.name, lane_words(panel.automation)
    panel.tree.set("x", f"{(inner - panel.width) / 2 + _PAD:.1f}")
    panel.tree.set("y", f"{_HEAD}")
    panel.tree.set("overflow", "visible")
    beside = _PAD + _LETTER * len(name) + 14
    wide = 20 + 6.4 * len(words)
    pill = element("rect", x=beside, y=14, width=wide, height=20, rx=10)
    word = element("text", words, x=beside + wide / 2, y=28, text_anchor="middle")
    return [
        element("rect", width=inner, height=panel.height, rx=14, class_="card"),
        element("text", name, x=_PAD, y=29, class_="name"),
        element("g", pill, word, class_="lane"),
        panel.tree,
    ]
