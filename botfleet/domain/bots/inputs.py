"""Inputs: values an author names once and links wherever they are wanted (spec 2.0).

A decision links to an input of its automation, which may itself be linked to one of the bot. What
stands at the link is, in this order: the bot's value, if the automation's input is linked to one
that exists; else the automation's; else, where the link leads nowhere, the default given with it.
An input's value is its active one, or its default while none is set.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: A place in plain data: keys of mappings and indexes of lists, from the outside in.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """A named value of a declared `kind`, as plain data; `bot` names the bot's input it follows."""

    name: str
    kind: str
    default: Any
    value: Any = None
    bot: str = ""

    @property
    def active(self) -> Any:
        """What the input stands for by itself."""
        return self.default if self.value is None else self.value


@dataclass(frozen=True, slots=True)
class Link:
    """A place of a tree that its author gave by the name of an input.

    `written` is what stands there in the bot file: `{input: name}`, with its own `default` where
    one is given, or a message with names in braces.
    """

    path: Path
    written: Any


@dataclass(frozen=True, slots=True)
class Broken:
    """A link that leads nowhere and has no default."""

    name: str


def resolve(
    name: str, *, automation: Iterable[Input], bot: Iterable[Input], default: Any = None
) -> Any | Broken:
    """Give what a link to the automation's input `name` stands for."""
    own = next((one for one in automation if one.name == name), None)
    if own is None:
        return Broken(name) if default is None else default
    above = next((one for one in bot if own.bot and one.name == own.bot), None)
    return own.active if above is None else above.active
