"""What came of bots: runs, the orders they led to, and what they ask first."""

from datetime import timedelta
from uuid import UUID

from botfleet.adapters.redis.clock import ReplayedClock
from botfleet.domain.ids import WorkId
from tests.application.bots import bot, button, closer, scanner, spread
from tests.application.house import MARK
from tests.application.market import DAY, OPEN
from tests.cli.shell import FILE, Shell


def test_a_button_is_pressed_and_its_run_told(shell: Shell) -> None:
    shell.house.add(FILE)
    pressed = shell.json("button", "press", "Test", "go", "--click", "1")
    assert shell.json("button", "press", "Test", "go", "--click", "1") == pressed
    (work,) = shell.house.one("SELECT work_id FROM work")
    assert isinstance(work, UUID)
    shell.house.instance.do(WorkId(work))
    run = pressed["run_id"]
    told = shell("run", "show", run)
    assert "opening, caused by click 1" in told
    assert "SPY price is above 1  →  yes" in told
    assert "it comes to the same" in told
    assert shell("run", "replay", run) == "Decided again, the run comes to the same.\n"
    assert [one["run_id"] for one in shell.json("run", "list", "--bot", "Test")] == [run]
    (order,) = shell.json("order", "list")
    assert "open 1 of +1 SPY" in shell("order", "show", order["order_id"])
    (position,) = shell.json("position", "list", "--state", "opening")
    assert position["structure"] == "short_put_spread"
    with shell.house.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE runs SET path = 'n'")
    assert shell.refused("run", "replay", run).startswith("Decided again, the run comes to someth")


def test_runs_are_listed_by_kind_day_and_trouble(shell: Shell) -> None:
    shell.house.add(bot(scanner(spread()), closer(), limits="250, 1, 1"))
    shell.house.run(MARK)
    lines = shell.json("run", "list")
    assert {one["kind"] for one in lines} == {"scanner", "monitor"}
    assert {one["at"] for one in lines} == {"2026-03-10T09:45:00-04:00"}
    (refused,) = shell.json("run", "list", "--level", "warning", "--kind", "scanner")
    assert (refused["outcome"], refused["level"]) == ("refused:no_capital", "warning")
    assert shell.json("run", "list", "--from", f"{DAY + timedelta(1)}") == []
    assert len(shell.json("run", "list", "--from", f"{DAY}", "--to", f"{DAY}")) == 2
    assert "lies before" in shell.refused("run", "list", "--from", "2026-03-11", "--to", f"{DAY}")
    assert shell.end("run", "list", "--kind", "exit")[0] == 2


def test_a_closed_market_names_its_next_opening(shell: Shell) -> None:
    shell.house.add(FILE)
    closed = OPEN + timedelta(hours=8)
    ReplayedClock(shell.house.redis, wall_s=lambda: 0.0, recall=lambda: OPEN).set(closed, speed=0)
    said = shell.refused("button", "press", "Test", "go")
    assert said == "The market is closed; it opens Wednesday, 11 March 2026, 09:30 Eastern."


def test_what_asks_is_listed_and_answered(shell: Shell) -> None:
    shell.house.add(bot(button("go", spread() + "            ask: true\n")))
    assert shell("ask", "list") == "Nothing waits for a yes.\n"
    shell("button", "press", "Test", "go", "--click", "1")
    (work,) = shell.house.one("SELECT work_id FROM work")
    shell.house.instance.do(WorkId(work))  # type: ignore[arg-type]
    (line,) = shell.json("ask", "list", "--user", "ann")
    assert line["words"].startswith("Open SPY short put spread")
    assert "short put spread" in shell("ask", "list")
    assert shell("ask", "no", line["ask_id"]) == "Declined; nothing happens.\n"
    assert shell.refused("ask", "yes", line["ask_id"]) == "It was answered no already."
    assert shell.json("ask", "list", "--all")[0]["answer"] == "no"
    for nothing in ("7", str(UUID(int=5))):
        assert shell.refused("ask", "yes", nothing) == "There is no such ask."
