"""A demo day, played by the command a person would use, and read as a program would."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

#: The command line, as a process of its own.
PROGRAM = (sys.executable, "-c", "from botfleet.cli.main import main; main()")
#: The day after Thanksgiving: from open to close in thirteen marks, and its options expire.
SHORT_DAY = ("--date", "2026-11-27")


def demo(home: Path, *words: str, **settings: str) -> dict[str, Any]:
    """Play a day with a fleet at `home`; give its summary."""
    report = home / "report.html"
    at = ("--home", str(home), "--report", str(report))
    played = subprocess.run(
        [*PROGRAM, "demo", "--json", *at, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", **settings},
    )
    assert played.returncode == 0, played.stderr[-3000:]
    assert report.stat().st_size > 10_000
    summary: dict[str, Any] = json.loads(played.stdout)
    return summary
