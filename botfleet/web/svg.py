"""The few building blocks of our drawings: elements, escaped by construction, and wrapped text.

Drawings carry classes and no colours; the page's style sheet gives both modes theirs.
"""

from textwrap import wrap as _wrap
from xml.etree.ElementTree import Element, tostring

#: The mean width of a character, as a share of the font size (measured on common system fonts).
CHARACTER_EM = 0.53


def element(tag: str, *inside: Element | str, **attributes: str | float) -> Element:
    """Make an element; attribute names lose a trailing `_` and turn `_` into `-`."""
    named = {name.rstrip("_").replace("_", "-"): _text(v) for name, v in attributes.items()}
    made = Element(tag, named)
    for part in inside:
        if isinstance(part, str):
            made.text = (made.text or "") + part
        else:
            made.append(part)
    return made


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def image(*inside: Element, width: float, height: float, title: str, style: str) -> Element:
    """Make a drawing that scales to its place and speaks its `title` to a screen reader."""
    box = f"0 0 {_text(width)} {_text(height)}"
    made = element("svg", *inside, class_=style, viewBox=box, width=width, height=height)
    made.set("role", "img")
    made.set("aria-label", title)
    return made


def markup(made: Element) -> str:
    """Write an element out."""
    return tostring(made, encoding="unicode")


def lines(text: str, width: float, font: float) -> tuple[str, ...]:
    """Break `text` into lines of `font` pixels about `width` pixels wide."""
    if not text:
        return ()
    return tuple(_wrap(text, max(4, int(width / (font * CHARACTER_EM)))))
