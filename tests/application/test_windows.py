"""A scanner's window says at which of the bot's marks it runs."""

from datetime import timedelta

from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.market import OPEN


def test_a_scanner_runs_only_at_marks_inside_its_window(house: House) -> None:
    """10 March 2026 is a Tuesday; 10:00 to 10:15 Eastern are its second and third marks."""
    text = scanner(spread()).replace(
        "lane: scanner",
        "lane: scanner\n    trigger: {on: [tuesday, friday], between: ['10:00', '10:15']}",
    )
    fridays = scanner(spread(), "Fridays").replace(
        "lane: scanner", "lane: scanner\n    trigger: {on: [friday]}"
    )
    house.add(bot(text, fridays))
    for n in range(4):
        house.run(MARK + timedelta(minutes=15 * n))
    ran = house.all("SELECT at, automation FROM runs ORDER BY at")
    assert ran == [(OPEN + timedelta(minutes=30), 0), (OPEN + timedelta(minutes=45), 0)]
