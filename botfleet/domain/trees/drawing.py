"""Where the boxes of a tree go: root on top, Yes left, No right, each parent centred over its own.

Reingold and Tilford, "Tidier Drawings of Trees" (1981): sub-trees are laid out apart and pushed
together until some level has just one gap between them, so a drawing is narrow and equal sub-trees
look alike. Widths are in the caller's unit (pixels, characters); levels are counted from 0.
"""

from collections.abc import Callable
from dataclasses import dataclass

from botfleet.domain.trees.nodes import Node, children

LABELS = {"y": "Yes", "n": "No", "b": "Each", "i": "Do", "t": "Then"}


@dataclass(frozen=True, slots=True)
class Box:
    """One node at `place`, its centre `x` from the drawing's left edge."""

    place: str
    node: Node
    x: float
    level: int
    width: float

    @property
    def left(self) -> float:
        """The left edge."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Edge:
    """The branch from one box down to another, by their places."""

    parent: str
    child: str
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A tree laid out: boxes and edges from the root down, Yes before No."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    width: float
    levels: int


@dataclass(frozen=True, slots=True)
class _Shape:
    # A sub-tree laid out around its root at 0: offsets of its nodes, and its outline by level.
    node: Node
    width: float
    below: tuple[tuple[str, float, "_Shape"], ...]
    lefts: tuple[float, ...]
    rights: tuple[float, ...]


def lay_out(root: Node, width: Callable[[Node], float], gap: float) -> Drawing:
    """Lay a tree out with at least `gap` between neighbours of a level."""
    shape = _shape(root, width, gap)
    boxes: list[Box] = []
    edges: list[Edge] = []
    _place(shape, "", -min(shape.lefts), boxes, edges)
    total = max(shape.rights) - min(shape.lefts)
    return Drawing(tuple(boxes), tuple(edges), total, len(shape.lefts))


def _shape(node: Node, width: Callable[[Node], float], gap: float) -> _Shape:
    parts = [(letter, _shape(child, width, gap)) for letter, child in children(node)]
    half = width(node) / 2
    if len(parts) < 2:  # noqa: PLR2004  a leaf, or a loop straight over its body
        below = tuple((letter, 0.0, part) for letter, part in parts)
    else:
        (yes, left), (no, right) = parts
        apart = _distance(left, right) + gap
        below = ((yes, -apart / 2, left), (no, apart / 2, right))
    return _Shape(node, half * 2, below, (-half, *_lefts(below)), (half, *_rights(below)))


def _distance(left: _Shape, right: _Shape) -> float:
    shared = zip(left.rights, right.lefts, strict=False)
    return max(right_edge - left_edge for right_edge, left_edge in shared)


def _lefts(below: tuple[tuple[str, float, _Shape], ...]) -> tuple[float, ...]:
    # On a level both reach, the Yes side is the outer one; deeper, whichever goes on.
    outline: tuple[float, ...] = ()
    for _, offset, part in below:
        outline += tuple(edge + offset for edge in part.lefts[len(outline) :])
    return outline


def _rights(below: tuple[tuple[str, float, _Shape], ...]) -> tuple[float, ...]:
    outline: tuple[float, ...] = ()
    for _, offset, part in reversed(below):
        outline += tuple(edge + offset for edge in part.rights[len(outline) :])
    return outline


def _place(shape: _Shape, place: str, x: float, boxes: list[Box], edges: list[Edge]) -> None:
    boxes.append(Box(place, shape.node, x, len(place), shape.width))
    for letter, offset, part in shape.below:
        edges.append(Edge(place, place + letter, LABELS[letter]))
        _place(part, place + letter, x + offset, boxes, edges)
