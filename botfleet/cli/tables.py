"""The one way commands draw tables: numbers to the right, and nothing lost on a narrow screen.

Where a line is too wide for the screen, its widest columns go below it, indented and named: ids
stay whole, so that they can be copied, and sentences are folded between words.
"""

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap

from rich.cells import cell_len
from rich.text import Text

_GAP, _INDENT, _KEPT_MIN = "  ", "    ", 2
_NUMBER = re.compile(r"[-+$]{0,2}[\d,.]+( ?(%|s|ms|MiB|d|h|bps|of [\d,.]+))?")

#: A table's cells by its columns' names, one row after another.
Rows = Sequence[Mapping[str, str]]


def drawn(rows: Rows, width: int) -> list[Text]:
    """Draw rows that all have the same columns; at most `width` cells a line, where words allow."""
    names = list(rows[0])
    widths = {name: _width(name, rows) for name in names}
    above = _fitting(names, widths, width)
    right = {name for name in above if _is_number(name, rows)}
    lines = [Text(_line({name: name for name in names}, above, widths, right), style="bold")]
    for row in rows:
        lines.append(Text(_line(row, above, widths, right)))
        lines += _below(row, [name for name in names if name not in above], width)
    return lines


def _width(name: str, rows: Rows) -> int:
    return max(cell_len(name), *(cell_len(row[name]) for row in rows))


def _fitting(names: Sequence[str], widths: Mapping[str, int], width: int) -> list[str]:
    """Leave out the widest columns until the others fit."""
    kept = list(names)
    while len(kept) > _KEPT_MIN and sum(widths[n] + len(_GAP) for n in kept) - len(_GAP) > width:
        kept.remove(max(kept, key=lambda name: widths[name]))
    return kept


def _is_number(name: str, rows: Rows) -> bool:
    values = [row[name] for row in rows if row[name]]
    return bool(values) and all(_NUMBER.fullmatch(value) for value in values)


def _line(
    row: Mapping[str, str], names: Sequence[str], widths: Mapping[str, int], right: set[str]
) -> str:
    cells = []
    for name in names:
        fill = " " * (widths[name] - cell_len(row[name]))
        cells.append(fill + row[name] if name in right else row[name] + fill)
    return _GAP.join(cells).rstrip()


def _below(row: Mapping[str, str], names: Sequence[str], width: int) -> list[Text]:
    lines = []
    for name in names:
        if row[name]:
            words = f"{name} {row[name]}".strip()
            room = max(width, len(_INDENT) + 20)
            folded = wrap(
                words, room, initial_indent=_INDENT, subsequent_indent=_INDENT,
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
            lines += [Text(line, style="dim") for line in folded]
    return lines
