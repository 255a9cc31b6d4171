"""What benches measured is kept, run by run, and held against what was kept before."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from botfleet.cli.bench.kept import Run, keep, read, trends
from botfleet.cli.main import main
from botfleet.errors import BadInput

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def run(figures: dict[str, Any], bench: str = "pool", cores: int = 2) -> Run:
    return Run(AT, "dev", bench, {"cores": cores, "python": "3.11.2"}, figures)


def told(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["bench", *words])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_what_is_kept_is_read_as_it_was(tmp_path: Path) -> None:
    history, runs = (
        tmp_path / "figures.jsonl",
        [run({"draws": 3}), run({"10_bots": {"s": 1}}, "lag")],
    )
    assert read(history) == []
    for one in runs:
        keep(history, one)
    assert read(history) == runs


def test_a_figure_is_held_against_the_median_of_those_before() -> None:
    (one,) = trends([run({"draws": n, "bots": 5}) for n in (10, 1000, 12, 6)])
    assert (one.figure, one.now, one.before, one.change_pct) == ("draws", 6, 12, -50)
    assert one.bars == "▁█▁▁"


def test_the_first_run_is_shown_and_compared_with_nothing() -> None:
    (one,) = trends([run({"10_bots": {"p99_s": 0.5}, "note": "words"}, "lag")])
    assert (one.figure, one.now, one.before, one.change_pct) == ("10_bots p99_s", 0.5, None, None)


def test_a_figure_that_was_nothing_before_has_no_change_and_no_bar() -> None:
    (one,) = trends([run({"lost": n}) for n in (0, 0, 2)])
    assert (one.change_pct, one.bars) == (None, "▁▁█")


def test_only_machines_alike_are_compared_and_each_bench_by_its_latest() -> None:
    big, walk = run({"draws": 1}, cores=64), run({"us": 3}, "walk")
    runs = [big, run({"draws": 5}), walk, run({"draws": 7})]
    assert {(one.bench, one.values) for one in trends(runs)} == {("pool", (5, 7)), ("walk", (3,))}


def test_only_the_latest_runs_are_drawn() -> None:
    (one,) = trends([run({"draws": n}) for n in range(1, 21)])
    assert (len(one.values), len(one.bars), one.bars[-1]) == (20, 12, "█")


def test_a_line_that_is_no_run_is_named(tmp_path: Path) -> None:
    history = tmp_path / "figures.jsonl"
    keep(history, run({"draws": 3}))
    with history.open("a") as file:
        file.write('{"at": "yesterday"}\n')
    with pytest.raises(BadInput, match=r"figures\.jsonl, line 2 is no run of a bench\."):
        read(history)


def test_a_bench_is_run_kept_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = str(tmp_path / "figures.jsonl")
    words = ("track", "walk", "--history", history, "--json")
    assert (told(*words), told(*words)) == (0, 0)
    capsys.readouterr()
    assert told("trend", "--history", history, "--json") == 0
    shown = {one["figure"]: one["values"] for one in json.loads(capsys.readouterr().out)}
    assert {len(values) for values in shown.values()} == {2}
    assert [one.bench for one in read(Path(history))] == ["walk", "walk"]
    assert told("trend", "--history", history) == 0
    assert "nodes us" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("track", "nothing"), "There is no bench nothing; there are boot, chain"),
        (("track", "--history", "/nowhere/f"), "/nowhere/f cannot be written."),
        (("trend", "--history", "/"), "/ cannot be read"),
        (("trend", "--history", "/nowhere/f"), "No figures are kept"),
    ],
)
def test_what_cannot_be_is_told(
    words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = told(*words)
    out = capsys.readouterr()
    assert why in (out.err if code else out.out)
    assert "Traceback" not in out.err


def test_our_own_figures_are_kept_with_their_builds() -> None:
    kept = read(Path(__file__).parents[2] / "docs/figures.jsonl")
    assert {"lag", "mark"} <= {one.bench for one in trends(kept)}
    assert all(re.fullmatch("[0-9a-f]{7,12}", one.build) for one in kept)
