"""A decision tree as a picture and as plain text, with the way a run took through it.

`ends` are the ends of one run, one a loop item; every branch that leads to one counts as taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from textwrap import wrap
from xml.etree.ElementTree import Element

from botfleet.domain.trees.drawing import LABELS, Box, Drawing, Edge, lay_out
from botfleet.domain.trees.explanations import of_symbol
from botfleet.domain.trees.grammar import render_condition
from botfleet.domain.trees.nodes import Loop, Node, Nothing, Step, children
from botfleet.domain.trees.wording import Sentence, details, headline, words
from botfleet.web.summary import End
from botfleet.web.svg import element, image, lines, markup

_WIDTH, _NARROW, _GAP, _DROP, _PAD, _MARGIN = 224.0, 116.0, 22.0, 54.0, 12.0, 8.0
_FONT, _SMALL, _LEAD = 13.0, 11.5, 17.0
_ENDS_MAX = 5
#: How wide a tree is written where nothing else is said.
TEXT_COLUMNS = 100


def tree_svg(
    tree: Node,
    *,
    ends: Sequence[End] = (),
    title: str = "Tree",
    worded: Sentence = render_condition,
) -> str:
    """Draw `tree`; the way to `ends` stands out, and each end says what came of it."""
    return markup(tree_image(tree, ends=ends, title=title, worded=worded))


def tree_image(
    tree: Node,
    *,
    ends: Sequence[End] = (),
    title: str = "Tree",
    worded: Sentence = render_condition,
) -> Element:
    """Draw `tree` as an element, to be put into a larger drawing."""
    drawing = lay_out(tree, _box_width, _GAP)
    cards = {box.place: _card(box, ends, worded) for box in drawing.boxes}
    tops = _tops(drawing, cards)
    way = taken(ends)
    branches = sorted(drawing.edges, key=lambda edge: edge.child in way)
    parts = [_branch(edge, drawing, cards, tops, way) for edge in branches]
    parts += [_drawn(box, cards[box.place], tops[box.level], way) for box in drawing.boxes]
    frame = element("g", *parts, transform=f"translate({_MARGIN} {_MARGIN})")
    desc = element("desc", tree_text(tree, ends=ends, worded=worded))
    wide, high = drawing.width + 2 * _MARGIN, tops[-1] - _DROP + 2 * _MARGIN
    return image(desc, frame, width=wide, height=high, title=title, style="tree")


def taken(ends: Iterable[End]) -> frozenset[str]:
    """Give the places on the way to `ends`, from the root on; none without an end."""
    return frozenset(end.path[:depth] for end in ends for depth in range(len(end.path) + 1))


@dataclass(frozen=True, slots=True)
class _Card:
    head: tuple[str, ...]
    more: tuple[str, ...]
    ends: tuple[str, ...]

    @property
    def height(self) -> float:
        spare = 6.0 if self.ends else 0.0
        return 2 * _PAD + _LEAD * (len(self.head) + len(self.more) + len(self.ends)) + spare - 3


def _box_width(node: Node) -> float:
    return _NARROW if isinstance(node, Nothing) else _WIDTH


def _card(box: Box, ends: Sequence[End], worded: Sentence) -> _Card:
    inner = box.width - 2 * _PAD
    here = [_result(end) for end in ends if end.path == box.place]
    shown = here[:_ENDS_MAX] + ([f"and {len(here) - _ENDS_MAX} more"] if here[_ENDS_MAX:] else [])
    return _Card(
        lines(_about(headline(box.node, worded), box.place, ends), inner, _FONT),
        lines(_about(details(box.node), box.place, ends), inner, _SMALL),
        tuple(line for text in shown for line in lines(text, inner, _SMALL)),
    )


def _about(text: str, place: str, ends: Iterable[End]) -> str:
    """Name the symbol that a loop came here with, where it was one."""
    items = {end.item.partition("/")[0] for end in ends if end.path.startswith(place)} - {""}
    if len(items) == 1:
        return of_symbol(text, items.pop())
    return text.replace("loop's symbol", "symbol") if items else text


def _result(end: End) -> str:
    return f"{end.item}: {end.result}" if end.item else end.result


def _tops(drawing: Drawing, cards: dict[str, _Card]) -> list[float]:
    heights = [0.0] * drawing.levels
    for box in drawing.boxes:
        heights[box.level] = max(heights[box.level], cards[box.place].height)
    return list(accumulate((height + _DROP for height in heights), initial=0.0))


def _branch(
    edge: Edge,
    drawing: Drawing,
    cards: dict[str, _Card],
    tops: list[float],
    way: frozenset[str],
) -> Element:
    x = {box.place: box.x for box in drawing.boxes if box.place in {edge.parent, edge.child}}
    start, end = x[edge.parent], x[edge.child]
    level = len(edge.child)
    top, bottom = tops[level - 1] + cards[edge.parent].height, tops[level]
    line = element("path", d=_elbow(start, top, end, bottom, bottom - _DROP * 0.62))
    label = _label(edge.label, end, bottom - _DROP * 0.3)
    is_taken = " taken" if edge.child in way else ""
    return element("g", line, label, class_=f"branch {edge.label.lower()}{is_taken}")


def _elbow(x0: float, y0: float, x1: float, y1: float, bend: float) -> str:
    if abs(x1 - x0) < 1:
        return f"M{x0:.1f} {y0:.1f}V{y1:.1f}"
    turn = min(8.0, abs(x1 - x0) / 2)
    side = turn if x1 > x0 else -turn
    return (
        f"M{x0:.1f} {y0:.1f}V{bend - turn:.1f}Q{x0:.1f} {bend:.1f} {x0 + side:.1f} {bend:.1f}"
        f"H{x1 - side:.1f}Q{x1:.1f} {bend:.1f} {x1:.1f} {bend + turn:.1f}V{y1:.1f}"
    )


def _label(text: str, x: float, y: float) -> Element:
    wide = 16 + 6.6 * len(text)
    pill = element("rect", x=x - wide / 2, y=y - 9.5, width=wide, height=19, rx=9.5)
    return element("g", pill, element("text", text, x=x, y=y + 4, text_anchor="middle"))


def _drawn(box: Box, card: _Card, top: float, way: frozenset[str]) -> Element:
    is_taken = " taken" if box.place in way else ""
    group = element("g", class_=f"node {_kind(box.node)}{is_taken}")
    rest = {"y": top, "height": card.height, "rx": 10.0}
    group.append(element("rect", x=box.left, width=box.width, **rest))
    group.extend(_written(card, box.left + _PAD, top + _PAD + 11))
    if isinstance(box.node, Loop):
        group.append(_badge(box.right - 4, top))
    return group


def _written(card: _Card, x: float, y: float) -> list[Element]:
    styled = [("head", line) for line in card.head] + [("more", line) for line in card.more]
    made = [
        element("text", line, x=x, y=y + _LEAD * row, class_=style)
        for row, (style, line) in enumerate(styled)
    ]
    below = y + _LEAD * len(styled) + 6
    return made + [
        element("text", line, x=x, y=below + _LEAD * row, class_="end")
        for row, line in enumerate(card.ends)
    ]


def _badge(right: float, top: float) -> Element:
    pill = element("rect", x=right - 46, y=top - 9, width=46, height=18, rx=9)
    word = element("text", "↻ loop", x=right - 23, y=top + 4, text_anchor="middle")
    return element("g", pill, word, class_="badge")


def _kind(node: Node) -> str:
    if isinstance(node, Step):
        return _kind(node.action)
    return type(node).__name__.lower()


def tree_text(
    tree: Node,
    *,
    ends: Sequence[End] = (),
    worded: Sentence = render_condition,
    columns: int = TEXT_COLUMNS,
) -> str:
    """Write `tree` in lines of `columns`; `●` marks the way to `ends`, `→` the result."""
    return "\n".join(_written_lines(tree, "", ("", ""), ends, worded, columns))


def _written_lines(
    node: Node,
    place: str,
    indent: tuple[str, str],
    ends: Sequence[End],
    worded: Sentence,
    columns: int,
) -> Iterable[str]:
    first, rest = indent
    mark = "● " if place in taken(ends) else ("○ " if ends else "")
    label = f"{LABELS[place[-1]]}: " if place else ""
    room = max(30, columns - len(rest) - 3)
    said = _about(words(node, worded), place, ends)
    pieces = wrap(f"{mark}{label}{said}", room) or [""]
    below = children(node)
    stem = rest + ("│ " if below else "  ")
    yield first + pieces[0]
    yield from (stem + piece for piece in pieces[1:])
    yield from (f"{stem}→ {_result(end)}" for end in ends if end.path == place)
    for index, (letter, child) in enumerate(below):
        is_last = index == len(below) - 1
        inner = (rest + ("└─ " if is_last else "├─ "), rest + ("   " if is_last else "│  "))
        yield from _written_lines(child, place + letter, inner, ends, worded, columns)
