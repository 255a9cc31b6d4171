"""`botfleet schedule ledger` over real stores, for a person and for a program."""

from datetime import timedelta

from botfleet.adapters.postgres.database import execute
from botfleet.domain.fleet.seating import Shape
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK
from tests.application.market import DAY
from tests.application.test_slots_in_parts import add_user
from tests.cli.shell import Shell


def test_the_ledger_accounts_for_every_slot(shell: Shell) -> None:
    shell.house.add(bot(scanner(spread())))
    shell.house.run(MARK)
    told = shell.json("schedule", "ledger", "--day", f"{DAY}", "--kind", "mark")
    (mark,) = [slot for slot in told["slots"] if slot["interval_min"] == 15]
    assert (mark["end"], mark["ends"], mark["bots"]) == ("done", {"done": 1}, 1)
    assert mark["bots_ended"] == {"done": 1}
    assert told["forgotten"] == 0
    said = shell("schedule", "ledger", "--day", f"{DAY}")
    assert "Routed up to 2026-03-10 09:45 Eastern" in said
    assert "each is accounted for" in said
    assert "nobody" not in said
    assert "nobody" in shell("schedule", "ledger", "--day", f"{DAY}", "--all")


def test_what_was_missed_in_a_row_for_one_cause_is_one_line(shell: Shell) -> None:
    shell.house.add(bot(scanner(spread())))
    shell.house.run(MARK)
    shell.house.run(MARK + timedelta(minutes=50))
    said = shell("schedule", "ledger", "--day", f"{DAY}", "--kind", "mark")
    (line,) = [line for line in said.splitlines() if "a newer one came due" in line]
    assert line.split()[:7] == ["10:00", "to", "10:15", "mark", "15", "2", "missed"]
    whole = shell("schedule", "ledger", "--day", f"{DAY}", "--kind", "mark", "--all")
    assert whole.count("a newer one came due") == 2


def test_a_slot_that_left_no_trace_is_told_and_fails_the_command(shell: Shell) -> None:
    shell.house.run(MARK)
    with shell.house.database.transaction() as connection:
        execute(connection, "DELETE FROM work WHERE kind = 'watch' AND due_at = %(at)s", at=MARK)
    code, out, _ = shell.end("schedule", "ledger", "--day", f"{DAY}")
    assert code == 1
    assert "1 of them left no trace" in out
    code, out, _ = shell.end("fleet", "verify")
    assert code == 1
    assert "the watch of 2026-03-10 09:45:00 left no trace" in out


def test_a_day_outside_the_calendar_is_refused(shell: Shell) -> None:
    assert "is outside" in shell.refused("schedule", "ledger", "--day", "2099-01-05")


def test_a_slot_that_was_done_in_part_is_told_in_parts(shell: Shell) -> None:
    """The owner of one of two bots came to a seat only after 09:45."""
    house = shell.house
    house.layouts.arrange(Shape(1, 1, 1))
    house.add(bot(scanner(spread())))
    house.add(bot(scanner(spread()), name="Late"), user=add_user(house, "eve"))
    house.run(MARK)
    told = shell.json("schedule", "ledger", "--day", f"{DAY}", "--kind", "mark")
    (mark,) = [slot for slot in told["slots"] if slot["interval_min"] == 15]
    assert (mark["end"], mark["bots_ended"]) == ("missed", {"done": 1, "missed": 1})
    (interval,) = [one for one in told["lateness"] if one["trigger"] == "interval"]
    assert (interval["done"], interval["missed"]) == (1, 1)
    said = " ".join(shell("schedule", "ledger", "--day", f"{DAY}", "--kind", "mark").split())
    assert "09:45 mark 15 1 missed 1 done, 1 missed 1 done, 1 missed" in said
    assert "its owner has no seat in the fleet" in said
