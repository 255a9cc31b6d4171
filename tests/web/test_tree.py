"""Trees as pictures and as text: nothing hidden, the way taken marked."""

from itertools import pairwise
from xml.etree.ElementTree import Element

from botfleet.domain.trees.nodes import Close, Decision, Loop, LoopOver, Node, Nothing, every_node
from botfleet.web.summary import End
from botfleet.web.svg import lines
from botfleet.web.tree import taken, tree_svg, tree_text
from tests.web.parsing import parse
from tests.web.sample import FEATURED, asks, put_seller


def _groups(svg: str, style: str) -> list[Element]:
    groups = parse(svg).iter("g")
    return [group for group in groups if style in (group.get("class") or "").split()]


def _words(group: Element) -> str:
    return " ".join(text.text or "" for text in group.iter("text"))


def test_the_way_to_an_end_is_every_place_above_it() -> None:
    assert taken([End("ybn", "")]) == {"", "y", "yb", "ybn"}
    assert taken([]) == frozenset()
    assert taken([End("", "no data")]) == {""}


def test_every_node_is_drawn_and_the_way_is_marked() -> None:
    svg = tree_svg(put_seller(), ends=FEATURED.ends)
    nodes = list(every_node(put_seller()))
    assert len(_groups(svg, "node")) == len(nodes)
    assert len(_groups(svg, "branch")) == len(nodes) - 1
    way = taken(FEATURED.ends)
    marked = [g for g in _groups(svg, "node") if "taken" in (g.get("class") or "")]
    assert len(marked) == len(way)
    assert len(_groups(svg, "badge")) == 1


def test_boxes_say_all_their_words_and_what_came_of_them() -> None:
    svg = tree_svg(put_seller(), ends=FEATURED.ends)
    (leaf,) = _groups(svg, "open")
    assert "Open short put spread on the symbol" in _words(leaf)
    assert "45% of net liquidation" in _words(leaf)
    assert "SPY: opened 9 contracts for $4,437.00" in _words(leaf)


def test_words_stay_inside_their_boxes() -> None:
    for group in _groups(tree_svg(put_seller(), ends=FEATURED.ends), "node"):
        (box, *_) = group.iter("rect")
        top, height = float(box.attrib["y"]), float(box.attrib["height"])
        ys = [float(t.attrib["y"]) for t in group if t.tag == "text"]
        assert top < min(ys)
        assert max(ys) < top + height - 4
        assert all(b - a >= 16 for a, b in pairwise(ys))


def test_a_loop_over_many_items_names_the_first_and_counts_the_rest() -> None:
    loop = Loop(LoopOver.POSITIONS, Close())
    ends = tuple(End("b", "closed", f"P{index}") for index in range(40))
    assert "and 35 more" in tree_svg(loop, ends=ends)


def test_hostile_conditions_stay_text() -> None:
    tree = Decision(asks("x"), Close(), Nothing())
    svg = tree_svg(tree, worded=lambda _: "<b>&\"'</b>")
    assert "<b>" not in svg
    assert "<b>&\"'</b>" in _words(_groups(svg, "decision")[0])


def test_text_shows_branches_way_and_results() -> None:
    tree = Decision(asks("SPY is up"), Loop(LoopOver.POSITIONS, Close()), Nothing())
    text = tree_text(tree, ends=(End("yb", "closed at 0.40", "P1"),))
    assert text.splitlines() == [
        "● SPY is up",
        "├─ ● Yes: For each open position",
        "│  └─ ● Each: Close the position",
        "│       → P1: closed at 0.40",
        "└─ ○ No: Do nothing",
    ]


def test_text_without_a_run_marks_nothing() -> None:
    assert tree_text(Decision(asks("up"), Close(), Nothing())).splitlines() == [
        "Up",
        "├─ Yes: Close the position",
        "└─ No: Do nothing",
    ]


def test_a_deep_tree_is_written_within_reason() -> None:
    tree: Node = Nothing()
    for _ in range(50):
        tree = Decision(asks("a condition of some length that has to be wrapped"), tree, Close())
    assert max(map(len, tree_text(tree).splitlines())) < 250
    assert len(_groups(tree_svg(tree), "node")) == 101


def test_wrapped_lines_keep_every_word() -> None:
    text = "a rate of return above 25% and supercalifragilisticexpialidocious"
    assert "".join(lines(text, 90, 13)).replace(" ", "") == text.replace(" ", "")
    assert lines("", 90, 13) == ()


def test_where_one_symbol_came_it_is_named() -> None:
    one = [end for end in FEATURED.ends if end.item == "SPY"]
    (leaf,) = _groups(tree_svg(put_seller(), ends=one), "open")
    assert "Open short put spread on SPY" in _words(leaf)
    assert "the loop's symbol" not in tree_text(put_seller(), ends=FEATURED.ends).lower()
    assert "on the loop's symbol" in tree_text(put_seller())
