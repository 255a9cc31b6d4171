"""Reading our own drawings back."""

from xml.etree.ElementTree import Element, fromstring


def parse(svg: str) -> Element:
    """Read a drawing; raises where it is not well-formed."""
    return fromstring(svg)  # noqa: S314  our own output, never foreign
