"""Whatever is asked wrongly ends in one clear sentence, no traceback, and nothing left running."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.patience import PATIENCE_S

RUN = (sys.executable, "-c", "from botfleet.cli.main import main; main()")


def botfleet(home: Path, *words: str, **env: str) -> tuple[int, str]:
    """Run a command; give its exit code and the last line it wrote."""
    done = subprocess.run(
        [*RUN, *words, "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env=os.environ | env,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    return done.returncode, said.strip().splitlines()[-1]


def left_running(home: Path) -> list[str]:
    return [
        one.info["name"]
        for one in psutil.process_iter(["name", "cmdline"])
        if any(str(home) in word for word in one.info["cmdline"] or ())
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--recording", "/nowhere"), "BOTFLEET_RECORDING: there is nothing at /nowhere"),
        (("--recording", "."), "holds no recorded market data"),
        (("--date", "2015-12-26"), "The market is closed on 2015-12-26: it is a Saturday."),
        (("--date", "2026-12-25"), "The market is closed on 2026-12-25: Christmas."),
        (("--report", "/nowhere/page.html"), "/nowhere/page.html cannot be written."),
        (("--date", "2099-01-05"), "The exchange calendar covers 1990-01-01 to"),
    ],
)
def test_a_day_that_cannot_be_played(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    code, said = botfleet(tmp_path / "home", "demo", *words)
    assert code == 1
    assert said.startswith("botfleet: ")
    assert sentence in said
    assert not (tmp_path / "home").exists()


def test_a_drawing_that_cannot_be_written(tmp_path: Path) -> None:
    wheel = str(Path(__file__).parents[2] / "examples" / "wheel.yaml")
    for place, why in (
        (tmp_path / "a" / "b", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ):
        code, said = botfleet(tmp_path, "bot", "draw", wheel, "--svg", str(place))
        assert (code, said) == (1, f"botfleet: {place} cannot be written: {why}.")


def test_a_day_that_is_no_session_is_told_why(tmp_path: Path) -> None:
    wheel = str(Path(__file__).parents[2] / "examples" / "wheel.yaml")
    tried = ("automation", "test", wheel, "--simulated", "--date", "2026-03-08", "--at", "10:00")
    said = botfleet(tmp_path, *tried)
    assert said == (1, "botfleet: The market is closed on 2026-03-08: it is a Sunday.")


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("BOTFLEET_SPED", "3", "is not a setting of botfleet; did you mean BOTFLEET_SPEED?"),
        ("BOTFLEET_PODS", "0", "BOTFLEET_PODS: "),
        ("BOTFLEET_DATABASE_URL", "mysql://x", "is not a URL of a kind known here"),
        (
            "BOTFLEET_DATABASE_URL",
            "postgres://u:canary@127.0.0.1:1/x",
            "Postgres does not answer",
        ),
        ("BOTFLEET_POOL_URL", "redis://:canary@127.0.0.1:1/0", "the pool's Redis does not answer"),
        ("BOTFLEET_BROKER_URL", "redis://:canary@127.0.0.1:1/0", "The queue does not answer"),
    ],
)
def test_a_fleet_that_cannot_start_leaves_nothing_running(
    home: Path, setting: str, value: str, sentence: str
) -> None:
    code, said = botfleet(home, "up", **{setting: value})
    assert code == 1
    assert sentence in said
    assert "canary" not in said
    assert left_running(home) == []
