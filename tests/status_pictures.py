"""Draws docs/boards/status*.svg from a fleet that runs: `python -m tests.status_pictures HOME`."""

import re
import sys
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI

from botfleet.cli.fleet_screen import draw
from botfleet.cli.fleet_view import Eye
from botfleet.config import Settings

PICTURES = Path(__file__).parents[1] / "docs/boards"
#: The page brings letters of its own: no font is fetched from anywhere.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
)


def main() -> None:
    """Look twice, and draw the second look narrow and wide."""
    with Eye(Settings.read(home=sys.argv[1])) as eye:
        before, view = eye.look(), eye.look()
    for name, width, height in (("status", 80, 24), ("status-wide", 140, 30)):
        console = Console(
            record=True, file=StringIO(), width=width, force_terminal=True, highlight=False
        )
        console.print(draw(view, width, height, before))
        title = "botfleet status --watch"
        svg = console.export_svg(title=title, theme=MONOKAI, code_format=FORMAT, unique_id=name)
        (PICTURES / f"{name}.svg").write_text(svg)


if __name__ == "__main__":
    main()
