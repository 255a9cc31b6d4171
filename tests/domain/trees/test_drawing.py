"""The layout of trees: tidy whatever the tree."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.trees.conditions import AllOf
from botfleet.domain.trees.drawing import Box, Drawing, lay_out
from botfleet.domain.trees.nodes import (
    Close,
    Conditional,
    Decision,
    Loop,
    LoopOver,
    Node,
    Nothing,
    Notify,
    Step,
    children,
    every_node,
)

ALWAYS = AllOf(())
LEAVES = st.sampled_from([Nothing(), Close(), Notify("a rather long message for the owner")])


def _grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    decisions = st.builds(Decision, st.just(ALWAYS), inner, inner)
    loops = st.builds(Loop, st.just(LoopOver.POSITIONS), inner, then=st.none() | inner)
    steps = st.builds(Step, LEAVES, inner)
    conditionals = st.builds(Conditional, st.just(ALWAYS), inner, inner)
    return st.one_of(decisions, loops, steps, conditionals)


TREES = st.recursive(LEAVES, _grow, max_leaves=25)


def _width(node: Node) -> float:
    return {Nothing: 4.0, Close: 6.0, Notify: 12.0}.get(type(node), 10.0)


def _boxes(drawing: Drawing) -> dict[str, Box]:
    return {box.place: box for box in drawing.boxes}


@given(TREES)
def test_every_node_has_one_box_on_the_level_of_its_depth(tree: Node) -> None:
    drawing = lay_out(tree, _width, 2)
    assert [(box.place, box.node) for box in drawing.boxes] == list(every_node(tree))
    assert all(box.level == len(box.place) for box in drawing.boxes)
    assert drawing.levels == 1 + max(box.level for box in drawing.boxes)


@given(TREES)
def test_neighbours_of_a_level_keep_the_gap(tree: Node) -> None:
    drawing = lay_out(tree, _width, 2)
    for level in range(drawing.levels):
        row = sorted((b for b in drawing.boxes if b.level == level), key=lambda b: b.x)
        assert all(a.right + 2 <= b.left + 1e-6 for a, b in pairwise(row))


@given(TREES)
def test_yes_lies_left_of_no_and_parents_stand_centred(tree: Node) -> None:
    boxes = _boxes(lay_out(tree, _width, 2))
    for place, node in every_node(tree):
        below = [boxes[place + letter].x for letter, _ in children(node)]
        assert below == sorted(below)
        assert not below or boxes[place].x == pytest.approx(sum(below) / len(below))
        assert len(below) < 2 or below[0] < below[1]


@given(TREES)
def test_the_drawing_starts_at_zero_and_ends_at_its_width(tree: Node) -> None:
    drawing = lay_out(tree, _width, 2)
    assert min(box.left for box in drawing.boxes) == pytest.approx(0)
    assert max(box.right for box in drawing.boxes) == pytest.approx(drawing.width)


@given(TREES)
def test_a_mirrored_tree_is_drawn_mirrored(tree: Node) -> None:
    drawing, mirrored = lay_out(tree, _width, 2), lay_out(_mirror(tree), _width, 2)
    xs = sorted((box.level, drawing.width - box.x) for box in drawing.boxes)
    assert mirrored.width == pytest.approx(drawing.width)
    flat = [x for pair in xs for x in pair]
    assert [x for b in sorted((b.level, b.x) for b in mirrored.boxes) for x in b] == pytest.approx(
        flat
    )


def _mirror(node: Node) -> Node:
    match node:
        case Decision(condition, yes, no):
            return Decision(condition, _mirror(no), _mirror(yes))
        case Loop(over, body):
            if node.then is None:
                return Loop(over, _mirror(body))
            return Loop(over, _mirror(node.then), then=_mirror(body))
        case Conditional(condition, inside, then):
            return Conditional(condition, _mirror(then), _mirror(inside))
        case Step(action, then):
            return Step(action, _mirror(then))
        case _:
            return node


def test_a_deep_branch_slides_under_a_shallow_one() -> None:
    """Width 4 leaves, gap 2: a comb is only as wide as its widest two neighbours need."""
    comb = Decision(ALWAYS, Nothing(), Decision(ALWAYS, Nothing(), Nothing()))
    drawing = lay_out(comb, lambda _: 4, 2)
    # Level 1: centres 6 apart; level 2: its pair 6 apart, centred under the right one.
    assert [box.x for box in drawing.boxes] == [5, 2, 8, 5, 11]
    assert drawing.width == 13


def test_edges_carry_the_words_of_their_branches() -> None:
    tree = Loop(LoopOver.POSITIONS, Decision(ALWAYS, Close(), Nothing()))
    edges = lay_out(tree, _width, 1).edges
    assert [(edge.parent, edge.child, edge.label) for edge in edges] == [
        ("", "b", "Each"),
        ("b", "by", "Yes"),
        ("b", "bn", "No"),
    ]


def test_the_largest_legal_depth_is_drawn() -> None:
    tree: Node = Nothing()
    for _ in range(50):
        tree = Decision(ALWAYS, tree, Close())
    assert lay_out(tree, _width, 1).levels == 51
