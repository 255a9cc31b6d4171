"""The table of docs/metrics.md, as tests compare it."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/metrics.md"
_ROW = re.compile(r"^\| `(botfleet_\w+)` \| (\w+) \|([^|]*)\|", re.MULTILINE)

#: A metric by its name: its type and its labels.
Told = dict[str, tuple[str, frozenset[str]]]


def told() -> Told:
    """Give what the page says of each metric."""
    return {
        name: (kind, frozenset(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in _ROW.findall(PAGE.read_text())
    }
