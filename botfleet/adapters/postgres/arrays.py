"""Lists as arrays for Postgres: a column of one plain kind is written in one go.

psycopg writes element by element, which was a seventh of an instance's time; all that is not plain
(None among it, other kinds, a NUL) is left to it.
"""

from typing import Any
from uuid import UUID

from psycopg.types.array import ListDumper

_NUMBERS = (frozenset({int}), frozenset({UUID}))
_WORDS = frozenset({str})


class ArrayDumper(ListDumper):
    """Writes lists as the text Postgres reads as arrays."""

    def dump(self, obj: list[Any]) -> Any:
        """Write one list."""
        text = _array(obj)
        return super().dump(obj) if text is None else text.encode(self._tx.encoding)


def _array(values: list[Any]) -> str | None:
    """Give an array's text, if it's of numbers, ids or words alone."""
    kinds = frozenset(map(type, values))
    if kinds in _NUMBERS:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == _WORDS:
        return _quoted(values)
    return None


def _quoted(words: list[str]) -> str | None:
    whole = "".join(words)
    if "\0" in whole:
        return None
    if "\\" in whole or '"' in whole:
        words = [word.replace("\\", "\\\\").replace('"', '\\"') for word in words]
    return '{"' + '","'.join(words) + '"}'
