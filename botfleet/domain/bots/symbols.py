"""Symbols of a day: a bot uses at most ten a session, whatever it does with them (spec 5.1, E4).

A bot that names no more than that, with what it used before on this day, need not be counted as it
walks. Another sees the market through its ration: the first ten symbols it asks about are answered,
of any further one there is no data, and that is an error.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.conditions import Recipe
from botfleet.domain.trees.facts import Facts, NoData, Question

SYMBOLS_MAX = 10
#: What the answer about one symbol too many says.
TOO_MANY = NoData("symbols", f"the bot has used {SYMBOLS_MAX} symbols today")


def named(value: object) -> Iterator[str]:
    """Go through every symbol that a bot, or a part of it, names; the loop's own is none."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _of(name, part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from named(part)
    elif is_dataclass(value) and not isinstance(value, Recipe | type):
        for each in fields(value):
            yield from _of(each.name, getattr(value, each.name))


def _of(name: object, part: object) -> Iterator[str]:
    if name == "symbols" and isinstance(part, tuple):
        yield from part
    elif name != "symbol":
        yield from named(part)
    elif isinstance(part, str) and part != LOOP_SYMBOL:
        yield part


@dataclass(slots=True)
class Ration:
    """The symbols a bot has used today, in their order, and whether it was denied one just now."""

    used: dict[str, None]
    most: int = SYMBOLS_MAX
    was_denied: bool = False

    def lets(self, symbol: str) -> bool:
        """Count a symbol in, or say no."""
        if symbol not in self.used and len(self.used) >= self.most:
            self.was_denied = True
            return False
        self.used[symbol] = None
        return True


class Rationed(Mapping[Question, object]):
    """Facts as a bot on a ration sees them."""

    def __init__(self, facts: Facts, ration: Ration) -> None:
        self._facts, self._ration = facts, ration

    def __getitem__(self, question: Question) -> object:
        return self._facts[question] if self._may_see(question) else TOO_MANY

    def __contains__(self, question: object) -> bool:
        return question in self._facts or not self._may_see(question)

    def __iter__(self) -> Iterator[Question]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def _may_see(self, question: Any) -> bool:
        asked = getattr(question, "spec", question)
        symbol = getattr(asked, "symbol", None)
        return symbol is None or self._ration.lets(symbol)
