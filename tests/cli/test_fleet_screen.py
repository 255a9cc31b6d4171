"""The fleet's status: whole at any size, what is wrong first, no word of users read as styling."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from botfleet.adapters.system.supervisor import ProcessState
from botfleet.application.ports.broker_lines import BrokerLine, SentLine
from botfleet.application.ports.journal import FleetNumbers, InstanceLine
from botfleet.application.ports.machines import ProcessLoad
from botfleet.application.ports.passes import BreakKind
from botfleet.application.ports.slots import Lateness
from botfleet.application.ports.switches import SwitchLine
from botfleet.cli.fleet_screen import draw, line
from botfleet.cli.fleet_view import FleetView, ProcessRow, Stores
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from botfleet.domain.schedules.agenda import TriggerKind
from tests.application.house import MARK

NUMBERS = FleetNumbers(
    50, 0, 1000, 312, 300, 260, 17, 0, 0.0, 12, 0.25,
    beat="host/11", capital={"free": 209_000_000, "committed": 80_000_000, "pending": 11_000_000},
)  # fmt: skip
STORES = Stores(
    MARK,
    NUMBERS,
    [InstanceLine(1, n, 25, 250, False, 78, 75, 3, 0.2, 90.0, 412.0) for n in (1, 2)],
    [BrokerLine(name, 9, 0, 0, 5, 0, 0.0) for name in ("alpaca", "schwab", "tradier", "zed")],
    [SentLine("schwab", 301, 4, 280)],
    dict.fromkeys(BreakKind, 0),
    [
        Lateness(kind, 1200, 0.0, 4.0 + n, 9.0, 0.1, 0.4, 0.9, skipped=1, missed=2, failed=4 * n)
        for n, kind in enumerate(TriggerKind)
    ],
    (),
    {"router": 1, "orders": 2, "pod.1.1": 3, "pod.1.2": 4},
    [0] * 25 + [4, 4, 0, 8, 4],
)
NAMES = ("postgres", "valkey", "sandbox", "api", "router", "orders", "beat.1", "pod.1.1", "pod.1.2")


def row(number: int, name: str) -> ProcessRow:
    state = ProcessState(name, "ready", number, 0, "", f"{name}.log")
    carried = STORES.instances[int(name[-1]) - 1] if name.startswith("pod") else None
    return ProcessRow(state, ProcessLoad(name, 200.0, 70 * 2**20, 20.0, 0), carried)


VIEW = FleetView(
    MARK + timedelta(days=1),
    "lockstep",
    [row(number, name) for number, name in enumerate(NAMES)],
    STORES,
    started_at=f"{MARK.isoformat()}",
)


def drawn(
    view: FleetView, width: int = 80, height: int | None = 24, before: FleetView | None = None
) -> list[str]:
    console = Console(file=StringIO(), width=width, legacy_windows=False, highlight=False)
    console.print(draw(view, width, height, before))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 100, 123, 124, 160, 200])
@pytest.mark.parametrize("height", [24, 30, 50])
def test_it_fits_the_screen_it_is_drawn_for(width: int, height: int) -> None:
    lines = drawn(VIEW, width, height)
    assert len(lines) <= height
    assert {cell_len(each) for each in lines} == {width}
    assert "pod.1.1" in "\n".join(lines)


def test_a_small_screen_has_the_essentials() -> None:
    text = "\n".join(drawn(VIEW))
    for words in (
        "Tue 10 Mar 2026",
        "no alarm",
        "300 of 312 bots on · 50 users, 950 seats free · 260 positions",
        "12 due, oldest 250 ms · queued: router 1, orders 2, pods 7",
        "$910k of $3M (30%)",
        "schwab       5 live, 0 unknown · 301 sent, 280 filled, 4 rejected",
        "4 this minute, 8 at most in 30",
        "412 ms",
        "up 1d00h",
    ):
        assert words in text


def test_of_what_has_no_room_what_is_not_well_is_shown_first() -> None:
    dead = replace(VIEW.processes[2], state=ProcessState("sandbox", "failed", None, 3, "no", ""))
    view = replace(VIEW, processes=[*VIEW.processes[:2], dead, *VIEW.processes[3:]])
    text = "\n".join(drawn(view))
    assert "sandbox" in text
    assert "more" in text
    assert "postgres" not in text
    assert "postgres" in "\n".join(drawn(view, height=None))


def test_without_a_bound_nothing_is_left_out() -> None:
    text = "\n".join(drawn(VIEW, height=None))
    for name in NAMES:
        assert name in text
    for kind in TriggerKind:
        assert kind.value.replace("_", " ") in text


def test_what_was_due_and_not_done_stands_beside_what_was() -> None:
    """Of each trigger one was skipped and two missed; of the n-th 4n failed."""
    lines = [one.strip("│ ").split() for one in drawn(VIEW, height=None)]
    (exits,) = [one for one in lines if one[:1] == ["exits"]]
    assert exits[1:3] == ["1,200", str(1 + 2 + 4 * list(TriggerKind).index(TriggerKind.EXITS))]


def test_what_is_wrong_stands_on_top_and_is_bounded() -> None:
    switch = SwitchLine(
        Scope.FLEET, FLEET, "all bots", Mode.HALTED, "operator", "[red]look[/]", "me", MARK
    )
    numbers = replace(NUMBERS, beat=None, users_unseated=3, switches={"fleet halted": 1})
    view = replace(VIEW, stores=replace(STORES, numbers=numbers, switches=(switch,)))
    lines = drawn(view)
    assert "FleetHalted" in lines[3]
    assert "NobodyBeats" in lines[4]
    assert "1 more" in lines[6]
    assert "[red]look[/]" in "\n".join(
        drawn(replace(VIEW, stores=replace(STORES, switches=(switch,))))
    )


def test_stores_that_do_not_answer_leave_the_processes() -> None:
    view = replace(VIEW, stores=None, silent="Postgres does not answer.")
    text = "\n".join(drawn(view))
    assert "StoreDown  Postgres does not answer." in text
    assert "postgres" in text
    assert line(view) == "9/9 processes ready · StoreDown: Postgres does not answer."


def test_cpu_is_since_the_last_look() -> None:
    later = [
        replace(one, load=one.load and replace(one.load, uptime_s=202.0, cpu_s=21.0))
        for one in VIEW.processes
    ]
    assert " 10%" in drawn(VIEW)[-4]
    assert " 50%" in drawn(replace(VIEW, processes=later), before=VIEW)[-4]


def test_a_log_gets_a_line_a_look() -> None:
    assert line(VIEW) == (
        "2026-03-10 09:45:00 ET · 9/9 processes ready · 12 due, oldest 250 ms · "
        "17 orders live, 0 unknown · 260 open · no alarm"
    )


def test_nothing_is_coloured_where_colours_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(file=StringIO(), force_terminal=True, width=80, highlight=False)
    console.print(draw(VIEW, 80, 24))
    assert isinstance(console.file, StringIO)
    codes = {part.partition("m")[0] for part in console.file.getvalue().split("\x1b[")[1:]}
    assert codes <= {"0", "1", "2"}  # plain, bold, dim
