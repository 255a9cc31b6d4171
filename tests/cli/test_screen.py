"""The demo's display: one line a mark in a log, a panel in a terminal, the invariants last."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO

from rich.console import Console

from botfleet.cli.screen import DayProgress, DayScreen, mark_line, print_summary
from botfleet.web.summary import DaySummary, DrawCount
from tests.web.sample import ALLOCATION, HOSTILE, OPENS, broken, empty, sample

TRADING = DayProgress(
    "trading",
    market_at=OPENS + timedelta(minutes=60),
    marks_done=4,
    marks_total=13,
    runs=4960,
    runs_no_action=4401,
    draws_granted=320,
    draws_refused=41,
    orders_working=12,
    orders_filled=301,
    orders_cancelled=4,
    orders_rejected=1,
    positions_open=260,
    capital_in_use_cents=91_000_000,
    allocation_cents=ALLOCATION,
    lag_p50_ms=96.0,
    lag_p99_ms=412.0,
    processes_up=13,
    processes_total=14,
    restarts=1,
)


def _console(*, is_terminal: bool = False) -> Console:
    return Console(file=StringIO(), force_terminal=is_terminal, width=120, legacy_windows=False)


def _text(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def _summary(day: DaySummary) -> str:
    console = _console()
    print_summary(day, console)
    return _text(console)


def test_a_log_gets_one_line_a_phase_and_one_a_mark() -> None:
    console = _console()
    with DayScreen(console) as screen:
        screen.update(DayProgress("starting Postgres"))
        screen.update(DayProgress("starting Postgres", processes_up=1))
        screen.update(TRADING)
        screen.update(TRADING)
    assert _text(console).splitlines() == ["starting Postgres …", "trading …", mark_line(TRADING)]


def test_a_mark_line_tells_all_counts() -> None:
    assert mark_line(TRADING) == (
        "10:30 ET mark 4/13 · 4,960 runs, 4,401 idle · draws 320 granted, 41 refused · "
        "orders 12 working, 301 filled, 4 cancelled, 1 rejected · 260 open · "
        "capital $910k of $3M (30%) · lag p50 96 ms p99 412 ms · processes 13 of 14 up, 1 restarted"
    )


def test_a_terminal_gets_a_panel_and_is_left_clean() -> None:
    console = _console(is_terminal=True)
    with DayScreen(console) as screen:
        screen.update(DayProgress("starting"))
        screen.update(TRADING)
    shown = _text(console)
    assert "4,960, 4,401 needed no action" in shown
    assert "10:30 ET" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1


def test_the_summary_tells_the_day_and_ends_with_the_verdict() -> None:
    lines = _summary(sample()).strip().splitlines()
    text = "\n".join(lines)
    assert lines[0] == "Thursday, 24 December 2015"
    assert lines[-1] == "All 10 invariants held"
    for words in ("300 bots of 50 users", "44.7%", "├─ ● Yes: For each bot symbol", "$12,843.50"):
        assert words in text
    assert text.count("✓") == 10


def test_on_a_narrow_screen_a_tree_is_folded_where_it_stands() -> None:
    """A line of the tree is never broken again at the edge: every line begins with its branch."""
    console = Console(file=StringIO(), width=60, legacy_windows=False)
    print_summary(sample(), console)
    lines = _text(console).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("● "))
    tree = lines[first : lines.index("", first)]
    assert all(line.rstrip()[:1] in "●○└├│ " for line in tree)
    assert max(map(len, tree)) <= 60


def test_when_all_has_stopped_no_process_is_counted() -> None:
    assert mark_line(replace(TRADING, processes_up=0, processes_total=0)).endswith(
        "processes stopped, 1 restarted"
    )


def test_a_broken_invariant_is_crossed_and_named() -> None:
    text = _summary(broken())
    assert text.count("✗") == 1
    assert text.strip().endswith("1 of 10 invariants broken")


def test_an_empty_day_is_told_too() -> None:
    assert "No invariant was checked" in _summary(empty())


def test_words_of_users_are_never_read_as_styling() -> None:
    """Rich would swallow `[red]` or fail on `[/]`; what users write is shown as it is."""
    hostile = f"[red]{HOSTILE}[/nothing]"
    day = sample()
    assert day.featured is not None
    refusals = (DrawCount(False, 1, hostile),)
    day = replace(day, featured=replace(day.featured, bot=hostile), draws=refusals)
    assert _summary(day).count(hostile) == 2
